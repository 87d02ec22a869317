// status: read without a lock, from the tree, the counters and what waits.
import type { CborValue } from '../base/cbor.ts'
import { digestOf } from '../base/digest.ts'
import { decodeAbout } from '../bundle/about.ts'
import { listIncoming } from '../bundle/take-in.ts'
import { peekSection } from '../container/peek.ts'
import { openContainer } from '../container/read.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { currentRecord, keptNumbers } from '../state/parts.ts'
import type { Places } from '../state/places.ts'
import { formatFingerprint } from '../trust/root.ts'
import { isInterrupted } from './host.ts'
import { readHostName, trustRootPath } from './host-keys.ts'
import { managedPlaces } from './installed.ts'
import { readModel } from './model.ts'

export async function hostStatus(outside: Outside, { root }: { readonly root: string }) {
  const places = managedPlaces(outside, root)
  const record = currentRecord({ outside, places })
  const { id, name } = readHostName(outside, places)
  const { model } = readModel(outside, places)
  return {
    host: id,
    name,
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
    trust: ownRoot(outside, places),
    interrupted: isInterrupted(outside, places),
  }
}

/** The root that init compared and whoever opens this host for writing verifies: here it is only told. */
function ownRoot(
  { disk }: Outside,
  places: Places,
): { readonly version: CborValue | undefined; readonly fingerprint: string } {
  using source = fileSource(disk, trustRootPath(places))
  const opened = openContainer(source)
  return {
    version: opened.head.about['version'],
    fingerprint: formatFingerprint(digestOf(peekSection(opened, 'record') ?? new Uint8Array(0))),
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
