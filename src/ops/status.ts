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
  return {
    host: id,
    name,
    root: places.root,
    current: record.number,
    packages: record.packages.length,
    kept: keptNumbers(outside.disk, places),
    channel: {
      // The model is parsed only where nothing else tells.
      name: record.channel?.name ?? readModel(outside, places).model.channel,
      serial: record.channel?.serial,
      created: record.channel === undefined ? undefined : record.created,
    },
    waiting: newestImported(outside.disk, {
      incoming: `${places.own}/incoming`,
      serial: record.channel?.serial ?? 0,
    }),
    freeBytes: outside.disk.freeBytes(places.own),
    trust: { fingerprint },
    interrupted: isInterrupted(outside, places),
  }
}
