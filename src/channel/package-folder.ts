// A folder of packages, a container for each, found by id: a file's name bears the start of it. Each is read once.
import type { PackageId } from '../base/ids.ts'
import type { Disk } from '../host/disk.ts'
import type { PackageFile } from './package-file.ts'

export class PackageFolder {
  readonly #disk: Disk
  readonly #path: string
  /** Verifies, too. */
  readonly #read: (path: string) => PackageFile
  readonly #files = new Map<PackageId, PackageFile>()
  readonly #byPath = new Map<string, PackageFile>()
  /** File names by the start of the id that they bear; under none where they bear none. */
  #namesOf: ReadonlyMap<string, readonly string[]> = new Map()

  constructor(
    disk: Disk,
    { path, read }: { readonly path: string; readonly read: (path: string) => PackageFile },
  ) {
    this.#disk = disk
    this.#path = path
    this.#read = read
  }

  all(): readonly PackageFile[] {
    for (const name of this.#names()) this.#load(name)
    return [...this.#files.values()]
  }

  /** As far as the folder was looked at. */
  known(id: PackageId): PackageFile | undefined {
    if (!this.#files.has(id))
      for (const name of this.#namesOf.get(shortOf(id)) ?? []) if (this.#load(name).id === id) break
    return this.#files.get(id)
  }

  /** After another look at the folder: it has thousands of files, so not for each of them. */
  foundAnew(id: PackageId): PackageFile | undefined {
    const names = Map.groupBy(this.#names(), (name) => {
      const short = /_([0-9a-f]{8,64})\.moss$/.exec(name)?.[1]
      return short === undefined ? '' : shortOf(short)
    })
    this.#namesOf = names
    for (const name of names.get('') ?? []) if (this.#load(name).id === id) break
    return this.known(id)
  }

  /** One that was written there since, and read. */
  keep(file: PackageFile): PackageFile {
    this.#files.set(file.id, file)
    this.#byPath.set(file.path, file)
    return file
  }

  /** One that is there no more. */
  drop(file: PackageFile): void {
    this.#files.delete(file.id)
    this.#byPath.delete(file.path)
    this.#namesOf = new Map()
  }

  #names(): readonly string[] {
    if (this.#disk.lstat(this.#path) === undefined) return []
    return this.#disk
      .list(this.#path)
      .filter((entry) => entry.kind === 'file' && entry.name.endsWith('.moss') && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
  }

  #load(name: string): PackageFile {
    const path = `${this.#path}/${name}`
    return this.#byPath.get(path) ?? this.keep(this.#read(path))
  }
}

const shortOf = (id: string): string => id.slice(0, 8)
