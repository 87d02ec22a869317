// Makes a catalogue: what a channel's packages say about themselves, as tables of numbers. Whatever is said often (a
// name, a version, a relation, a list of alternatives) stands once and has a number. catalogue.ts says what is what.
import { compareText, concatBytes, encodeUtf8, fromHex } from '../base/bytes.ts'
import type { PackageId } from '../base/ids.ts'
import { comparePackages } from '../manifest/compare-packages.ts'
import { type Relation, relationOperators } from '../manifest/capability.ts'
import type { ListedManifest, Manifest } from '../manifest/manifest.ts'
import { versionSchemes } from '../manifest/version.ts'
import { type Columns, type ListName, type Numbers, writeColumns } from './catalogue-columns.ts'

/** A path of a layout has a slash. */
function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: path.slice(0, slash), name: path.slice(slash + 1) }
}

export interface CatalogueEntry {
  readonly id: PackageId
  readonly manifest: ListedManifest & Pick<Manifest, 'summary'>
  /** Of all its files. */
  readonly sizeBytes: number
  /** Paths of all but folders, in the order of its layout; absent where nobody knows. Kept of the newest of each name. */
  readonly files?: readonly string[]
}

/** A larger unit than a byte is all that anybody asks for, and fits its column. */
export const sizeUnitBytes = 1024

/** Of one channel, in any order; each id once. The same packages give the same bytes. */
export function encodeCatalogue(entries: readonly CatalogueEntry[]): Uint8Array {
  const texts = new CatalogueTexts(entries)
  const tables = new CatalogueTables(texts)
  const sorted = entries.toSorted(comparePackages)
  for (const entry of sorted) tables.add(entry)
  const files = new CatalogueFiles(sorted)
  return writeColumns({
    texts: {
      ...texts.columns(),
      summaries: textColumns(sorted.map(({ manifest }) => manifest.summary)),
      folders: files.folders,
    },
    numbers: tables.numbers(texts.kindEnds),
    lists: { ...tables.lists(), files: files.files },
    fileNames: files.fileNames,
    ids: concatBytes(sorted.map(({ id }) => fromHex(id))),
  })
}

/** Folders stand once, in order; each file is the number of its folder, and a name. */
class CatalogueFiles {
  readonly folders: Columns['texts']['folders']
  readonly files: Columns['lists']['files']
  readonly fileNames: Uint8Array

  constructor(sorted: readonly CatalogueEntry[]) {
    const ofEach = sorted.map(({ manifest: { name }, files = [] }, at) =>
      sorted[at - 1]?.manifest.name === name ? [] : files.map(splitPath),
    )
    const folders = [...new Set(ofEach.flat().map(({ folder }) => folder))].sort(compareText)
    const numbers = numbered(folders)
    const lists = new Lists()
    for (const files of ofEach) lists.add(files.map(({ folder }) => numberIn(numbers, folder)))
    this.folders = textColumns(folders)
    this.files = lists.columns()
    this.fileNames = encodeUtf8(ofEach.flatMap((files) => files.map(({ name }) => `${name}/`)).join(''))
  }
}

/** The name after the kind, so that the names of a kind stand together, in order. */
const keyOf = ({ kind, name }: { readonly kind: string; readonly name: string }): string => `${kind}\0${name}`

/** All texts that tables name by number, each list in order. */
class CatalogueTexts {
  readonly #kinds: readonly string[]
  readonly #names: readonly string[]
  readonly #versions: readonly string[]
  readonly #architectures: readonly string[]
  readonly kindEnds: Numbers
  readonly capabilityNumbers: ReadonlyMap<string, number>
  readonly versionNumbers: ReadonlyMap<string, number>
  readonly architectureNumbers: ReadonlyMap<string, number>

