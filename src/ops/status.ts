// status: read without a lock, from small files and a few rows; no key, container or digest is touched, so that it is quick.
import { isMossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { currentRecord, keptNumbers } from '../state/parts.ts'
import { readIdentity } from './identity.ts'
import { newestImported } from './imported-mark.ts'
import { managedPlaces } from './installed.ts'
import { isInterrupted } from './interrupted.ts'
import { readModel } from './model-file.ts'
import type { Places } from '../state/places.ts'
import { readHealth, readHistory, readMarks } from '../state/tables.ts'

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
    health: healthOf(outside, places, record.number),
    interrupted: isInterrupted(outside, places),
  }
}

interface CurrentHealth {
  readonly isConfirmed: boolean
  /** What was gone back from last, and why. */
  readonly wentBack?: { readonly from: number; readonly why: string }
}

/** Undefined for whoever may not read the history. */
function healthOf(outside: Outside, places: Places, current: number): CurrentHealth | undefined {
  try {
    using database = outside.openDatabase(places.database, 'read')
    const last = readHistory(database).at(-1)
    const { isConfirmed } = readMarks(database, current)
    return last?.kind === 'back' && last.to === current
      ? { isConfirmed, wentBack: { from: last.from, why: readHealth(database, last.from).failed } }
      : { isConfirmed }
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return undefined
    throw error
  }
}
