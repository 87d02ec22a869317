// The files of a catalogue's packages: the folder of each by its number, and its name, of the newest package of each name.
import { decodeUtf8 } from '../base/bytes.ts'
import { type Columns, refuseCatalogue } from './catalogue-columns.ts'
import { Lists, Texts } from './catalogue-lists.ts'

const slash = 0x2f

/** Its methods throw SHAPE_INVALID where names are not as they say. */
export class FilesOfPackages {
  readonly #files: Lists
  readonly #folders: Texts
  readonly #nameBytes: Uint8Array
  #names: readonly string[] | undefined

  constructor({ texts, lists, fileNames }: Columns) {
    this.#files = new Lists(lists.files)
    this.#folders = new Texts(texts.folders)
    this.#nameBytes = fileNames
  }

  of(position: number): readonly string[] {
    const names = this.#allNames()
    const start = this.#files.startOf(position)
    return this.#files.at(position).map((folder, n) => `${this.#folders.at(folder)}/${names[start + n]}`)
  }

  /** Packages, rising. */
  ownersOf(path: string): readonly number[] {
    const end = path.lastIndexOf('/')
    const folder = this.#folders.find(path.slice(0, end))
    if (folder === undefined) return []
    const names = this.#allNames()
    const name = path.slice(end + 1)
    const found: number[] = []
    for (let position = 0; position < this.#files.size; position++) {
      const start = this.#files.startOf(position)
      if (this.#files.at(position).some((each, n) => each === folder && names[start + n] === name))
        found.push(position)
    }
    return found
  }

  /** Decoded when the first is asked for; counted before, as each becomes an object. */
  #allNames(): readonly string[] {
    if (this.#names !== undefined) return this.#names
    let slashes = 0
    for (const byte of this.#nameBytes) if (byte === slash) slashes++
    const names = slashes === this.#files.items ? decodeUtf8(this.#nameBytes)?.split('/') : undefined
    if (names?.pop() !== '') return refuseCatalogue('not a name of each file')
    this.#names = names
    return names
  }
}
