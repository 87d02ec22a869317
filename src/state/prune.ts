// Removes kept trees. The row goes first, then the whole tree leaves states/ in one move, and only then is it taken
// apart: what lies in states/ is always whole. What a crash leaves in staging/ is swept at the next recovery.
import type { StateNumber } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { moveTree } from '../host/durable.ts'
import { lastConfirmed } from './health.ts'
import { fewestKept, newestKept, statesToKeep } from './keep-rule.ts'
import { adoptedNumber, bootOf, currentRecord, keptNumbers, type StateParts } from './parts.ts'
import { dropTree, freePlace } from './garbage.ts'
import { keptFolder } from './places.ts'
import { removeSeal } from './seal.ts'
import { readMarks, removeMarks, removeRecordCopy, removeTriggerRuns } from './tables.ts'

/** Kept states that the keep rule lets go, rising; or will, once `upcoming` is there. */
export function prunableStates(parts: StateParts, upcoming?: StateNumber): readonly StateNumber[] {
  const { outside, places, database } = parts
  const current = currentRecord(parts).number
  const boot = places.root === '/' ? bootOf(outside.disk) : ''
  const kept = keptNumbers(outside.disk, places)
  const confirmed = lastConfirmed(parts)
  const candidates = [...kept, current, ...(upcoming === undefined ? [] : [upcoming])].map((number) => {
    const marks = readMarks(database, number)
    return {
      number,
      isPinned: marks.isPinned,
      isLastConfirmed: number === confirmed,
      wasCurrentThisBoot: boot !== '' && marks.boot === boot,
    }
  })
  // Until the upcoming one is there, what is current and the two before it stay.
  const mayKeepFewer = upcoming === undefined && candidates.length > fewestKept && isRoomShort(parts)
  const keep = statesToKeep(candidates, current, mayKeepFewer ? fewestKept : newestKept)
  return kept.filter((number) => !keep.has(number))
}

/** An update that brings one byte in four of the store anew would no longer fit. */
const isRoomShort = ({ outside: { disk }, places, store }: StateParts): boolean =>
  disk.freeBytes(places.own) < store.totals().bytes / 4

/** What is known of a kept state beside its tree. */
export function forgetState(parts: StateParts, number: StateNumber): void {
  parts.database.transaction((transaction) => {
    removeMarks(transaction, number)
    removeTriggerRuns(transaction, number)
    removeRecordCopy(transaction, number)
  })
  removeSeal(parts, number)
}

export function removeState(parts: StateParts, number: StateNumber, report: Report): void {
  forgetState(parts, number)
  const removed = freePlace(parts, `removed-${number}`)
  moveTree(parts.outside.disk, keptFolder(parts.places, number), removed)
  dropTree(parts, removed, report)
  if (number === adoptedNumber) dropAdopted(parts, report)
}

/** What is known of a tree that was taken over, once it is gone. */
function dropAdopted(parts: StateParts, report: Report): void {
  const { outside, places } = parts
  if (outside.disk.lstat(places.adopted) === undefined) return
  const removed = freePlace(parts, 'removed-adopted')
  moveTree(outside.disk, places.adopted, removed)
  dropTree(parts, removed, report)
}

/** A removal that was cut short left it. Only where it is known which tree is which state. */
export function sweepAdopted(parts: StateParts, report: Report): void {
  const { outside, places } = parts
  if (outside.disk.lstat(places.adopted) === undefined) return
  const isThere =
    keptNumbers(outside.disk, places).includes(adoptedNumber) || currentRecord(parts).number === adoptedNumber
  if (!isThere) dropAdopted(parts, report)
}
