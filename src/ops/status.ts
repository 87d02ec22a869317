// status: read without a lock, from small files alone; no key or container is touched, the database only where its header says
// that there is news, and model and counters only where a bundle waits, so that it is quick.
import { MossError, unlessRefused } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { currentRecord, keptNumbers } from '../state/parts.ts'
import type { Places } from '../state/places.ts'
import {
  mayHaveNews,
  readHealth,
  readHistory,
  readJournal,
  readMarks,
  readUndelivered,
} from '../state/tables.ts'
import { readIdentity } from './identity.ts'
import { waitingMark } from './imported-mark.ts'
import { managedPlaces } from './installed.ts'
import { readModel } from './model-file.ts'

export async function hostStatus(outside: Outside, { root }: { readonly root: string }) {
  const places = managedPlaces(outside, root)
  const record = currentRecord({ outside, places })
  const { id, name, fingerprint } = readIdentity(outside.disk, places)
  const waiting = unlessRefused(() => waitingMark(outside, places))
  return {
    host: id,
    name,
    root: places.root,
    current: record.number,
    packages: record.packages.length,
    ...(record.adopted && { adopted: record.adopted.system }),
    kept: keptNumbers(outside.disk, places),
    channel: {
      // The model is parsed only where nothing else tells.
      name: record.channel?.name ?? readModel(outside, places).model.channel,
      serial: record.channel?.serial,
      created: record.channel === undefined ? undefined : record.created,
    },
    waiting: waiting && { bundle: waiting.bundle, serial: waiting.serial },
    freeBytes: outside.disk.freeBytes(places.own),
    trust: { fingerprint },
    ...newsOf(outside, places),
  }
}

interface News {
  /** A transaction was cut short, and nobody has finished it yet. */
  readonly interrupted: boolean
  /** Something of /etc and /var could not be written, and is tried again whenever the root is opened. */
  readonly undelivered?: true
  /** Absent where all is well. */
  readonly health?: {
    readonly isConfirmed: boolean
    /** What was gone back from last, and why. */
    readonly wentBack?: { readonly from: number; readonly why: string }
  }
}

/** Throws STATE_BROKEN where there is no database. */
function newsOf({ disk, openDatabase }: Outside, { database: path }: Places): News {
  if (disk.lstat(path) === undefined) throw new MossError('STATE_BROKEN', { path, problem: 'it is missing' })
  if (!mayHaveNews(disk, path)) return { interrupted: false }
  using database = openDatabase(path, 'read')
  const last = readHistory(database).at(-1)
  const { isConfirmed } = readMarks(database, last?.to ?? 0)
  const news = {
    interrupted: readJournal(database) !== undefined,
    ...(readUndelivered(database) !== undefined && { undelivered: true as const }),
  }
  if (last?.kind !== 'back')
    return last === undefined || isConfirmed ? news : { ...news, health: { isConfirmed } }
  return {
    ...news,
    health: { isConfirmed, wentBack: { from: last.from, why: readHealth(database, last.from).failed } },
  }
}
