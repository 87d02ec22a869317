// Reed-Solomon over one group of shards: of all shards, parity's included, as many may be lost as there is parity, whichever
// they are. A polynomial has the data as its values at places from `span` on, zeros behind them, and parity at places
// from 0; that it is of low degree is the same as that the coefficients of its runs of `span` places add up to nothing.
// So a group is read once, a run at a time, and memory is that of a few runs.
import { inverse, productOfDifferences } from './parity-field.ts'
import { elementsToValues, type ParityRuns, type Run } from './parity-runs.ts'

/** Adds data shards from number `first` of the group on, a multiple of the span. What is in `data` is gone afterwards. */
export function addData(runs: ParityRuns, sum: Run, { data, first }: { data: Run; first: number }): void {
  runs.toCoefficients(data, runs.span + first)
  runs.add(sum, data)
}

/** When all of the group's data was added, `sum` becomes its parity. */
export const finishParity = (runs: ParityRuns, sum: Run): void => runs.toValues(sum, 0)

export interface Lost {
  /** How far parity is from what it would be if the lost data were zeros; of what is lost of parity, anything. Used up. */
  readonly difference: Run
  /** By number in the group, rising. */
  readonly lostData: readonly number[]
  /** Including those from how many there are to the span; no more than the span together with `lostData`. */
  readonly lostParity: ReadonlySet<number>
  /** Room to work in. */
  readonly spare: readonly [Run, Run]
}

/**
 * Gives each lost data shard, in their order; the bytes are good until the next. A difference between two words of the code
 * is a word; this one is known but where something was lost. Times the polynomial that vanishes there it is known everywhere,
 * zeros but for parity, and so the derivative of the product gives what was lost.
 */
export function* recoverLost(
  runs: ParityRuns,
  { difference, lostData, lostParity, spare: [product, values] }: Lost,
): Generator<Uint8Array> {
  const { span } = runs
  const places = Uint16Array.from([...lostParity, ...lostData.map((n) => span + n)])
  if (places.length > span) throw new RangeError(`${places.length} lost of at most ${span}`)
  runs.clear(product)
  for (let n = 0; n < span; n++)
    if (!lostParity.has(n)) {
      runs.addShard(product, n, difference, n)
      runs.multiply(product, n, productOfDifferences(n, places))
    }
  runs.toCoefficients(product, 0)
  const derivative = difference
  runs.clear(derivative)
  for (let n = 0; n < span; n++)
    for (let bit = 1; bit <= n; bit *= 2) if ((n & bit) !== 0) runs.addShard(derivative, n ^ bit, product, n)
  const runOf = (n: number): number => 1 + Math.floor(n / span)
  const { ofDerivative, ofProduct } = runFactors(runOf(lostData.at(-1) ?? 0) + 1)
  const found = new Uint8Array(runs.shardBytes)
  for (let at = 0; at < lostData.length;) {
    const number = runOf(lostData[at] as number)
    runs.clear(values)
    runs.addProduct(values, derivative, ofDerivative[number] as number)
    runs.addProduct(values, product, ofProduct[number] as number)
    runs.toValues(values, number * span)
    for (; at < lostData.length && runOf(lostData[at] as number) === number; at++) {
      const place = span + (lostData[at] as number)
      runs.multiply(values, place % span, inverse(productOfDifferences(place, places)))
      found.set(runs.shard(values, place % span))
      yield found
    }
  }
}

/**
 * A polynomial whose values are zeros but in the first run has that run's coefficients in every run; and in its derivative
 * each run gets, besides their derivative, themselves for each bit that is missing in its number. What the upper layers of
 * the transform make of that is the same for all elements of a run: a factor for each.
 */
function runFactors(least: number): { readonly ofDerivative: Uint16Array; readonly ofProduct: Uint16Array } {
  const bits = Math.ceil(Math.log2(least))
  const ofDerivative = new Uint16Array(2 ** bits).fill(1)
  const ofProduct = Uint16Array.from(ofDerivative, (_, n) => (bits - countBits(n)) & 1)
  elementsToValues(ofDerivative)
  elementsToValues(ofProduct)
  return { ofDerivative, ofProduct }
}

function countBits(n: number): number {
  let count = 0
  for (let rest = n; rest !== 0; rest &= rest - 1) count++
  return count
}
