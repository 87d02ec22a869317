// Texts and lists as they lie in the columns of a catalogue.
import { compareText, decodeUtf8 } from '../base/bytes.ts'
import { type Numbers, refuseCatalogue } from './catalogue-columns.ts'

export function isBelow(numbers: Numbers, limit: number): boolean {
  for (let n = 0; n < numbers.length; n++) if ((numbers[n] as number) >= limit) return false
  return true
}

/** Never falling, and the last is `end`. */
export function isRisingTo(ends: Numbers, end: number): boolean {
  let before = 0
  for (let n = 0; n < ends.length; n++) {
    const each = ends[n] as number
    if (each < before) return false
    before = each
  }
  return before === end
}

/** Many texts as one, decoded when the first is asked for. */
export class Texts {
  readonly size: number
  readonly #bytes: Uint8Array
  readonly #ends: Numbers
  #whole: string | undefined
  #lower: string | undefined

  constructor({ ends, bytes }: { readonly ends: Numbers; readonly bytes: Uint8Array }) {
    this.size = ends.length
    this.#ends = ends
    this.#bytes = bytes
  }

  /** In UTF-16 units. */
  lengthOf(number: number): number {
    return (this.#ends[number] as number) - (number === 0 ? 0 : (this.#ends[number - 1] as number))
  }

  at(number: number): string {
    this.#whole ??= this.#decode()
    return this.#whole.slice(number === 0 ? 0 : this.#ends[number - 1], this.#ends[number])
  }

  /** The number of one, where those from `first` to before `end` are in order. */
  find(text: string, first = 0, end = this.size): number | undefined {
    let [low, high] = [first, end]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const order = compareText(this.at(middle), text)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }

  /** The numbers, rising, of those that hold these characters, whatever their case. `word` is in lower case, not empty. */
  *containing(word: string): Iterable<number> {
    if (word === '') throw new Error('broken promise: a word that is sought is not empty')
    this.#whole ??= this.#decode()
    this.#lower ??= this.#whole.toLowerCase()
    // A few letters have another length in lower case: then no place in it says whose text it is.
    if (this.#lower.length !== this.#whole.length) {
      for (let n = 0; n < this.size; n++) if (this.at(n).toLowerCase().includes(word)) yield n
      return
    }
    for (let at = this.#lower.indexOf(word); at >= 0;) {
      const number = this.#numberAt(at)
      const end = this.#ends[number] as number
      // Not over the end of one text into the next.
      if (at + word.length <= end) yield number
      at = this.#lower.indexOf(word, at + word.length <= end ? end : at + 1)
    }
  }

  /** Whose text this place is in. */
  #numberAt(at: number): number {
    let [low, high] = [0, this.size - 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((this.#ends[middle] as number) > at) high = middle
      else low = middle + 1
    }
    return low
  }

  #decode(): string {
    const whole = decodeUtf8(this.#bytes)
    if (whole === undefined || !isRisingTo(this.#ends, whole.length))
      return refuseCatalogue('texts that are not as long as they say')
    return whole
  }
}

/** Lists of numbers in one column. */
export class Lists {
  readonly #ends: Numbers
  readonly #items: Numbers

  constructor({ ends, items }: { readonly ends: Numbers; readonly items: Numbers }) {
    if (!isRisingTo(ends, items.length)) refuseCatalogue('lists that are not as long as they say')
    this.#ends = ends
    this.#items = items
  }

  get size(): number {
    return this.#ends.length
  }

  /** Of all lists together. */
  get items(): number {
    return this.#items.length
  }

  startOf(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] as number)
  }

  lengthOf(number: number): number {
    return (this.#ends[number] as number) - this.startOf(number)
  }

  /** A copy: of a few numbers it is made quicker than a view of them. */
  at(number: number): readonly number[] {
    const items: number[] = []
    const end = this.#ends[number] as number
    for (let at = this.startOf(number); at < end; at++) items.push(this.#items[at] as number)
    return items
  }
}
