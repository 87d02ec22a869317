// How short bytes could be if each were coded by how often it occurs: about what zstd makes of bytes that hold no repeats.

/** A number of 32 bits for each byte. */
const counts = memory.data(1024, 16)

export function entropyBytes(at: usize, size: u32): u32 {
  memory.fill(counts, 0, 1024)
  for (let end = at + size; at < end; at++) {
    const count = counts + ((<usize>load<u8>(at)) << 2)
    store<u32>(count, load<u32>(count) + 1)
  }
  let bits = weighted(size)
  for (let count = counts; count < counts + 1024; count += 4) bits -= weighted(load<u32>(count))
  return <u32>ceil(max(bits, 0) / 8)
}

/** A number times its logarithm to the base of 2, to a hundredth: the same on every machine. */
function weighted(value: u32): f64 {
  if (value == 0) return 0
  const exponent = 31 - clz(value)
  const mantissa = <f64>value / <f64>((<u32>1) << exponent)
  return <f64>value * (<f64>exponent + (2 - mantissa / 3) * mantissa - 5.0 / 3)
}
