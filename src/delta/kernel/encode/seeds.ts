// Finds where a short run of bytes, a seed, stands in a base. Every few bytes of the base a seed enters a table of places
// by its digest, every place of a target may be looked up: so what is found is at least a seed and a step long. The
// first of equal seeds stays. A found place is a hint: whoever asks compares the bytes.

const seedBytes: i32 = 16
const mostBits: i32 = 23
const leastBits: i32 = 8

/** Of a table for a base. */
export function seedTableBits(baseBytes: i32, step: i32): i32 {
  const seeds = 2 * (baseBytes / step)
  let bits = leastBits
  while (1 << bits < seeds && bits < mostBits) bits++
  return bits
}

/** Fills a table of four bytes for each place: an offset in the base plus one, 0 where there is none. */
export function enterSeeds(table: usize, bits: i32, base: usize, baseBytes: i32, step: i32): void {
  memory.fill(table, 0, (<usize>4) << bits)
  const shift = 64 - bits
  for (let at = 0; at <= baseBytes - seedBytes; at += step) {
    const slot = table + (seedSlot(base + at, shift) << 2)
    if (load<u32>(slot) === 0) store<u32>(slot, at + 1)
  }
}

/** Where in the base the seed of a target may stand; -1 if nowhere. */
export function findSeed(table: usize, bits: i32, seed: usize): i32 {
  return load<i32>(table + (seedSlot(seed, 64 - bits) << 2)) - 1
}

function seedSlot(at: usize, shift: i32): usize {
  const low = load<u64>(at) * 0x9e3779b97f4a7c15
  const high = load<u64>(at, 8) * 0xc2b2ae3d27d4eb4f
  return <usize>(((low ^ (low >> 29) ^ high) * 0x165667b19e3779f9) >> shift)
}
