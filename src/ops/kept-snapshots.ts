// Snapshots that this host has taken in, in .moss/snapshots under their container ids. The station is told which of them
// belong to kept states, and writes the next bundle's metadata as differences from one of them. What the newest
// receipt and the newest export name stays until another has taken their place (S2).
import { digestOf } from '../base/digest.ts'
import type { ContainerId, ContentDigest, Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { writeDurably } from '../host/durable.ts'
import type { SettlingSession } from './receipt.ts'

export interface KeptSnapshot {
  readonly path: string
  /** As its file's name says. */
  readonly id: ContainerId
  readonly content: ContentDigest
  readonly bytes: Uint8Array
}

const folderOf = ({ places }: Pick<SettlingSession, 'places'>): string => `${places.own}/snapshots`

const ending = '.moss-channel'

/** Beside the snapshot of that id; empty where it was lost, so that the station sends all of it again. */
const catalogueEnding = '.moss-catalogue'

type Session = Pick<SettlingSession, 'places' | 'outside'>

/** Durable when it returns. One that is there already is written again, and what an interrupted writing left goes. */
export function keepSnapshot(host: Session, id: ContainerId, bytes: Uint8Array): void {
  const { disk } = host.outside
  const folder = folderOf(host)
  if (disk.lstat(folder) === undefined) disk.makeFolder(folder, 0o700)
  for (const { name } of disk.list(folder)) if (name.endsWith('.part')) disk.remove(`${folder}/${name}`)
  writeDurably(disk, `${folder}/${id}${ending}`, bytes, { mode: 0o600, replace: true })
}

export function* keptSnapshots(host: Session): Generator<KeptSnapshot> {
  const { disk } = host.outside
  for (const path of listSnapshots(host)) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const bytes = disk.readFile(path, limits.sectionBytes)
    yield { path, id: name.slice(0, 64) as ContainerId, content: digestOf<ContentDigest>(bytes), bytes }
  }
}

export function readKeptSnapshot(host: Session, content: ContentDigest): Uint8Array | undefined {
  for (const kept of keptSnapshots(host)) if (kept.content === content) return kept.bytes
  return undefined
}

/** Of the snapshots with these ids, as far as they are here, and their catalogues if they name one. Sorted. */
export function snapshotContents(host: Session, ids: ReadonlySet<Digest>): readonly ContentDigest[] {
  const found = [...keptSnapshots(host)]
    .filter(({ id }) => ids.has(id) && catalogueFile(host, id)?.sizeBytes !== 0)
    .map(({ content }) => content)
  return [...new Set(found)].sort()
}

/** The file with the catalogue of a snapshot. */
export function catalogueFile(
  host: Session,
  id: ContainerId,
): { readonly path: string; readonly sizeBytes: number } | undefined {
  const path = `${folderOf(host)}/${id}${catalogueEnding}`
  const found = host.outside.disk.lstat(path)
  return found && { path, sizeBytes: found.kind === 'file' ? found.sizeBytes : 0 }
}

/** Durable when it returns; without bytes it is known to be lost. The snapshot is kept already. */
export function writeCatalogue(host: Session, id: ContainerId, bytes: Uint8Array = new Uint8Array(0)): void {
  const path = `${folderOf(host)}/${id}${catalogueEnding}`
  writeDurably(host.outside.disk, path, bytes, { mode: 0o600, replace: true })
}

/** What an interrupted writing left is none. */
function* listSnapshots(host: Session): Generator<string> {
  const { disk } = host.outside
  const folder = folderOf(host)
  if (disk.lstat(folder) === undefined) return
  for (const { name, kind } of disk.list(folder))
    if (kind === 'file' && /^[0-9a-f]{64}\.moss-channel$/.test(name)) yield `${folder}/${name}`
}
