// Bundles that are taken in: copied, judged, and their contents in the store. The newest of them is what apply will
// make current; once it is applied, it and the older ones are let go.
import { exits } from '../base/exits.ts'
import { isMossError, MossError } from '../base/error.ts'
import { shortId } from '../base/format.ts'
import type { ContainerId, PackageId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { manifestContent, readBundle, type Judge, type ReadBundle } from '../bundle/read-bundle.ts'
import { dropIncoming, listIncoming } from '../bundle/take-in.ts'
import { fileSource } from '../host/byte-source.ts'
import { writeDurably } from '../host/durable.ts'
import { packageIdOf } from '../manifest/codec.ts'
import type { RecordedChannel } from '../state/record.ts'
import { chooseNewest } from './choose-newest.ts'
import { encodeMark, importedMark, importOrders } from './imported-mark.ts'
import { readKeptSnapshot } from './kept-snapshots.ts'
import { readModel } from './model-file.ts'
import type { SettlingSession } from './receipt.ts'

/** Says durably that everything of it is in the store, and that it was brought last. */
export function markImported(
  { outside, incoming }: SettlingSession,
  {
    id,
    about,
    snapshot,
    granted,
    packages,
  }: Pick<ReadBundle, 'id' | 'about' | 'snapshot' | 'granted' | 'packages'>,
): void {
  const orders = importOrders(outside.disk, incoming)
  const newest = Math.max(0, ...orders.values())
  const isLast = orders.get(id) === newest && newest > 0
  if (isLast) return
  const mark = {
    offered: { ...snapshot, snapshot: about.snapshot },
    ...(granted && { grant: granted }),
    order: newest + 1,
    packages: new Map(packages.map(({ manifest: { name, version } }) => [name, version])),
  }
  writeDurably(outside.disk, importedMark(incoming, id), encodeMark(mark), { replace: true })
}

/** A mark without its copy says nothing: the copy is taken in again. */
export const isImported = (host: SettlingSession, id: ContainerId): boolean => {
  const { disk } = host.outside
  return [importedMark(host.incoming, id), copyOf(host, id)].every((path) => disk.lstat(path) !== undefined)
}

/** Taken in wholly, or in part. */
export const isTaken = ({ outside, incoming }: SettlingSession, id: ContainerId): boolean =>
  outside.disk.lstat(`${incoming}/${id}`) !== undefined

export const judgeOf = (host: SettlingSession): Judge => ({
  root: host.trust.root,
  host: host.identity.id,
  hostName: host.identity.name,
  counters: host.states.counters(),
  nowSeconds: Math.floor(host.outside.nowMs() / 1000),
  refusesExpired: unlessSpoiled(() => readModel(host.outside, host.places).model.expired) === 'refuse',
  heldManifest: (id) => storedManifest(host, id),
  heldSnapshot: (content) => readKeptSnapshot(host, content),
})

/** From the store, which also has what waits but is in no state yet. Throws STORE_DAMAGED. */
function storedManifest({ store, outside }: SettlingSession, id: PackageId): Uint8Array | undefined {
  const path = store.contentPlace(manifestContent(id))?.path
  if (path === undefined) return undefined
  const bytes =
    outside.disk.lstat(path)?.kind === 'file' ? outside.disk.readFile(path, limits.sectionBytes) : undefined
  if (bytes !== undefined && packageIdOf(bytes) === id) return bytes
  throw new MossError('STORE_DAMAGED', { path, problem: 'it is not the manifest that its name says' })
}

/** The same, where a damaged one counts as missing. */
export const manifestInStore =
  (host: SettlingSession) =>
  (id: PackageId): Uint8Array | undefined => {
    try {
      return storedManifest(host, id)
    } catch (error) {
      if (isMossError(error, 'STORE_DAMAGED')) return undefined
      throw error
    }
  }

/** The copies of those whose every byte is here. */
export const listBundles = (host: SettlingSession): readonly string[] =>
  listIncoming(host.outside.disk, host.incoming)
    .filter((id) => isImported(host, id))
    .map((id) => copyOf(host, id))

const copyOf = ({ incoming }: SettlingSession, id: ContainerId): string => `${incoming}/${id}/bundle.moss`

/** Bundles that are wholly in the store: those that may be applied, of whatever channel, and in words why others may not. */
interface Waiting {
  readonly bundles: readonly ReadBundle[]
  readonly overtaken: readonly string[]
}

export function judgeWaiting(host: SettlingSession): Waiting {
  const bundles: ReadBundle[] = []
  const overtaken: string[] = []
  for (const id of listIncoming(host.outside.disk, host.incoming)) {
    const judged = isImported(host, id) ? judgeTaken(host, id) : undefined
    if (judged === undefined) continue
    if (!(judged instanceof MossError)) bundles.push(judged)
    else if (!isOutrun(judged))
      overtaken.push(`bundle ${shortId(id)}, which waited, is not applied any more: ${judged.message}`)
  }
  return { bundles, overtaken }
}

/** Also those that the clock alone speaks against, which may be wrong today: what they need stays (S2). */
export function mayBeApplied(host: SettlingSession): readonly ReadBundle[] {
  const whenever = [host.states.counters().timeFloor, Number.MAX_SAFE_INTEGER].map((nowSeconds) => ({
    ...judgeOf(host),
    nowSeconds,
    refusesExpired: false,
  }))
  return listIncoming(host.outside.disk, host.incoming)
    .filter((id) => isImported(host, id))
    .flatMap((id) => {
      for (const judge of [judgeOf(host), ...whenever]) {
        const judged = judgeTaken(host, id, judge)
        if (!(judged instanceof MossError)) return [judged]
      }
      return []
    })
}

export const readWaiting = (host: SettlingSession): ReadBundle | undefined =>
  chooseWaiting(host, judgeWaiting(host))

/** Of the channel that the model follows. Undefined if none waits. */
export function chooseWaiting(host: SettlingSession, { bundles }: Waiting): ReadBundle | undefined {
  const followed = unlessSpoiled(() => readModel(host.outside, host.places).model.channel)
  const orders = importOrders(host.outside.disk, host.incoming)
  const all = bundles.map((bundle) => ({
    bundle,
    channel: bundle.snapshot.channel,
    serial: bundle.snapshot.serial,
    order: orders.get(bundle.id) ?? 0,
    backFrom: bundle.granted?.from,
  }))
  return chooseNewest(all, followed)?.bundle
}

/** Older than what this host has: ordinary, and gone with the next apply. */
const isOutrun = (error: MossError): boolean =>
  isMossError(error, 'TRUST_ROLLBACK') || isMossError(error, 'TRUST_FORK')

/**
 * It was judged when it came in; what is refused of it now has been overtaken by counters, a newer root or the clock, and
 * is no error. Anything else wrong with it is.
 */
function judgeTaken(
  host: SettlingSession,
  id: ContainerId,
  judge: Judge = judgeOf(host),
): ReadBundle | MossError {
  using source = fileSource(host.outside.disk, copyOf(host, id))
  try {
    return readBundle(source, judge)
  } catch (error) {
    if (isMossError(error) && (error.exit === exits.notGenuine || error.exit === exits.notAllowed))
      return error
    throw error
  }
}

/**
 * Everything that is taken in, applied or outrun, goes: the store has what it needs. The applied one goes last, so that
 * what is cut short here is begun again. Of each its mark goes first: what bears it is whole.
 */
export function dropWaiting(host: SettlingSession, applied: ContainerId): void {
  const { outside, incoming } = host
  const { disk } = outside
  const current = host.states.current().channel
  const others = listIncoming(disk, incoming).filter((id) => id !== applied && !isNewer(host, id, current))
  for (const id of [...others, applied]) {
    if (isImported(host, id)) disk.remove(importedMark(incoming, id))
    dropIncoming(disk, incoming, id)
  }
  disk.syncFolder(incoming)
}

/** Serials of two channels say nothing about each other. */
function isNewer(host: SettlingSession, id: ContainerId, current: RecordedChannel | undefined): boolean {
  const found = isImported(host, id) ? unlessSpoiled(() => judgeTaken(host, id)) : undefined
  if (found === undefined || found instanceof MossError) return false
  return found.snapshot.channel === current?.name && found.snapshot.serial > current.serial
}

/** A spoiled copy must not keep a root from opening. What the machine does to us is told. */
export function unlessSpoiled<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    const isMachine = isMossError(error, 'HOST_IO') || isMossError(error, 'HOST_NO_SPACE')
    if (isMossError(error) && !isMachine) return undefined
    throw error
  }
}
