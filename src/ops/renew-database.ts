// A root whose database is lost or spoiled, made whole again from what the disk says: the states' trees and the store's
// files. Nothing else can be done with such a root, so repair begins here. What is left of the old one lies in
// `.moss/lost` until gc.
import { isMossError, MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { currentRecord } from '../state/parts.ts'
import type { Places } from '../state/places.ts'
import { renewTables, setDatabaseAside } from '../state/renew.ts'
import { openStates } from '../state/states.ts'
import { openStore } from '../store/store.ts'
import { hasTables } from '../store/tables.ts'
import { importedMark } from './imported-mark.ts'
import { managedPlaces } from './installed.ts'
import type { ReportEvent } from './types.ts'

export interface LostDatabase {
  readonly path: string
  readonly problem: string
}

/** Undefined where it can be used. */
export function lostDatabase(outside: Outside, root: string): LostDatabase | undefined {
  const places = managedPlaces(outside, root)
  const path = places.database
  if (outside.disk.lstat(path) === undefined) return { path, problem: 'it is missing' }
  try {
    using database = outside.openDatabase(path, 'read')
    if (!hasTables(database)) return { path, problem: 'it is empty' }
    const [found] = database.all('PRAGMA quick_check(1)').map((row) => String(row['quick_check']))
    if (found !== undefined && found !== 'ok') return { path, problem: found }
    const isFilled = database.get('SELECT 1 FROM assets LIMIT 1') !== undefined
    return isFilled || !hasPackages(outside, places) ? undefined : { path, problem: 'it knows of no file' }
  } catch (error) {
    if (isMossError(error, 'STATE_BROKEN')) return { path, problem: error.details.problem }
    throw error
  }
}

/** A lost record is for whoever opens the root to put back, from this very database. */
function hasPackages(outside: Outside, places: Places): boolean {
  try {
    return currentRecord({ outside, places }).packages.length > 0
  } catch (error) {
    if (error instanceof MossError) return false
    throw error
  }
}

export interface Renewed {
  /** Files of the store that are recorded again. */
  readonly assets: number
  /** Bundles that were taken in and have to be taken in again. */
  readonly waiting: number
}

/** Can be cut short and done again. Throws STATE_BROKEN where the current state's record is lost too; nothing is changed then. */
export async function renewDatabase(
  outside: Outside,
  { root }: { readonly root: string },
  report: ReportEvent,
): Promise<Renewed> {
  const places = managedPlaces(outside, root)
  using _lock = outside.disk.lock(places.lock)
  if (lostDatabase(outside, root) === undefined) throw new MossError('PLAN_STALE', { what: 'the database' })
  currentRecord({ outside, places })
  setDatabaseAside({ outside, places })
  using database = outside.openDatabase(places.database, 'write')
  const store = openStore({
    disk: outside.disk,
    database,
    folder: places.own,
    userId: outside.userId,
    pool: outside.pool,
    turn: () => outside.turn(),
  })
  const numbers = await renewTables({ outside, places, database, store })
  const states = openStates({ outside, root: places.root, database, store })
  const files = numbers.flatMap((number) => filesOf(() => states.owned(number).plan.files))
  const waiting = dropMarks(outside, places)
  const assets = await store.adopt(files, report)
  return { assets, waiting }
}

/** None of a state whose manifests are lost too. */
function filesOf<T>(read: () => readonly { readonly description: T }[]): readonly T[] {
  try {
    return read().map(({ description }) => description)
  } catch (error) {
    if (isMossError(error, 'STATE_BROKEN')) return []
    throw error
  }
}

/** What they brought and no state has yet is not known any more. */
function dropMarks({ disk }: Outside, { own }: Places): number {
  const incoming = `${own}/incoming`
  const marked = disk
    .list(incoming)
    .map(({ name }) => importedMark(incoming, name))
    .filter((path) => disk.lstat(path) !== undefined)
  for (const path of marked) disk.remove(path)
  return marked.length
}
