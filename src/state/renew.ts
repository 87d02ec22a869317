// What a new database knows of states at its start: what the disk says of them. Deliveries that stand as they would be
// delivered count as delivered: they follow their packages as before. Pins, confirmations and the history are lost with
// the old one.
import { MossError } from '../base/error.ts'
import { standingAt } from './deliver.ts'
import { readOffers, standingOfOffer } from './offers.ts'
import { currentRecord, keptNumbers, readRecord, type StateParts } from './parts.ts'
import { keptTree } from './places.ts'
import { giveOldTreeItsNumber } from './publish.ts'
import { encodeRecord, type StateRecord } from './record.ts'
import { makeStateTables, writeDelivery, writeRecordCopy } from './tables.ts'

/** Fills the tables of a database that has none. */
export async function renewTables(parts: StateParts): Promise<void> {
  const { outside, places, database } = parts
  makeStateTables(database)
  const current = currentRecord(parts)
  giveOldTreeItsNumber(parts, current.number)
  const kept = keptNumbers(outside.disk, places).map((number) => recordIn(parts, keptTree(places, number)))
  const { offered } = await readOffers(parts)
  const standing = [...offered].filter(
    ([path, offer]) => standingAt(parts, path) === standingOfOffer(outside.disk, offer),
  )
  database.transaction((transaction) => {
    for (const record of [current, ...kept])
      if (record !== undefined) writeRecordCopy(transaction, record.number, encodeRecord(record))
    for (const [path, offer] of standing)
      writeDelivery(transaction, {
        path,
        digest: standingOfOffer(outside.disk, offer),
        state: current.number,
        pending: undefined,
      })
  })
}

/** Undefined of a tree that is damaged itself: repair tells of it. */
function recordIn({ outside }: StateParts, tree: string): StateRecord | undefined {
  try {
    return readRecord(outside.disk, tree)
  } catch (error) {
    if (error instanceof MossError) return undefined
    throw error
  }
}
