// The field that parity counts in: 65,536 elements, so that a group may have as many shards. An element is written in
// Cantor's basis, in which each member squared and added to itself gives the one before it: then the polynomials that
// vanish on the first elements are sparse, and a transform needs no constants but the numbers of its places. After Lin,
// Al-Naffouri, Han and Chung, "Novel Polynomial Basis With Fast Fourier Transform" (2016).

export const fieldSize = 65_536
const order = fieldSize - 1
/** x^16 + x^5 + x^3 + x^2 + 1. */
const polynomial = 0x1002d

/** Bit n of an element's number stands for member n; numbers here are polynomials over two elements. */
const basis: readonly number[] = [
  0x0001, 0xacca, 0x3c0e, 0x163e, 0xc582, 0xed2e, 0x914c, 0x4012, 0x6c98, 0x10d8, 0x6a72, 0xb900, 0xfdb8,
  0xfb34, 0xff38, 0x991e,
]

interface Field {
  /** The logarithm of an element but 0, below 65,535. */
  readonly log: Uint16Array
  /** Twice over, so that the sum of two logarithms needs no remainder. */
  readonly exp: Uint16Array
}

let made: Field | undefined

/** Made when something is first counted. */
function field(): Field {
  if (made !== undefined) return made
  const powers = new Uint16Array(fieldSize)
  for (let n = 0, power = 1; n < order; n++) {
    powers[power] = n
    power <<= 1
    if (power >= fieldSize) power ^= polynomial
  }
  const asPolynomial = new Uint16Array(fieldSize)
  const log = new Uint16Array(fieldSize)
  const exp = new Uint16Array(2 * order)
  for (let element = 1; element < fieldSize; element++) {
    const lowest = element & -element
    const member = basis[31 - Math.clz32(lowest)] as number
    asPolynomial[element] = (asPolynomial[element ^ lowest] as number) ^ member
    const power = powers[asPolynomial[element] as number] as number
    log[element] = power
    exp[power] = exp[power + order] = element
  }
  made = { log, exp }
  return made
}

export function multiply(a: number, b: number): number {
  if (a === 0 || b === 0) return 0
  const { log, exp } = field()
  return exp[(log[a] as number) + (log[b] as number)] as number
}

export function inverse(a: number): number {
  if (a === 0) throw new RangeError('0 has no inverse')
  const { log, exp } = field()
  return exp[order - (log[a] as number)] as number
}

/** The product of the differences of `element` from each of the others, itself left out. */
export function productOfDifferences(element: number, others: Uint16Array): number {
  const { log, exp } = field()
  let sum = 0
  for (const other of others) if (other !== element) sum += log[element ^ other] as number
  return exp[sum % order] as number
}

/** For each half byte of an element and each of its values the low byte of the product, then the high bytes likewise. */
export function productTables(factor: number): Uint8Array {
  const tables = new Uint8Array(128)
  for (let bit = 0; bit < 16; bit++) {
    const product = multiply(factor, 1 << bit)
    const table = 16 * (bit >> 2)
    const member = 1 << (bit & 3)
    for (let n = 0; n < member; n++) {
      tables[table + n + member] = (tables[table + n] as number) ^ (product & 255)
      tables[64 + table + n + member] = (tables[64 + table + n] as number) ^ (product >> 8)
    }
  }
  return tables
}
