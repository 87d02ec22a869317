// Gives a large buffer's memory back at once. The collector sees only the small handle and lets tens of MiB of such
// buffers pile up in each thread before it looks, which would break the bound on memory.

/** Nobody may use `bytes`, or anything else in their buffer, afterwards. */
export function freeNow(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0)
}
