// A catalogue: a channel's whole index, to be searched and solved without the packages it names. It stays bytes: of
// 63,000 packages only those that somebody asks for become objects. What its columns mean:
//
//   kinds            of capabilities, in order; `kindEnds`: before which capability each kind ends
//   names            of capabilities, in order within their kind. A capability's number is its place here
//   versions         in order; architectures likewise
//   relation…        capability, operator (0 none, else one more than its place in relationOperators), version
//   alternatives     of each requirement: relations
//   package…         in the order of comparePackages: name (a capability), version, scheme, architecture, size in KiB
//   provides         of each package: capabilities; `providesVersion`: of each of those, one more than its version, 0 none
//   requires         of each package: requirements; recommends likewise
//   conflicts        of each package: relations; replaces likewise
//   summaries, ids   of each package
//   files            of the newest package of each name: the folder of each file; `folders`, in order; `fileNames`: of all files
import { toHex } from '../base/bytes.ts'
import type { PackageId } from '../base/ids.ts'
import { type Capability, type Relation, relationOperators } from '../manifest/capability.ts'
import type { ListedManifest } from '../manifest/manifest.ts'
import { isInBound } from '../manifest/match.ts'
import { compareVersions, type VersionScheme, versionSchemes } from '../manifest/version.ts'
import { checkColumns } from './catalogue-check.ts'
import { type Columns, idBytes, type Numbers, readColumns } from './catalogue-columns.ts'
import { FilesOfPackages } from './catalogue-files.ts'
import { Lists, Texts } from './catalogue-lists.ts'
import { type CatalogueEntry, sizeUnitBytes } from './encode-catalogue.ts'

/** A view of `bytes`, which must not change. Throws SHAPE_INVALID, as do its methods where texts are not as they say. */
export const readCatalogue = (bytes: Uint8Array): Catalogue => new Catalogue(readColumns(bytes))

/** What solving and explaining look at. */
export interface ListedPackage {
  readonly id: PackageId
  readonly manifest: ListedManifest
}

/** Where a word was found, the best first. */
const ranks = ['whole name', 'name', 'capability', 'summary'] as const

export interface Found {
  readonly where: (typeof ranks)[number]
  /** The one that has the word. */
  readonly capability?: Capability
}

export const compareFound = (a: Found, b: Found): number => ranks.indexOf(a.where) - ranks.indexOf(b.where)

export class Catalogue {
  readonly size: number
  readonly #columns: Columns['numbers']
  readonly #ids: Uint8Array
  readonly #kinds: Texts
  readonly #names: Texts
  readonly #versions: Texts
  readonly #architectures: Texts
  readonly #summaries: Texts
  readonly #alternatives: Lists
  readonly #provides: Lists
  readonly #requires: Lists
  readonly #recommends: Lists
  readonly #conflicts: Lists
  readonly #replaces: Lists
  readonly #files: FilesOfPackages
  /** Of each capability: its providers, rising; a package as often as it provides it. */
  readonly #providers: Lists
  /** Of each of those, one more than the version, 0 none. */
  readonly #providedVersions: Numbers
  readonly #found: (readonly number[] | undefined)[] = []
  readonly #candidates = new Map<number, ListedPackage>()

  constructor(columns: Columns) {
    const { texts, lists, numbers, ids } = columns
    this.size = numbers.packageName.length
    this.#columns = numbers
    this.#ids = ids
    this.#kinds = new Texts(texts.kinds)
    this.#names = new Texts(texts.names)
    this.#versions = new Texts(texts.versions)
    this.#architectures = new Texts(texts.architectures)
    this.#summaries = new Texts(texts.summaries)
    this.#alternatives = new Lists(lists.alternatives)
    this.#provides = new Lists(lists.provides)
    this.#requires = new Lists(lists.requires)
    this.#recommends = new Lists(lists.recommends)
    this.#conflicts = new Lists(lists.conflicts)
    this.#replaces = new Lists(lists.replaces)
    this.#files = new FilesOfPackages(columns)
    checkColumns(columns)
    const { ends, items, versions } = this.#invert(lists.provides.items)
    this.#providers = new Lists({ ends, items })
    this.#providedVersions = versions
  }

  nameOf(position: number): string {
    return this.#names.at(this.#columns.packageName[position] as number)
  }

  versionOf(position: number): string {
    return this.#versions.at(this.#columns.packageVersion[position] as number)
  }

