// The door to a managed root: its places, database, store, states, keys and counters, read-only or locked. A writer
// first finishes or discards what a power cut left. Nothing below ops/ sees a session.
import { MossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import type { Database } from '../host/database.ts'
import type { Outside } from '../host/outside.ts'
import type { Places } from '../state/places.ts'
import type { Recovery } from '../state/recover.ts'
import { openStates, type States } from '../state/states.ts'
import { openStore, type Store } from '../store/store.ts'
import { hasTables } from '../store/tables.ts'
import { type HostIdentity, readHostIdentity } from './host-keys.ts'
import { HostTrust } from './host-trust.ts'
import { managedPlaces } from './installed.ts'
import { settleLast } from './receipt.ts'
import { runChecks } from './checks.ts'

export interface HostSession extends Disposable {
  readonly outside: Outside
  readonly places: Places
  readonly database: Database
  readonly store: Store
  readonly states: States
  readonly identity: HostIdentity
  readonly trust: HostTrust
  /** What opening had to finish or discard. */
  readonly recovery: Recovery
  /** The last transaction was cut short: opening had to finish it, or to write its receipt. */
  readonly isFinishing: boolean
  /** ROOT/.moss/incoming */
  readonly incoming: string
  /** What stops nothing, for whoever is at the machine. */
  tell(warning: string): void
}

export interface OpenHost {
  readonly root: string
  readonly report: Report
  /** Early in a boot nothing can be checked. */
  readonly isBooting?: boolean
}

/** Throws NOT_INITIALISED, STATE_LOCKED. */
export async function openHost(
  outside: Outside,
  { root, report, isBooting = false }: OpenHost,
): Promise<HostSession> {
  const places = managedPlaces(outside, root)
  const lock = outside.disk.lock(places.lock)
  let database: Database | undefined
  try {
    database = openKnown(outside, places)
    const opened = database
    const store = openStore({
      disk: outside.disk,
      database: opened,
      folder: places.own,
      userId: outside.userId,
      pool: outside.pool,
      turn: () => outside.turn(),
    })
    const states = openStates({
      outside,
      root: places.root,
      database: opened,
      store,
      check: async ({ model: recorded }, tell) =>
        isBooting
          ? { kind: 'unknown', why: 'the machine is booting' }
          : runChecks(outside, { places, recorded, report: tell }),
    })
    const recovery = await states.recover(report)
    const incoming = `${places.own}/incoming`
    if (outside.disk.lstat(incoming) === undefined) outside.disk.makeFolder(incoming, 0o700)
    const session = {
      outside,
      places,
      database: opened,
      store,
      states,
      identity: readHostIdentity(outside, places),
      trust: new HostTrust(outside, places),
      recovery,
      incoming,
      tell: (warning: string) => report({ phase: 'recover', warning }),
      [Symbol.dispose]: () => {
        opened[Symbol.dispose]()
        lock[Symbol.dispose]()
      },
    }
    return { ...session, isFinishing: settleLast(session) || recovery.kind === 'finished' }
  } catch (error) {
    database?.[Symbol.dispose]()
    lock[Symbol.dispose]()
    throw error
  }
}

/** Nothing would be known of the store with a new one: that is for repair to make. */
function openKnown(outside: Outside, { database: path }: Places): Database {
  if (outside.disk.lstat(path) === undefined)
    throw new MossError('STATE_BROKEN', { path, problem: 'it is missing' })
  const database = outside.openDatabase(path, 'write')
  if (hasTables(database)) return database
  database[Symbol.dispose]()
  throw new MossError('STATE_BROKEN', { path, problem: 'it is empty' })
}
