// From addresses in memory, where a program is loaded, to offsets in its file.
import { type Elf, sectionFlag, sectionType } from './elf.ts'

/** Of loaded sections that do not overlap. */
export class Addresses {
  readonly #starts: Float64Array
  readonly #ends: Float64Array
  readonly #offsets: Float64Array
  readonly #hasBytes: Uint8Array
  readonly #isCode: Uint8Array
  /** The sections of the last answers: neighbours in the file often point at neighbours. */
  #last = 0
  #lastOfCode = 0

  constructor({ sections }: Elf) {
    let end = 0
    const loaded = sections
      .filter(({ flags, type, sizeBytes }) => {
        const isLoaded = (flags & sectionFlag.loaded) !== 0 && sizeBytes > 0 && type !== sectionType.none
        return isLoaded && !(type === sectionType.noBytes && (flags & sectionFlag.threadLocal) !== 0)
      })
      .toSorted((a, b) => a.address - b.address || a.sizeBytes - b.sizeBytes)
      .filter(({ address, sizeBytes }) => {
        if (address < end) return false
        end = address + sizeBytes
        return true
      })
    this.#starts = Float64Array.from(loaded, ({ address }) => address)
    this.#ends = Float64Array.from(loaded, ({ address, sizeBytes }) => address + sizeBytes)
    this.#offsets = Float64Array.from(loaded, ({ offset }) => offset)
    this.#hasBytes = Uint8Array.from(loaded, ({ type }) => Number(type !== sectionType.noBytes))
    this.#isCode = Uint8Array.from(loaded, ({ flags }) => Number((flags & sectionFlag.executable) !== 0))
  }

  /** -1 of what is in no section. All of a section without bytes lies where its bytes would begin. */
  offsetOf(address: number): number {
    if (!this.#isIn(this.#last, address)) {
      const found = this.#find(address)
      if (found < 0) return -1
      this.#last = found
    }
    return this.#hasBytes[this.#last] === 1
      ? this.#offsets[this.#last]! + address - this.#starts[this.#last]!
      : this.#offsets[this.#last]!
  }

  /** The same for sections that are code alone. */
  codeAt(address: number): number {
    if (!this.#isIn(this.#lastOfCode, address)) {
      const found = this.#find(address)
      if (found < 0 || this.#isCode[found] === 0) return -1
      this.#lastOfCode = found
    } else if (this.#isCode[this.#lastOfCode] === 0) return -1
    return this.#hasBytes[this.#lastOfCode] === 1
      ? this.#offsets[this.#lastOfCode]! + address - this.#starts[this.#lastOfCode]!
      : this.#offsets[this.#lastOfCode]!
  }

  #isIn(section: number, address: number): boolean {
    return address >= this.#starts[section]! && address < this.#ends[section]!
  }

  #find(address: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low <= high) {
      const middle = Math.floor((low + high) / 2)
      if (this.#ends[middle]! <= address) low = middle + 1
      else if (this.#starts[middle]! > address) high = middle - 1
      else return middle
    }
    return -1
  }
}
