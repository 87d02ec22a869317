// Reads the tables of a recipe key by key. What was not asked for when a table is closed is a key that nobody knows, and
// is refused, so that a slip of the pen is noticed. Every text and list is bounded.
import { display } from '../base/display.ts'
import type { Refuse } from '../base/toml.ts'
import { checkEntryPath } from './source.ts'

export const mostItems = 1000
const longestText = 4096

type Table = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

export class RecipeTable {
  readonly #table: Table
  readonly #place: string
  readonly #refuse: Refuse
  readonly #asked = new Set<string>()

  /** `place` stands before keys in messages, such as `source 2: `. */
  constructor(table: Table, from: { readonly place: string; readonly refuse: Refuse }) {
    this.#table = table
    this.#place = from.place
    this.#refuse = from.refuse
  }

  refuse(problem: string): never {
    return this.#refuse(`${this.#place}${problem}`)
  }

  /** Undefined where the key is not there. */
  value(key: string): unknown {
    this.#asked.add(key)
    return Object.hasOwn(this.#table, key) ? this.#table[key] : undefined
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#table, key)
  }

  text(key: string, otherwise?: string, longest = longestText): string {
    const value = this.value(key) ?? otherwise
    if (value === undefined) return this.refuse(`no ${key}`)
    if (typeof value !== 'string') return this.refuse(`${key} is not a text`)
    if (value.includes('\0') || !value.isWellFormed())
      return this.refuse(`${key} has characters that are none`)
    return value.length <= longest ? value : this.refuse(`${key} has more than ${longest} characters`)
  }

  line(key: string, otherwise?: string): string {
    const text = this.text(key, otherwise)
    if (text.includes('\n')) return this.refuse(`${key} has more than one line`)
    return text === '' && otherwise === undefined ? this.refuse(`${key} is empty`) : text
  }

  number(
    key: string,
    { min, max, otherwise }: { readonly min: number; readonly max: number; readonly otherwise: number },
  ): number {
    const value = this.value(key) ?? otherwise
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? value
      : this.refuse(`${key} is not a whole number from ${min} to ${max}`)
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.value(key) ?? otherwise
    return typeof value === 'boolean' ? value : this.refuse(`${key} is neither true nor false`)
  }

  texts(key: string): readonly string[] {
    const value = this.value(key) ?? []
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
      return this.refuse(`${key} is not a list of texts`)
    return value.length <= mostItems
      ? (value as readonly string[])
      : this.refuse(`${key} has more than ${mostItems} items`)
  }

  /** Relative, without `.` and `..`. */
  path(key: string, otherwise?: string): string {
    const path = this.line(key, otherwise)
    if (path === otherwise) return path
    const problem = checkEntryPath(path)
    return problem === undefined ? path : this.refuse(`${key}: ${display(path)} ${problem}`)
  }

  table(key: string): RecipeTable {
    const value = this.value(key) ?? {}
    if (!isTable(value)) return this.refuse(`${key} is not a table`)
    return new RecipeTable(value, { place: `${this.#place}${key}: `, refuse: this.#refuse })
  }

  /** Reads each table of a list, and closes it. */
  tables<T>(key: string, read: (table: RecipeTable) => T): readonly T[] {
    const value = this.value(key) ?? []
    if (!Array.isArray(value) || !value.every(isTable))
      return this.refuse(`${key} is not a list of tables: write [[${key}]]`)
    if (value.length > mostItems) return this.refuse(`more than ${mostItems} times [[${key}]]`)
    return value.map((each, index) => {
      const table = new RecipeTable(each, {
        place: `${this.#place}${key} ${index + 1}: `,
        refuse: this.#refuse,
      })
      const found = read(table)
      table.close()
      return found
    })
  }

  /** What nobody has asked for; it counts as asked for then. */
  rest(): Table {
    const entries = Object.entries(this.#table).filter(([key]) => !this.#asked.has(key))
    for (const [key] of entries) this.#asked.add(key)
    return Object.fromEntries(entries)
  }

  close(): void {
    const foreign = Object.keys(this.#table).find((key) => !this.#asked.has(key))
    if (foreign !== undefined) this.refuse(`unknown key ${display(foreign)}`)
  }
}
