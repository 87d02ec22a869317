// The bytes of a base as its decoder asks for them: some at a time, so that a long base need not be in memory.

export interface BaseBytes {
  readonly sizeBytes: number
  /** Exactly these, which lie inside the base; valid until the next call, and not to be changed. */
  read(at: number, length: number): Uint8Array
}

export const bytesInMemory = (bytes: Uint8Array): BaseBytes => ({
  sizeBytes: bytes.length,
  read: (at, length) => bytes.subarray(at, at + length),
})
