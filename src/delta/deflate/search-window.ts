// The 64 KiB in which matches are looked for: the input slides through it by halves; places of the same three bytes
// hang together in chains. What a search finds depends on when the window slides (the place at its start is
// never found) and, in gzip, on what it held before the input came to its end; so both are done as they do it.
import type { MakerRule } from './rules.ts'
import { maxMatch, minMatch } from './symbols.ts'

const half = 32_768
const size = 2 * half
const halfMask = half - 1
/** With so much ahead, nothing a search may do reaches beyond what has been read. */
export const minAhead = maxMatch + minMatch + 1
const mostDistance = half - minAhead
/** From here on a full search would leave the window. */
const lastSearch = size - minAhead

/** One stream is packed at a time: to make these anew for each would take longer than a small one does. */
const kept = {
  bytes: new Uint8Array(size + minAhead),
  previous: new Uint16Array(half),
  head: new Uint16Array(2 * half),
}

export class SearchWindow {
  readonly bytes = kept.bytes
  /** The place in the window that is packed next, and how much of it has been read from there on. */
  at = 0
  ahead = 0
  /** Where the block begins; negative if its first bytes have left the window. */
  blockStart = 0
  /** Where the last search found its match. */
  matchAt = 0
  /** Of all searches: a step is a place looked at, or four bytes compared. */
  steps = 0

  readonly #view = new DataView(this.bytes.buffer)
  readonly #input: Uint8Array
  #read = 0
  #isAtEnd = false
  readonly #looksBeyondEnd: boolean
  readonly #good: number
  readonly #nice: number
  readonly #chain: number
  readonly #shift: number
  readonly #hashMask: number
  /** Of each hash the last place, and of each place the one before; 0 is none. */
  readonly #head: Uint16Array
  readonly #previous = kept.previous

  constructor(input: Uint8Array, { family, effort }: MakerRule) {
    this.#input = input
    this.#looksBeyondEnd = family.looksBeyondEnd
    this.#good = effort.good
    this.#nice = effort.nice
    this.#chain = effort.chain
    this.#shift = Math.ceil(family.hashBits / minMatch)
    this.#hashMask = 2 ** family.hashBits - 1
    this.#head = kept.head.subarray(0, 2 ** family.hashBits).fill(0)
    this.#fill()
    this.bytes.fill(0, this.ahead, this.ahead + minAhead)
  }

  /** Sees to it that enough is ahead, until the input ends. */
  refill(): void {
    while (this.ahead < minAhead && !this.#isAtEnd) this.#fill()
    if (!this.#looksBeyondEnd && this.ahead < minAhead && this.at >= lastSearch) this.#slide()
  }

  #fill(): void {
    if (this.at >= lastSearch) this.#slide()
    const end = this.at + this.ahead
    const count = Math.min(size - end, this.#input.length - this.#read)
    if (count === 0) {
      this.#isAtEnd = true
      this.bytes.fill(0, end, end + minMatch - 1)
      return
    }
    this.bytes.set(this.#input.subarray(this.#read, this.#read + count), end)
    this.#read += count
    this.ahead += count
  }

  #slide(): void {
    this.bytes.copyWithin(0, half, size)
    this.at -= half
    this.matchAt -= half
    this.blockStart -= half
    lower(this.#head)
    lower(this.#previous)
  }

  /** Hangs a place into its chain; the place before it there, or 0. */
  insert(at: number): number {
    const bytes = this.bytes
    const shift = this.#shift
    const hash =
      (((((bytes[at]! << shift) ^ bytes[at + 1]!) << shift) ^ bytes[at + 2]!) & this.#hashMask) >>> 0
    const before = this.#head[hash]!
    this.#previous[at & halfMask] = before
    this.#head[hash] = at
    return before
  }

  /** True if a search from this place of the chain may begin. */
  isNear(place: number): boolean {
    return place !== 0 && this.at - place <= mostDistance && this.at <= lastSearch
  }

  /** The longest match that is longer than `atLeast`, its place in `matchAt`; or `atLeast`, or less at the end. */
  search(first: number, atLeast: number): number {
    const bytes = this.bytes
    const previous = this.#previous
    const view = this.#view
    const at = this.at
    const limit = at > mostDistance ? at - mostDistance : 0
    const end = at + maxMatch
    const allowed = atLeast >= this.#good ? this.#chain >>> 2 : this.#chain
    const nice = this.#looksBeyondEnd ? this.#nice : Math.min(this.#nice, this.ahead)
    let best = atLeast
    let ending = view.getUint16(at + best - 1, true)
    let left = allowed
    let compared = 0
    let place = first
    for (;;) {
      while (view.getUint16(place + best - 1, true) !== ending) {
        place = previous[place & halfMask]!
        if (place <= limit || --left === 0) {
          this.steps += allowed - left + (compared >>> 2)
          return Math.min(best, this.ahead)
        }
      }
      const back = at - place
      let here = at
      while (here < end && view.getInt32(here, true) === view.getInt32(here - back, true)) here += 4
      while (here < end && bytes[here] === bytes[here - back]) here++
      const length = here < end ? here - at : maxMatch
      compared += length
      if (length > best) {
        best = length
        this.matchAt = place
        if (length >= nice) break
        ending = view.getUint16(at + best - 1, true)
      }
      place = previous[place & halfMask]!
      if (place <= limit || --left === 0) break
    }
    this.steps += allowed - left + (compared >>> 2)
    return Math.min(best, this.ahead)
  }
}

function lower(places: Uint16Array): void {
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!
    places[i] = place >= half ? place - half : 0
  }
}
