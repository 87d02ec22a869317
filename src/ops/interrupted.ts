// Was a transaction cut short, with nobody having finished it yet? For verbs that only read.
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import type { Places } from '../state/places.ts'
import { readJournal } from '../state/tables.ts'

/** True where a transaction was cut short and nobody has finished it yet. */
export function isInterrupted(outside: Outside, places: Places): boolean {
  if (outside.disk.lstat(places.database) === undefined)
    throw new MossError('STATE_BROKEN', { path: places.database, problem: 'it is missing' })
  using database = outside.openDatabase(places.database, 'read')
  return readJournal(database) !== undefined
}