  idOf(position: number): PackageId {
    return toHex(this.#ids.subarray(position * idBytes, (position + 1) * idBytes)) as PackageId
  }

  summaryOf(position: number): string {
    return this.#summaries.at(position)
  }

  architectureOf(position: number): string {
    return this.#architectures.at(this.#columns.packageArchitecture[position] as number)
  }

  /** Of all its files, rounded up to KiB. */
  sizeBytesOf(position: number): number {
    return (this.#columns.packageSize[position] as number) * sizeUnitBytes
  }

  /** Paths of all but folders; undefined of one that is not the newest of its name. */
  filesOf(position: number): readonly string[] | undefined {
    return this.isNewest(position) ? this.#files.of(position) : undefined
  }

  /** The packages, rising, that have this path, a folder's aside. */
  ownersOf(path: string): readonly number[] {
    return this.#files.ownersOf(path)
  }

  /** All packages of its name, newest first. */
  siblingsOf(position: number): readonly number[] {
    const { packageName } = this.#columns
    const name = packageName[position]
    let [first, end] = [position, position + 1]
    while (first > 0 && packageName[first - 1] === name) first--
    while (end < this.size && packageName[end] === name) end++
    return Array.from({ length: end - first }, (_, n) => first + n)
  }

  isNewest(position: number): boolean {
    const { packageName } = this.#columns
    return position === 0 || packageName[position - 1] !== packageName[position]
  }

  requirementsOf(position: number): readonly number[] {
    return this.#requires.at(position)
  }

  recommendationsOf(position: number): readonly number[] {
    return this.#recommends.at(position)
  }

  alternativesOf(requirement: number): readonly number[] {
    return this.#alternatives.at(requirement)
  }

  conflictsOf(position: number): readonly number[] {
    return this.#conflicts.at(position)
  }

  relation(number: number): Relation {
    const capability = this.#capability(this.#columns.relationCapability[number] as number)
    const operator = relationOperators[(this.#columns.relationOperator[number] as number) - 1]
    if (operator === undefined) return capability
    const version = this.#versions.at(this.#columns.relationVersion[number] as number)
    return { ...capability, bound: { operator, version } }
  }

  providersOf(number: number): readonly number[] {
    const known = this.#found[number]
    if (known !== undefined) return known
    const capability = this.#columns.relationCapability[number] as number
    const isBound = this.#columns.relationOperator[number] !== 0
    const found = this.#providing(capability, isBound ? this.relation(number).bound : undefined)
    this.#found[number] = found
    return found
  }

  find({ kind, name, bound }: Relation): readonly number[] {
    const capability = this.#findCapability(kind, name)
    return capability === undefined ? [] : this.#providing(capability, bound)
  }

  candidate(position: number): ListedPackage {
    const known = this.#candidates.get(position)
    if (known !== undefined) return known
    const made = this.#makeCandidate(position)
    this.#candidates.set(position, made)
    return made
  }

  /** All that the catalogue knows of it. */
  entry(position: number): CatalogueEntry {
    const { id, manifest } = this.candidate(position)
    const files = this.filesOf(position)
    return {
      id,
      manifest: { ...manifest, summary: this.summaryOf(position) },
      sizeBytes: this.sizeBytesOf(position),
      ...(files && { files }),
    }
  }

  positionOf({
    id,
    manifest: { name },
  }: {
    readonly id: PackageId
    readonly manifest: { readonly name: string }
  }): number | undefined {
    return this.find({ kind: 'name', name }).find(
      (position) => this.nameOf(position) === name && this.idOf(position) === id,
    )
  }

  *namesOf(kind: string): Iterable<string> {
    const { first, end } = this.#rangeOf(kind)
    for (let number = first; number < end; number++)
      if (this.#providers.at(number).length > 0) yield this.#names.at(number)
  }

  /** Packages that have the word in their name, in what they provide, or in their summary; the first of these that is so. */
  search(word: string): ReadonlyMap<number, Found> {
    const found = new Map<number, Found>()
    const wanted = word.toLowerCase()
    const add = (position: number, by: Found): void => {
      const known = found.get(position)
      if (known === undefined || ranks.indexOf(by.where) < ranks.indexOf(known.where)) found.set(position, by)
    }
    const names = this.#rangeOf('name')
    for (const number of this.#names.containing(wanted)) {
      const name = this.#names.at(number)
      for (const position of this.#providers.at(number)) {
        const isOwn = this.#columns.packageName[position] === number
        const isWhole = name.length === word.length
        if (isOwn && number >= names.first && number < names.end)
          add(position, { where: isWhole ? 'whole name' : 'name' })
        else add(position, { where: 'capability', capability: this.#capability(number) })
      }
    }
    for (const position of this.#summaries.containing(wanted)) add(position, { where: 'summary' })
    return found
  }

  /** What only a few are asked for is made when they are. */
  #makeCandidate(position: number): ListedPackage {
    const relationsOf = (numbers: readonly number[]): readonly Relation[] =>
      numbers.map((number) => this.relation(number))
    const { providesVersion } = this.#columns
    const start = this.#provides.startOf(position)
    const provides = lazily(() =>
      this.#provides.at(position).map((number, n): Capability => {
        const version = providesVersion[start + n] as number
        return version === 0
          ? this.#capability(number)
          : { ...this.#capability(number), version: this.#versions.at(version - 1) }
      }),
    )
    const alternativesOf = (requirements: readonly number[]): readonly (readonly Relation[])[] =>
      requirements.map((requirement) => relationsOf(this.alternativesOf(requirement)))
    const requires = lazily(() => alternativesOf(this.requirementsOf(position)))
    const recommendations = this.recommendationsOf(position)
    const recommends = lazily(() => alternativesOf(recommendations))
    const conflicts = lazily(() => relationsOf(this.conflictsOf(position)))
    const replaces = lazily(() => relationsOf(this.#replaces.at(position)))
    return {
      id: this.idOf(position),
      manifest: {
        name: this.nameOf(position),
        version: this.versionOf(position),
        scheme: this.#schemeOf(position),
        architecture: this.architectureOf(position),
        get provides() {
          return provides()
        },
        get requires() {
          return requires()
        },
        ...(recommendations.length > 0 && {
          get recommends() {
            return recommends()
          },
        }),
        get conflicts() {
          return conflicts()
        },
        get replaces() {
          return replaces()
        },
      },
    }
  }

  #schemeOf(position: number): VersionScheme {
    return versionSchemes[this.#columns.packageScheme[position] as number] as VersionScheme
  }

  #capability(number: number): { readonly kind: string; readonly name: string } {
    const { kindEnds } = this.#columns
    let kind = 0
    while (number >= (kindEnds[kind] as number)) kind++
    return { kind: this.#kinds.at(kind), name: this.#names.at(number) }
  }

  /** Each provider once, and where a version is bound only with one that fits. */
  #providing(capability: number, bound?: Relation['bound']): readonly number[] {
    const providers = this.#providers.at(capability)
    const start = this.#providers.startOf(capability)
    const found: number[] = []
    for (const [n, position] of providers.entries()) {
      if (found.at(-1) === position) continue
      const version = this.#providedVersions[start + n] as number
      if (bound !== undefined) {
        if (version === 0) continue
        const order = compareVersions(this.#schemeOf(position), this.#versions.at(version - 1), bound.version)
        if (!isInBound(order, bound.operator)) continue
      }
      found.push(position)
    }
    return found
  }

  #rangeOf(kind: string): { readonly first: number; readonly end: number } {
    const { kindEnds } = this.#columns
    for (let n = 0; n < this.#kinds.size; n++)
      if (this.#kinds.at(n) === kind) return { first: kindEnds[n - 1] ?? 0, end: kindEnds[n] as number }
    return { first: 0, end: 0 }
  }

  #findCapability(kind: string, name: string): number | undefined {
    const { first, end } = this.#rangeOf(kind)
    return this.#names.find(name, first, end)
  }

  /** Who provides each capability: they are counted, and then each is put in its place. */
  #invert(provided: Numbers): {
    readonly ends: Numbers
    readonly items: Numbers
    readonly versions: Numbers
  } {
    const { packageName, packageVersion, providesVersion } = this.#columns
    const ends = new Uint32Array(this.#names.size)
    for (const capability of packageName) ends[capability]!++
    for (const capability of provided) ends[capability]!++
    for (let n = 1; n < ends.length; n++) ends[n]! += ends[n - 1]!
    const total = packageName.length + provided.length
    const [items, versions] = [new Uint32Array(total), new Uint32Array(total)]
    // From the last: so each place is filled from its end, and in the end is where its list begins.
    const next = ends.slice()
    for (let position = this.size - 1, at = provided.length - 1; position >= 0; position--) {
      const start = this.#provides.startOf(position)
      for (; at >= start; at--) {
        const to = --next[provided[at]!]!
        items[to] = position
        versions[to] = providesVersion[at]!
      }
      const to = --next[packageName[position]!]!
      items[to] = position
      versions[to] = packageVersion[position]! + 1
    }
    return { ends, items, versions }
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
