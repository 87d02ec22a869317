// status: read without a lock, from the tree, the counters and what waits.
import { decodeAbout } from '../bundle/about.ts'
import { listIncoming } from '../bundle/take-in.ts'
import { openContainer } from '../container/read.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { currentRecord, keptNumbers } from '../state/parts.ts'
import type { Places } from '../state/places.ts'
import { fingerprintOf } from '../trust/root.ts'
import { isInterrupted } from './host.ts'
import { readHostIdentity, trustRootPath } from './host-keys.ts'
import { managedPlaces } from './installed.ts'
import { readModel } from './model.ts'
import { readTrustRoot } from './station.ts'

export async function hostStatus(outside: Outside, { root }: { readonly root: string }) {
  const places = managedPlaces(outside, root)
  const record = currentRecord({ outside, places })
  const identity = readHostIdentity(outside, places)
  const { model } = readModel(outside, places)
  const trust = readTrustRoot(outside.disk, trustRootPath(places)).root
  return {
    host: identity.id,
    name: identity.name,
    root: places.root,
    current: record.number,
    packages: record.packages.length,
    kept: keptNumbers(outside.disk, places),
    channel: {
      name: record.channel?.name ?? model.channel,
      serial: record.channel?.serial,
      created: record.channel === undefined ? undefined : record.created,
    },
    waiting: newestWaiting(outside, places, record.channel?.serial ?? 0),
    subscriptions: model.subscriptions.length,
    freeBytes: outside.disk.freeBytes(places.own),
    trust: { version: trust.version, fingerprint: fingerprintOf(trust) },
    interrupted: isInterrupted(outside, places),
  }
}

/** By the heads of what is taken in; apply judges them again. */
function newestWaiting(
  outside: Outside,
  places: Places,
  current: number,
): { readonly bundle: string; readonly serial: number } | undefined {
  const incoming = `${places.own}/incoming`
  return listIncoming(outside.disk, incoming)
    .filter((id) => outside.disk.lstat(`${incoming}/${id}/imported`) !== undefined)
    .map((id) => {
      using source = fileSource(outside.disk, `${incoming}/${id}/bundle.moss`)
      return { bundle: id, serial: decodeAbout(openContainer(source).head.about).serial }
    })
    .filter((waiting) => waiting.serial >= current)
    .sort((a, b) => b.serial - a.serial)[0]
}