  constructor(entries: readonly CatalogueEntry[]) {
    const capabilities = new Set<string>()
    const versions = new Set<string>()
    const architectures = new Set<string>()
    for (const { manifest } of entries) {
      const { name, version, provides, requires, recommends = [], conflicts, replaces } = manifest
      architectures.add(manifest.architecture)
      for (const provided of [{ kind: 'name', name, version }, ...provides]) {
        capabilities.add(keyOf(provided))
        if (provided.version !== undefined) versions.add(provided.version)
      }
      for (const relation of [...requires.flat(), ...recommends.flat(), ...conflicts, ...replaces]) {
        capabilities.add(keyOf(relation))
        if (relation.bound !== undefined) versions.add(relation.bound.version)
      }
    }
    const keys = [...capabilities].sort(compareText)
    const byKind = Map.groupBy(keys, (key) => key.slice(0, key.indexOf('\0')))
    let end = 0
    this.#kinds = [...byKind.keys()]
    this.kindEnds = Uint32Array.from(byKind.values(), (names) => (end += names.length))
    this.#names = keys.map((key) => key.slice(key.indexOf('\0') + 1))
    this.#versions = [...versions].sort(compareText)
    this.#architectures = [...architectures].sort(compareText)
    this.capabilityNumbers = numbered(keys)
    this.versionNumbers = numbered(this.#versions)
    this.architectureNumbers = numbered(this.#architectures)
  }

  columns(): Omit<Columns['texts'], 'summaries' | 'folders'> {
    return {
      kinds: textColumns(this.#kinds),
      names: textColumns(this.#names),
      versions: textColumns(this.#versions),
      architectures: textColumns(this.#architectures),
    }
  }
}

const numbered = (texts: readonly string[]): ReadonlyMap<string, number> =>
  new Map(texts.map((text, number) => [text, number]))

function textColumns(texts: readonly string[]): Columns['texts']['names'] {
  let end = 0
  return { ends: Uint32Array.from(texts, (text) => (end += text.length)), bytes: encodeUtf8(texts.join('')) }
}

/** What is only wanted for its place among others. */
class Lists {
  readonly #ends: number[] = []
  readonly #items: number[] = []

  /** Gives the number of the list. */
  add(items: readonly number[]): number {
    for (const item of items) this.#items.push(item)
    return this.#ends.push(this.#items.length) - 1
  }

  columns(): Columns['lists'][ListName] {
    return { ends: Uint32Array.from(this.#ends), items: Uint32Array.from(this.#items) }
  }
}

class CatalogueTables {
  readonly #texts: CatalogueTexts
  readonly #lists: Readonly<Record<Exclude<ListName, 'files'>, Lists>> = {
    alternatives: new Lists(),
    provides: new Lists(),
    requires: new Lists(),
    recommends: new Lists(),
    conflicts: new Lists(),
    replaces: new Lists(),
  }
  readonly #relations = { capability: [] as number[], operator: [] as number[], version: [] as number[] }
  readonly #relationNumbers = new Map<string, number>()
  readonly #requirementNumbers = new Map<string, number>()
  readonly #packages = {
    packageName: [] as number[],
    packageVersion: [] as number[],
    packageScheme: [] as number[],
    packageArchitecture: [] as number[],
    packageSize: [] as number[],
  }
  readonly #providesVersion: number[] = []

  constructor(texts: CatalogueTexts) {
    this.#texts = texts
  }

  add({ manifest, sizeBytes }: CatalogueEntry): void {
    const packages = this.#packages
    packages.packageName.push(this.#capability({ kind: 'name', name: manifest.name }))
    packages.packageVersion.push(this.#version(manifest.version))
    packages.packageScheme.push(versionSchemes.indexOf(manifest.scheme))
    packages.packageArchitecture.push(numberIn(this.#texts.architectureNumbers, manifest.architecture))
    packages.packageSize.push(Math.min(2 ** 32 - 1, Math.ceil(sizeBytes / sizeUnitBytes)))
    this.#lists.provides.add(manifest.provides.map((provided) => this.#capability(provided)))
    for (const { version } of manifest.provides)
      this.#providesVersion.push(version === undefined ? 0 : this.#version(version) + 1)
    this.#lists.requires.add(manifest.requires.map((alternatives) => this.#requirement(alternatives)))
    const { recommends = [] } = manifest
    this.#lists.recommends.add(recommends.map((alternatives) => this.#requirement(alternatives)))
    this.#lists.conflicts.add(manifest.conflicts.map((relation) => this.#relation(relation)))
    this.#lists.replaces.add(manifest.replaces.map((relation) => this.#relation(relation)))
  }

  lists(): Omit<Columns['lists'], 'files'> {
    const { alternatives, provides, requires, recommends, conflicts, replaces } = this.#lists
    return {
      alternatives: alternatives.columns(),
      provides: provides.columns(),
      requires: requires.columns(),
      recommends: recommends.columns(),
      conflicts: conflicts.columns(),
      replaces: replaces.columns(),
    }
  }

  numbers(kindEnds: Numbers): Columns['numbers'] {
    const { capability, operator, version } = this.#relations
    const packages = this.#packages
    return {
      kindEnds,
      packageName: Uint32Array.from(packages.packageName),
      packageVersion: Uint32Array.from(packages.packageVersion),
      packageScheme: Uint32Array.from(packages.packageScheme),
      packageArchitecture: Uint32Array.from(packages.packageArchitecture),
      packageSize: Uint32Array.from(packages.packageSize),
      relationCapability: Uint32Array.from(capability),
      relationOperator: Uint32Array.from(operator),
      relationVersion: Uint32Array.from(version),
      providesVersion: Uint32Array.from(this.#providesVersion),
    }
  }

  /** Numbers are given in the order of first use: what neighbours say alike is near. */
  #requirement(alternatives: readonly Relation[]): number {
    const relations = alternatives.map((relation) => this.#relation(relation))
    const key = relations.join('|')
    const known = this.#requirementNumbers.get(key)
    if (known !== undefined) return known
    const number = this.#lists.alternatives.add(relations)
    this.#requirementNumbers.set(key, number)
    return number
  }

  #relation(relation: Relation): number {
    const { bound } = relation
    const capability = this.#capability(relation)
    const operator = bound === undefined ? 0 : relationOperators.indexOf(bound.operator) + 1
    const version = bound === undefined ? 0 : this.#version(bound.version)
    const key = `${capability} ${operator} ${version}`
    const known = this.#relationNumbers.get(key)
    if (known !== undefined) return known
    const number = this.#relations.capability.push(capability) - 1
    this.#relations.operator.push(operator)
    this.#relations.version.push(version)
    this.#relationNumbers.set(key, number)
    return number
  }

  #capability(capability: { readonly kind: string; readonly name: string }): number {
    return numberIn(this.#texts.capabilityNumbers, keyOf(capability))
  }

  #version(version: string): number {
    return numberIn(this.#texts.versionNumbers, version)
  }
}

function numberIn(numbers: ReadonlyMap<string, number>, text: string): number {
  const number = numbers.get(text)
  if (number === undefined) throw new Error('broken promise: every text of an entry is numbered')
  return number
}
