// The memory of a kernel: a stack of regions, given in order and taken back to a mark. The caller's views of memory end
// whenever a region is taken.

let top: usize = __heap_base

/** A region of whatever was there before, aligned to 16 bytes. Traps where memory has an end. */
export function take(sizeBytes: usize): usize {
  const at = (top + 15) & ~15
  top = at + sizeBytes
  const missing = <isize>top - ((<isize>memory.size()) << 16)
  if (missing > 0 && memory.grow(<i32>((missing + 0xffff) >> 16)) < 0) unreachable()
  return at
}

export function mark(): usize {
  return top
}

/** Takes back all regions since the mark. */
export function release(to: usize): void {
  top = to
}
