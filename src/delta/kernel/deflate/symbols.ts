// The symbols of deflate (RFC 1951, 3.2.5): literals 0 to 255, 256 ends a block, 257 to 285 are lengths, each with
// extra bits; distances have 30 symbols of their own. As tables, so that packing looks up and never computes.

export const endOfBlock: i32 = 256
export const literalSymbols: i32 = 286
export const distanceSymbols: i32 = 30
export const minMatch: i32 = 3
export const maxMatch: i32 = 258

const lengthSymbols: i32 = 29

/** Extra bits of symbol 257 on. */
export const lengthExtra = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
])
export const distanceExtra = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
])

/** From a match's length less 3 to its symbol less 257; the smallest length less 3 of each. */
const lengthSymbol = memory.data(256)
const lengthStart = memory.data(29)
/** From a distance less 1 to its symbol: the lower half by distance, the upper by distance / 128. */
const distanceSymbol = memory.data(512)
const distanceStart = memory.data(60, 2)

export function symbolOfLength(less3: i32): i32 {
  return load<u8>(lengthSymbol + less3)
}

export function startOfLength(symbol: i32): i32 {
  return load<u8>(lengthStart + symbol)
}

/** Of a distance less 1. */
export function symbolOfDistance(less1: i32): i32 {
  const place = less1 < 256 ? less1 : 256 + (less1 >>> 7)
  return load<u8>(distanceSymbol + place)
}

/** A distance less 1. */
export function startOfDistance(symbol: i32): i32 {
  return load<u16>(distanceStart + (symbol << 1))
}

let next: i32 = 0
for (let symbol: i32 = 0; symbol < lengthSymbols - 1; symbol++) {
  const count = 1 << load<u8>(lengthExtra + symbol)
  store<u8>(lengthStart + symbol, next)
  memory.fill(lengthSymbol + next, <u8>symbol, min(count, 256 - next))
  next += count
}
// The longest match has a symbol of its own, though the one before could say it.
store<u8>(lengthSymbol + 255, lengthSymbols - 1)
store<u8>(lengthStart + lengthSymbols - 1, 255)

next = 0
for (let symbol: i32 = 0; symbol < distanceSymbols; symbol++) {
  const count = 1 << load<u8>(distanceExtra + symbol)
  store<u16>(distanceStart + (symbol << 1), next)
  if (next < 256) memory.fill(distanceSymbol + next, <u8>symbol, count)
  else memory.fill(distanceSymbol + 256 + (next >>> 7), <u8>symbol, count >>> 7)
  next += count
}
