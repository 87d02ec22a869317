// The loops of parity: vectors over a field of 65,536 elements. A shard has the low bytes of its elements in its first half
// and the high bytes in its second, so that a product with one factor is eight lookups for sixteen elements at a time.

/** For the four halves of the bytes of an element, from the lowest: low bytes of the products; then high bytes of them. */
const products: usize = memory.data(128, 16)

/** Whoever asks for products writes the tables of its factor there first. */
export function productsAt(): usize {
  return products
}

export function addShards(into: usize, from: usize, sizeBytes: u32): void {
  for (let at: usize = 0; at < sizeBytes; at += 16)
    v128.store(into + at, v128.xor(v128.load(into + at), v128.load(from + at)))
}

/** `into` gets the product with `from`. */
export function addProducts(into: usize, from: usize, shards: u32, shardBytes: u32): void {
  for (let n: u32 = 0; n < shards; n++)
    addProduct(into + n * shardBytes, from + n * shardBytes, shardBytes / 2)
}

/** `low` gets the product with `high`, then `high` gets `low`. */
export function stepForward(low: usize, high: usize, shards: u32, shardBytes: u32): void {
  for (let n: u32 = 0; n < shards; n++) {
    const at = n * shardBytes
    addProduct(low + at, high + at, shardBytes / 2)
    addShards(high + at, low + at, shardBytes)
  }
}

/** Undoes `stepForward`. */
export function stepBack(low: usize, high: usize, shards: u32, shardBytes: u32): void {
  for (let n: u32 = 0; n < shards; n++) {
    const at = n * shardBytes
    addShards(high + at, low + at, shardBytes)
    addProduct(low + at, high + at, shardBytes / 2)
  }
}

function addProduct(into: usize, from: usize, halfBytes: u32): void {
  const low0 = v128.load(products)
  const low1 = v128.load(products, 16)
  const low2 = v128.load(products, 32)
  const low3 = v128.load(products, 48)
  const high0 = v128.load(products, 64)
  const high1 = v128.load(products, 80)
  const high2 = v128.load(products, 96)
  const high3 = v128.load(products, 112)
  const four = i8x16.splat(15)
  for (let at: usize = 0; at < halfBytes; at += 16) {
    const low = v128.load(from + at)
    const high = v128.load(from + halfBytes + at)
    const a = v128.and(low, four)
    const b = i8x16.shr_u(low, 4)
    const c = v128.and(high, four)
    const d = i8x16.shr_u(high, 4)
    const lowSum = v128.xor(
      v128.xor(i8x16.swizzle(low0, a), i8x16.swizzle(low1, b)),
      v128.xor(i8x16.swizzle(low2, c), i8x16.swizzle(low3, d)),
    )
    const highSum = v128.xor(
      v128.xor(i8x16.swizzle(high0, a), i8x16.swizzle(high1, b)),
      v128.xor(i8x16.swizzle(high2, c), i8x16.swizzle(high3, d)),
    )
    v128.store(into + at, v128.xor(v128.load(into + at), lowSum))
    v128.store(into + halfBytes + at, v128.xor(v128.load(into + halfBytes + at), highSum))
  }
}
