// What a new database knows of states at its start: what the disk says of them. Deliveries that stand as they would be
// delivered count as delivered: they follow their packages as before. Pins, confirmations and the history are lost with
// the old one.
import { MossError } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import { hasCommitUnderWay, journalOf } from '../host/database.ts'
import { moveTree } from '../host/durable.ts'
import { standingAt } from './deliver.ts'
import { placeAside } from './mend-tree.ts'
import { readOffers, standingOfOffer } from './offers.ts'
import { currentRecord, keptNumbers, readRecord, type StateParts } from './parts.ts'
import { keptTree } from './places.ts'
import { giveOldTreeItsNumber } from './publish.ts'
import { encodeRecord, type StateRecord } from './record.ts'
import { makeStateTables, writeDelivery, writeMarks, writeRecordCopy } from './tables.ts'

/** What is left of the old one. Its journal first: it must not be taken for the new one's. */
export function setDatabaseAside(parts: Pick<StateParts, 'outside' | 'places'>): void {
  const { disk } = parts.outside
  const { database, own } = parts.places
  const journal = journalOf(database)
  if (disk.lstat(journal) !== undefined && !hasCommitUnderWay(disk, database)) disk.remove(journal)
  for (const path of [journal, database])
    if (disk.lstat(path) !== undefined) moveTree(disk, path, placeAside(parts, path.slice(own.length + 1)))
}

/** Fills the tables of a database that has none. The numbers of the states whose records can be read. */
export async function renewTables(parts: StateParts): Promise<readonly StateNumber[]> {
  const { outside, places, database } = parts
  makeStateTables(database)
  const current = currentRecord(parts)
  giveOldTreeItsNumber(parts, current.number)
  const kept = keptNumbers(outside.disk, places).map((number) => recordIn(parts, keptTree(places, number)))
  const { offered } = await readOffers(parts)
  const standing = [...offered]
    .map(([path, offer]) => ({ path, digest: standingOfOffer(outside.disk, offer) }))
    .filter(({ path, digest }) => standingAt(parts, path) === digest)
  const records = [current, ...kept].filter((record) => record !== undefined)
  database.transaction((transaction) => {
    for (const record of records) {
      writeRecordCopy(transaction, record.number, encodeRecord(record))
      // Nobody but a person lets go of what was taken over.
      if (record.adopted !== undefined) writeMarks(transaction, record.number, { isPinned: true })
    }
    for (const { path, digest } of standing)
      writeDelivery(transaction, { path, digest, state: current.number, pending: undefined })
  })
  return records.map(({ number }) => number)
}

/** Undefined of a tree that is damaged itself: repair tells of it. */
function recordIn(parts: StateParts, tree: string): StateRecord | undefined {
  try {
    return readRecord(parts, tree)
  } catch (error) {
    if (error instanceof MossError) return undefined
    throw error
  }
}
