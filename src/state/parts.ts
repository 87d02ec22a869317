// What the files of this room hand to each other: the outside, the root's places, its database and its store; and the
// few questions about states that the disk answers.
import { MossError } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import type { Database } from '../host/database.ts'
import type { Disk } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import type { Store } from '../store/store.ts'
import type { Check } from './health.ts'
import { adoptedRecord, type Places, keptTree, parentFolder, recordPath } from './places.ts'
import { type StateRecord, decodeRecord } from './record.ts'

export interface StateParts {
  readonly outside: Outside
  readonly places: Places
  readonly database: Database
  readonly store: Store
  /** Absent: there is nothing to check. */
  readonly check?: Check
}

/** Of a tree that was taken over: it is always the first. */
export const adoptedNumber = 0 as StateNumber

const recordBytes = 64 * 1024 * 1024

interface Where {
  readonly outside: Pick<Outside, 'disk'>
  readonly places: Places
}

/**
 * The record of a tree: `/usr`, or that of a kept state. One that was taken over has none in it, since nothing in it is ever
 * changed: it is told by having no place for one, while no other tree is that state. Throws STATE_BROKEN where there is none.
 */
export function readRecord(where: Where, tree: string): StateRecord {
  const { disk } = where.outside
  const path = isAdopted(where, tree) ? adoptedRecord(where.places) : `${tree}/${recordPath}`
  if (disk.lstat(path)?.kind !== 'file')
    throw new MossError('STATE_BROKEN', { path, problem: 'it is missing, so this is no state of moss' })
  return decodeRecord(disk.readFile(path, recordBytes), path)
}

/** True of the tree that was taken over as state 0, wherever it is. Reads names alone. */
export function isAdopted({ outside: { disk }, places }: Where, tree: string): boolean {
  const hasOwn = (usr: string): boolean => disk.lstat(`${usr}/${parentFolder(recordPath)}`) !== undefined
  if (hasOwn(tree) || disk.lstat(adoptedRecord(places))?.kind !== 'file') return false
  if (disk.lstat(tree)?.kind !== 'folder') return false
  const kept = keptTree(places, adoptedNumber)
  return tree === kept || disk.lstat(kept) === undefined || hasOwn(kept)
}

/** What `/usr` is. */
export const currentRecord = (where: Where): StateRecord => readRecord(where, where.places.usr)

/** The numbers of folders in `states/`, rising: every state that is kept beside the current one. */
export const keptNumbers = (disk: Disk, places: Places): readonly StateNumber[] =>
  disk
    .list(places.states)
    .filter(({ name, kind }) => kind === 'folder' && /^(0|[1-9][0-9]{0,14})$/.test(name))
    .map(({ name }) => Number(name) as StateNumber)
    .toSorted((a, b) => a - b)

/** The tree of a state, be it current or kept. Throws NOT_FOUND. */
export function treeOf({ outside, places }: Where, number: number): string {
  if (currentRecord({ outside, places }).number === number) return places.usr
  const tree = keptTree(places, number)
  if (outside.disk.lstat(tree)?.kind !== 'folder')
    throw new MossError('NOT_FOUND', { what: 'state', name: String(number) })
  return tree
}

/** Names this start of the machine; empty where that cannot be told, as in a simulation. */
export function bootOf(disk: Disk): string {
  const path = '/proc/sys/kernel/random/boot_id'
  try {
    if (disk.lstat(path)?.kind !== 'file') return ''
    using file = disk.open(path, 'read')
    const window = new Uint8Array(64)
    return String.fromCharCode(...window.subarray(0, file.read(window, 0))).trim()
  } catch (error) {
    if (error instanceof MossError) return ''
    throw error
  }
}
