// Bundles that are taken in: copied, judged, and their contents in the store. The newest of them is what apply will
// make current; once it is applied, it and the older ones are let go.
import type { ContainerId } from '../base/ids.ts'
import { manifestContent, readBundle, type Judge, type ReadBundle } from '../bundle/read-bundle.ts'
import { dropIncoming, listIncoming } from '../bundle/take-in.ts'
import { fileSource } from '../host/byte-source.ts'
import { writeDurably } from '../host/durable.ts'
import { packageIdOf } from '../manifest/codec.ts'
import type { HostSession } from './host.ts'

const manifestBytes = 64 * 1024 * 1024

const markPath = (incoming: string, id: ContainerId): string => `${incoming}/${id}/imported`

/** Says durably that everything of it is in the store. */
export const markImported = ({ outside, incoming }: HostSession, id: ContainerId): void =>
  writeDurably(outside.disk, markPath(incoming, id), new Uint8Array(0), { replace: true })

export const isImported = ({ outside, incoming }: HostSession, id: ContainerId): boolean =>
  outside.disk.lstat(markPath(incoming, id)) !== undefined

export const judgeOf = (host: HostSession): Judge => ({
  root: host.trustRoot,
  host: host.identity.id,
  counters: host.states.counters(),
  nowSeconds: Math.floor(host.outside.nowMs() / 1000),
  heldManifest: manifestInStore(host),
})

/** From the store, which also has what waits but is in no state yet. */
function manifestInStore({ store, outside }: HostSession): Judge['heldManifest'] {
  return (id) => {
    const place = store.contentPlace(manifestContent(id))
    const bytes = place === undefined ? undefined : outside.disk.readFile(place.path, manifestBytes)
    return bytes !== undefined && packageIdOf(bytes) === id ? bytes : undefined
  }
}

/** The newest bundle that is wholly in the store and not older than what is current; undefined if none waits. */
export function readWaiting(host: HostSession): ReadBundle | undefined {
  const found = listIncoming(host.outside.disk, host.incoming)
    .filter((id) => isImported(host, id))
    .map((id) => tryRead(host, id))
    .filter((bundle) => bundle !== undefined)
  return found.reduce<ReadBundle | undefined>(
    (best, bundle) => (best === undefined || bundle.snapshot.serial > best.snapshot.serial ? bundle : best),
    undefined,
  )
}

/** A bundle that the counters have outrun is no longer wanted, and no error. */
function tryRead(host: HostSession, id: ContainerId): ReadBundle | undefined {
  const source = fileSource(host.outside.disk, `${host.incoming}/${id}/bundle.moss`)
  try {
    return readBundle(source, judgeOf(host))
  } catch {
    return undefined
  } finally {
    source[Symbol.dispose]()
  }
}

/** Everything that is taken in, applied or outrun, goes: the store has what it needs. */
export function dropWaiting({ outside, incoming }: HostSession, keep?: ContainerId): void {
  for (const id of listIncoming(outside.disk, incoming))
    if (id !== keep) dropIncoming(outside.disk, incoming, id)
}
