// The bases of delta frames, read from the host's own store by content digest. Their bytes are used as they lie there:
// the digests of the chunks that come out show whether they were right. Only when they were not are the bases
// themselves digested, so that a damaged file of the host is told from a bundle that lies. A BUNDLE_BASE_MISSING whose
// cause is STORE_DAMAGED means that the store has the base in name only.
import { isMossError, MossError } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { BaseBytes } from '../delta/base-bytes.ts'
import type { BaseRange } from '../container/base-table.ts'
import type { ReadBases } from '../container/read-frames.ts'
import type { Disk, OpenFile } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { digestInTurns } from '../store/body.ts'
import type { Store } from '../store/store.ts'

/** What people know a content of this host by; undefined where no package of its states names it. */
export type NameContent = (content: ContentDigest) => string | undefined

/** Asked only for an error: to know the names, manifests are read. */
type NameOf = (content: ContentDigest) => string

/** What to call a base that is missing: itself, or else a file that is made from it. */
export const nameOfBase = (
  content: ContentDigest,
  { path, nameContent }: { readonly path: string; readonly nameContent?: NameContent | undefined },
): string => nameContent?.(content) ?? `${path} (from ${content.slice(0, 16)})`

/** `held` is every content that the store has, with its size. */
export const hasBase = (
  held: ReadonlyMap<ContentDigest, number>,
  { content, offset, sizeBytes }: BaseRange,
): boolean => offset + sizeBytes <= (held.get(content) ?? -1)

function damagedBase(
  names: readonly string[],
  where: { readonly path: string; readonly problem: string },
): MossError {
  return new MossError('BUNDLE_BASE_MISSING', { names }, new MossError('STORE_DAMAGED', where))
}

/** True if the store has what the error names, but cannot give it. */
export const isDamagedBase = (error: unknown): boolean =>
  isMossError(error, 'BUNDLE_BASE_MISSING') && isMossError(error.cause, 'STORE_DAMAGED')

/** The file that shall hold it. Its bytes are checked by whoever uses them. */
function openBase(
  { disk }: Outside,
  store: Store,
  { content, nameOf }: { readonly content: ContentDigest; readonly nameOf: NameOf },
): Disposable & { readonly read: (into: Uint8Array, at: number) => void } {
  const path = store.contentPlace(content)?.path
  if (path === undefined) throw new MossError('BUNDLE_BASE_MISSING', { names: [nameOf(content)] })
  const file = openIfThere(disk, path)
  if (file === undefined) throw damagedBase([nameOf(content)], { path, problem: 'it is not there' })
  return {
    read: (into, at) => {
      if (file.read(into, at) !== into.length)
        throw damagedBase([nameOf(content)], { path, problem: 'it is too short' })
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  }
}

/** Nearly all are: only what does not open is looked at. */
function openIfThere(disk: Disk, path: string): OpenFile | undefined {
  try {
    return disk.open(path, 'read')
  } catch (error) {
    if (disk.lstat(path)?.kind !== 'file') return undefined
    throw error
  }
}

/** Throws BUNDLE_BASE_MISSING with the name that `nameOf` gives. */
export const storeBases =
  (outside: Outside, store: Store, nameOf: NameOf): ReadBases =>
  (ranges) => {
    const all = new Uint8Array(ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
    let at = 0
    return ranges.map(({ content, offset, sizeBytes }) => {
      const into = all.subarray(at, at + sizeBytes)
      at += sizeBytes
      using file = openBase(outside, store, { content, nameOf })
      file.read(into, offset)
      return into
    })
  }

/** One base that is read bit by bit while its frame is decoded. */
export function storeBase(
  outside: Outside,
  store: Store,
  { range, nameOf }: { readonly range: BaseRange; readonly nameOf: NameOf },
): BaseBytes & Disposable {
  const file = openBase(outside, store, { content: range.content, nameOf })
  return {
    sizeBytes: range.sizeBytes,
    read: (at, into) => file.read(into, range.offset + at),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  }
}

/** What to throw for a frame that did not decode: names the bases that are not what the store says they are. */
export async function blameBases(
  error: unknown,
  ranges: readonly BaseRange[],
  by: {
    readonly outside: Outside
    readonly store: Store
    readonly nameOf: NameOf
  },
): Promise<unknown> {
  if (!isMossError(error, 'CHUNK_DIGEST_MISMATCH') && !isMossError(error, 'CONTAINER_DAMAGED')) return error
  const { outside, store, nameOf } = by
  const names: string[] = []
  const paths: string[] = []
  for (const content of new Set(ranges.map((range) => range.content))) {
    const path = store.contentPlace(content)?.path
    const turn = () => outside.turn()
    if (path === undefined || (await digestInTurns(path, { disk: outside.disk, turn })) === content) continue
    names.push(nameOf(content))
    paths.push(path)
  }
  const [path] = paths
  return path === undefined
    ? error
    : damagedBase(names, { path, problem: 'it has not the bytes that its name says' })
}
