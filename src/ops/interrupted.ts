// Was a transaction cut short, with nobody having finished it yet? For verbs that only read.
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import type { Places } from '../state/places.ts'
import { peekJournal, readJournal } from '../state/tables.ts'

/** Throws STATE_BROKEN where there is no database. */
export function isInterrupted(outside: Outside, places: Places): boolean {
  if (outside.disk.lstat(places.database) === undefined)
    throw new MossError('STATE_BROKEN', { path: places.database, problem: 'it is missing' })
  const seen = peekJournal(outside.disk, places.database)
  if (seen !== 'unknown') return seen === 'open'
  using database = outside.openDatabase(places.database, 'read')
  return readJournal(database) !== undefined
}
