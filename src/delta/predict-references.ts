// What the references of a base became in a target, told from how the runs between them lie: a field that points at
// something that moved by n bytes, and itself moved by m, is expected to have risen by n − m. The idea is that of
// Courgette (S. Adams, 2009), which takes programs apart instead. Encoder and decoder both add what is expected to
// a run of the base before they compare it or add to it.
import type { References } from './references.ts'

/** Runs of a target that resemble runs of its base. */
export interface Runs {
  readonly count: number
  readonly ats: Uint32Array
  readonly baseAts: Uint32Array
  readonly lengths: Uint32Array
}

/** A place of the base moved as the longest run did that has the start of its granule, or else as the granule before. */
const granuleBytes = 16

const unknown = -(2 ** 31)

export class ReferencePrediction {
  readonly #references: References
  /** For each granule how far it moved. */
  readonly #moved: Int32Array
  readonly #movedOfKind: Int32Array

  constructor(references: References, runs: Runs, baseBytes: number) {
    this.#references = references
    this.#moved = movedGranules(runs, baseBytes)
    this.#movedOfKind = Int32Array.from(references.kinds, ({ origin }) =>
      typeof origin === 'number' ? this.#movedAt(origin) : 0,
    )
  }

  /** A piece of a run ends here or earlier, so that no field is cut. */
  endOfPiece(baseAt: number, end: number): number {
    const { fields } = this.#references
    const next = this.#firstAt(end)
    return next > 0 && fields[next - 1]! + 4 > end && fields[next - 1]! > baseAt ? fields[next - 1]! : end
  }

  /** `bytes` are of the base from `baseAt` on, and in the target at `at`. */
  apply(bytes: Uint8Array, baseAt: number, at: number): void {
    const { count, fields, targets, kindOf, kinds } = this.#references
    const movedHere = at - baseAt
    const end = baseAt + bytes.length - 4
    for (let i = this.#firstAt(baseAt); i < count && fields[i]! <= end; i++) {
      const { origin, scale } = kinds[kindOf[i]!]!
      const from = origin === 'field' ? movedHere : this.#movedOfKind[kindOf[i]!]!
      const moved = this.#movedAt(targets[i]!)
      const rise = (moved - from) / scale
      if (rise !== 0 && moved !== unknown && from !== unknown && Number.isInteger(rise))
        addTo(bytes, fields[i]! - baseAt, rise)
    }
  }

  #movedAt(offset: number): number {
    return this.#moved[Math.floor(offset / granuleBytes)] ?? unknown
  }

  /** The first reference whose field is there or later. */
  #firstAt(offset: number): number {
    const { count, fields } = this.#references
    let low = 0
    let high = count
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (fields[middle]! < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function movedGranules({ count, ats, baseAts, lengths }: Runs, baseBytes: number): Int32Array {
  const granules = new Int32Array(Math.ceil(baseBytes / granuleBytes)).fill(unknown)
  const shortestFirst = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => lengths[a]! - lengths[b]! || a - b,
  )
  for (const i of shortestFirst) {
    const end = baseAts[i]! + lengths[i]!
    const first = Math.ceil(baseAts[i]! / granuleBytes)
    granules.fill(ats[i]! - baseAts[i]!, first, Math.ceil(end / granuleBytes))
  }
  let before = unknown
  for (let i = 0; i < granules.length; i++) {
    if (granules[i] === unknown) granules[i] = before
    else before = granules[i]!
  }
  return granules
}

/** Modulo 2^32. */
function addTo(bytes: Uint8Array, at: number, rise: number): void {
  const value = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  const risen = (value + rise) | 0
  bytes[at] = risen
  bytes[at + 1] = risen >>> 8
  bytes[at + 2] = risen >>> 16
  bytes[at + 3] = risen >>> 24
}
