// status: read without a lock, from small files alone; no key, container or digest is touched, so that it is quick.
import type { Outside } from '../host/outside.ts'
import { currentRecord, keptNumbers } from '../state/parts.ts'
import { readIdentity } from './identity.ts'
import { newestImported } from './imported-mark.ts'
import { managedPlaces } from './installed.ts'
import { isInterrupted } from './interrupted.ts'
import { readModel } from './model-file.ts'

export async function hostStatus(outside: Outside, { root }: { readonly root: string }) {
  const places = managedPlaces(outside, root)
  const record = currentRecord({ outside, places })
  const { id, name, fingerprint } = readIdentity(outside.disk, places)
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
    waiting: newestImported(outside.disk, {
      incoming: `${places.own}/incoming`,
      serial: record.channel?.serial ?? 0,
    }),
    subscriptions: model.subscriptions.length,
    freeBytes: outside.disk.freeBytes(places.own),
    trust: { fingerprint },
    interrupted: isInterrupted(outside, places),
  }
}
