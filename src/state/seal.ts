// What a staged tree was when it was read back, kept beside the states: a digest of each folder as the disk showed it, with
// inodes and ctimes. A tree that still has them all was not changed since. What is lost or torn proves nothing, and is
// not missed: the next tree is then assembled from nothing. Void when an asset is replaced: the store removes them all.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import type { StateNumber } from '../base/ids.ts'
import type { FolderLook } from '../host/folder-look.ts'
import { digestWithoutOwnDate } from '../host/folder-look.ts'
import { sealsFolder } from '../store/parts.ts'
import { keptNumbers, type StateParts } from './parts.ts'

/** Path of a folder, from `usr` on, to the digest of what is in it. */
export type Seal = ReadonlyMap<string, string>

const header = 'moss seal 1'
const sealBytes = 256 * 1024 * 1024

/** The top folder gets a new ctime whenever the tree is moved. */
export const sealedDigest = (folder: string, look: FolderLook): string =>
  folder === 'usr' ? digestWithoutOwnDate(look) : look.digest

export const sealOf = (looks: ReadonlyMap<string, FolderLook>): Seal =>
  new Map([...looks].map(([folder, look]) => [folder, sealedDigest(folder, look)]))

const sealPath = ({ places }: Pick<StateParts, 'places'>, number: StateNumber): string =>
  `${sealsFolder(places.own)}/${number}`

/** No path has a zero byte. Not synced: without it only time is lost. Seals of states that are no more go. */
export function writeSeal(
  parts: StateParts,
  {
    number,
    current,
    seal,
  }: { readonly number: StateNumber; readonly current: StateNumber; readonly seal: Seal },
): void {
  const { disk } = parts.outside
  const folder = sealsFolder(parts.places.own)
  if (disk.lstat(folder) === undefined) disk.makeFolder(folder, 0o700)
  const known = new Set<string>([...keptNumbers(disk, parts.places), current].map(String))
  for (const { name } of disk.list(folder)) if (!known.has(name)) disk.removeTree(`${folder}/${name}`)
  using file = disk.open(sealPath(parts, number), 'create')
  file.write(encodeUtf8([header, ...[...seal].flat()].join('\0')), 0)
}

export function readSeal(parts: StateParts, number: StateNumber): Seal | undefined {
  const { disk } = parts.outside
  if (disk.lstat(sealPath(parts, number))?.kind !== 'file') return undefined
  const [first, ...rest] = decodeUtf8(disk.readFile(sealPath(parts, number), sealBytes))?.split('\0') ?? []
  if (first !== header) return undefined
  return new Map(
    Array.from({ length: Math.floor(rest.length / 2) }, (_, index) => [
      rest[2 * index] as string,
      rest[2 * index + 1] as string,
    ]),
  )
}

export const removeSeal = (parts: StateParts, number: StateNumber): void =>
  parts.outside.disk.removeTree(sealPath(parts, number))
