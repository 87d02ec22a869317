// What a crash or a power cut left is finished or discarded here, without asking anyone: `/usr` itself says on which
// side of the commit point it happened. Can be interrupted at any step and started again.
import { MossError } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { currentRecord, readRecord, type StateParts } from './parts.ts'
import { keptFolder, keptTree } from './places.ts'
import { deliverLeft } from './deliver-state.ts'
import { freePlace, sweepStaging } from './garbage.ts'
import { sweepAdopted } from './prune.ts'
import { finish, type Published } from './publish.ts'
import { putRecordsBack } from './put-back.ts'
import { exchangeTrees, moveTree } from '../host/durable.ts'
import { closeJournal, type JournalEntry, readJournal, removeRecordCopy } from './tables.ts'

export type Recovery =
  | { readonly kind: 'nothing' }
  /** No transaction was open; of these states somebody had removed or spoiled the record. */
  | { readonly kind: 'put-back'; readonly records: readonly number[] }
  /** The transaction was past its commit point. */
  | { readonly kind: 'finished'; readonly state: StateNumber; readonly published: Published }
  /** It was not: `state` is still current. */
  | { readonly kind: 'discarded'; readonly state: StateNumber; readonly attempted: StateNumber }

/** The same for a root that is opened: then records that somebody removed are put back first of all. */
export async function recoverRoot(parts: StateParts, report: Report): Promise<Recovery> {
  const records = readJournal(parts.database) === undefined ? putRecordsBack(parts) : []
  const recovery = await recoverStates(parts, report)
  return records.length > 0 ? { kind: 'put-back', records } : recovery
}

/** Throws STATE_BROKEN where `/usr` is neither the old state nor the new one. */
export async function recoverStates(parts: StateParts, report: Report): Promise<Recovery> {
  const { places, database } = parts
  const journal = readJournal(database)
  if (journal === undefined) {
    sweepAdopted(parts, report)
    sweepStaging(parts, report)
    await deliverLeft(parts, report)
    return { kind: 'nothing' }
  }
  report({ phase: 'recover' })
  const current = goOnBack(parts, journal)
  if (current === journal.to) {
    // The exchange may be seen before it is durable: made durable here, before anything is built on it.
    parts.outside.disk.syncFilesystem(places.own)
    const published = await finish(parts, journal, report)
    sweepStaging(parts, report)
    return { kind: 'finished', state: current, published }
  }
  if (current !== journal.from)
    throw new MossError('STATE_BROKEN', {
      path: places.usr,
      problem: `it is state ${current}, neither ${journal.from} nor ${journal.to}`,
    })
  if (journal.kind === 'apply') discardStaged(parts, journal.to as StateNumber)
  sweepStaging(parts, report)
  database.transaction((transaction) => {
    if (journal.kind === 'apply') removeRecordCopy(transaction, journal.to)
    closeJournal(transaction)
  })
  return { kind: 'discarded', state: current, attempted: journal.to as StateNumber }
}

/** Going back was decided: it is carried through, unless the state to go back to is no longer there. Returns the current one. */
function goOnBack(parts: StateParts, { kind, from, to }: JournalEntry): StateNumber {
  const { outside, places } = parts
  const current = currentRecord(parts).number
  const tree = keptTree(places, to)
  if (kind !== 'back' || current !== from) return current
  if (outside.disk.lstat(tree)?.kind !== 'folder' || readRecord(parts, tree).number !== to) return current
  exchangeTrees(outside.disk, places.usr, tree)
  return to as StateNumber
}

/** A state that was staged and never current: out of states/ in one move, then taken apart. */
function discardStaged(parts: StateParts, number: StateNumber): void {
  const { disk } = parts.outside
  const { places } = parts
  if (disk.lstat(keptTree(places, number)) === undefined) return
  moveTree(disk, keptFolder(places, number), freePlace(parts, `removed-${number}`))
}
