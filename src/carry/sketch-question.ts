// Which contents are worth comparing by their bytes, because names say too little: changed files that no name leads to, or
// only to a much shorter one, against files that are gone (renamed, as Git finds them) and against files of the same
// package and kind. Names and sizes alone decide what is asked, and it is bounded; most plans ask nothing.
import { compareText } from '../base/bytes.ts'
import type { ContentDigest, PackageId } from '../base/ids.ts'
import { baseFinder, isFar, likelyBases } from '../delta/find-base.ts'
import { kindOf } from './order.ts'
import type { CarryRequest } from './plan.ts'

/** A file, and a package whose container has it. */
export interface FileToSketch {
  readonly content: ContentDigest
  readonly path: string
  readonly sizeBytes: number
  readonly from: PackageId
}

export interface SketchQuestion {
  readonly wanted: readonly FileToSketch[]
  /** Contents that hosts have. Nobody says that all of them do. */
  readonly had: readonly FileToSketch[]
}

/** Shorter files have too few windows, and little to save. */
const shortestBytes = 4096

/** A content of another order of size is no base. */
const sizeFactor = 4

/** Of all that is asked: a second of one core. */
const mostBytes = 256 * 1024 * 1024

/** Four new files among 78,000 are not worth reading a quarter of them. */
const hadBytesPerByte = 32
const leastHadBytes = 4 * 1024 * 1024

interface NamedFile extends FileToSketch {
  readonly packageName: string
}

/** Sorted by package, in the order of its layout. */
export function askSketches({ hosts, catalogue }: CarryRequest): SketchQuestion {
  const filesOf = (ids: readonly PackageId[]): readonly NamedFile[] =>
    [...new Set(ids)].sort(compareText).flatMap((from) => {
      const manifest = catalogue.manifest(from)
      const files = manifest?.layout.filter((entry) => entry.kind === 'file') ?? []
      return files.map(({ path, content, sizeBytes }) => ({
        content,
        path,
        sizeBytes,
        from,
        packageName: manifest?.name ?? '',
      }))
    })
  const has = filesOf(hosts.flatMap((wish) => wish.has))
  const wants = filesOf(hosts.flatMap((wish) => wish.wants))
  const { unnamed, named } = sortByName(wants, has)
  if (unnamed.length === 0) return { wanted: [], had: [] }
  const paths = new Set(wants.map(({ path }) => path))
  const isGone = (file: NamedFile): boolean => !paths.has(file.path) && !named.has(file.content)
  const all = new Sizes(unnamed, () => '')
  const alike = new Sizes(unnamed, packageAndKind)
  const long = eachOnce(has).filter(({ sizeBytes }) => sizeBytes >= shortestBytes)
  const gone = long.filter((file) => isGone(file) && all.haveNear(file))
  const goneToo = new Set(gone)
  const had = [...gone, ...long.filter((file) => !goneToo.has(file) && alike.haveNear(file))]
  const candidates = new Sizes(had, () => '')
  return within({ wanted: unnamed.filter((file) => candidates.haveNear(file)), had })
}

const packageAndKind = ({ packageName, path }: NamedFile): string => `${packageName} ${kindOf(path)}`

/** Which sizes there are, for each kind of file that `kindOf` tells apart. */
class Sizes {
  readonly #kindOf: (file: NamedFile) => string
  readonly #sizes: ReadonlyMap<string, readonly number[]>

  constructor(files: readonly NamedFile[], kind: (file: NamedFile) => string) {
    this.#kindOf = kind
    const sizes = new Map<string, number[]>()
    for (const file of files) {
      const list = sizes.get(kind(file))
      if (list === undefined) sizes.set(kind(file), [file.sizeBytes])
      else list.push(file.sizeBytes)
    }
    for (const list of sizes.values()) list.sort((a, b) => a - b)
    this.#sizes = sizes
  }

  /** Of the same kind, and of about that size. */
  haveNear(file: NamedFile): boolean {
    const sizes = this.#sizes.get(this.#kindOf(file)) ?? []
    let [low, high] = [0, sizes.length]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (sizes[middle]! * sizeFactor < file.sizeBytes) low = middle + 1
      else high = middle
    }
    return (sizes[low] ?? Infinity) <= sizeFactor * file.sizeBytes
  }
}

/** Changed files that no name serves, and the contents that serve others. */
function sortByName(
  wants: readonly NamedFile[],
  has: readonly NamedFile[],
): { readonly unnamed: readonly NamedFile[]; readonly named: ReadonlySet<ContentDigest> } {
  const held = new Set(has.map(({ content }) => content))
  const fresh = eachOnce(wants).filter(({ content, sizeBytes }) => sizeBytes > 0 && !held.has(content))
  const finder = baseFinder(likelyBases(has, fresh))
  const named = new Set<ContentDigest>()
  const unnamed = fresh.filter((file) => {
    const base = finder.find(file)
    if (base === undefined || isFar(base, file)) return file.sizeBytes >= shortestBytes
    named.add(base.content)
    return false
  })
  return { unnamed, named }
}

const eachOnce = (files: readonly NamedFile[]): readonly NamedFile[] => {
  const seen = new Set<ContentDigest>()
  return files.filter(({ content }) => !seen.has(content) && seen.add(content))
}

/** What comes first is asked: renamed files are the likeliest. */
function within({ wanted, had }: SketchQuestion): SketchQuestion {
  let left = mostBytes
  const take = (file: FileToSketch): boolean => {
    if (file.sizeBytes > left) return false
    left -= file.sizeBytes
    return true
  }
  const taken = wanted.filter(({ sizeBytes }) => 2 * sizeBytes <= mostBytes).filter(take)
  if (taken.length === 0) return { wanted: [], had: [] }
  left = Math.min(left, leastHadBytes + hadBytesPerByte * (mostBytes - left))
  return { wanted: taken, had: had.filter(take) }
}
