// The symbols of deflate (RFC 1951, 3.2.5): literals 0 to 255, 256 ends a block, 257 to 285 are lengths, each with
// extra bits; distances have 30 symbols of their own. As tables, so that packing looks up and never computes.

export const endOfBlock = 256
export const literalSymbols = 286
export const distanceSymbols = 30
export const minMatch = 3
export const maxMatch = 258

/** Extra bits of symbol 257 on. */
export const lengthExtra = Uint8Array.from([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
])
export const distanceExtra = Uint8Array.from({ length: distanceSymbols }, (_, i) =>
  i < 4 ? 0 : Math.floor(i / 2) - 1,
)

/** From a match's length less 3 to its symbol less 257; its smallest length less 3. */
export const lengthSymbol = new Uint8Array(256)
export const lengthStart = new Uint8Array(lengthExtra.length)
/** From a distance less 1 to its symbol: the lower half by distance, the upper by distance / 128. */
const distanceSymbol = new Uint8Array(512)
export const distanceStart = new Uint16Array(distanceSymbols)

let next = 0
for (let symbol = 0; symbol < lengthExtra.length - 1; symbol++) {
  lengthStart[symbol] = next
  lengthSymbol.fill(symbol, next, next + 2 ** lengthExtra[symbol]!)
  next += 2 ** lengthExtra[symbol]!
}
// The longest match has a symbol of its own, though the one before could say it.
lengthSymbol[255] = 28
lengthStart[28] = 255

next = 0
for (let symbol = 0; symbol < distanceSymbols; symbol++) {
  const count = 2 ** distanceExtra[symbol]!
  distanceStart[symbol] = next
  if (next < 256) distanceSymbol.fill(symbol, next, next + count)
  else distanceSymbol.fill(symbol, 256 + next / 128, 256 + (next + count) / 128)
  next += count
}

/** Of a distance less 1. */
export const symbolOfDistance = (less1: number): number =>
  less1 < 256 ? distanceSymbol[less1]! : distanceSymbol[256 + (less1 >>> 7)]!
