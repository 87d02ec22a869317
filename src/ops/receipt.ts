// The receipt: the newest signed record of what this host is and what became of the last bundle. It is kept in .moss and
// follows each transaction; where one was cut short before its receipt, the next opening of the root writes it. So what
// the station hears does not depend on when the power failed.
import { equalBytes } from '../base/bytes.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { ContainerId, Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { ReadBundle } from '../bundle/read-bundle.ts'
import { encodeHostRecord, type HostState } from '../fleet/host-state.ts'
import { encodeHostState, readHostState } from '../fleet/state-file.ts'
import { bytesSource } from '../host/byte-source.ts'
import { writeDurably } from '../host/durable.ts'
import { appendAudit, auditBlocks } from '../state/audit-file.ts'
import type { HistoryEntry } from '../state/tables.ts'
import { auditEnd } from '../trust/audit.ts'
import { signerOf } from '../trust/keys.ts'
import type { HostSession } from './host.ts'
import { snapshotContents } from './kept-snapshots.ts'
import { lackingContents } from './lacking.ts'
import { readModel } from './model-file.ts'
import { readRecipient } from './sealing.ts'
import { dropWaiting, isTaken, readWaiting, unlessSpoiled } from './waiting.ts'

/** A state's head and record, whatever its record's codec. */
export const recordBytes = 2 * limits.stateBytes

/** What a session has before its last transaction is settled. */
export type SettlingSession = Omit<HostSession, 'isFinishing'>

type BundleName = Pick<ReadBundle, 'id' | 'about'>

export interface Receipt {
  readonly state: HostState
  readonly bytes: Uint8Array
}

const receiptPath = ({ places }: SettlingSession): string => `${places.own}/receipt.moss-state`

/** What was last carried to the station: its next bundle is made from that. */
const exportedPath = ({ places }: SettlingSession): string => `${places.own}/exported.moss-state`

export const readReceipt = (host: SettlingSession): Receipt | undefined => readOwn(host, receiptPath(host))

export const readExported = (host: SettlingSession): HostState | undefined =>
  readOwn(host, exportedPath(host))?.state

export const rememberExported = (host: SettlingSession, { bytes }: Receipt): void =>
  writeDurably(host.outside.disk, exportedPath(host), bytes, { mode: 0o600, replace: true })

/** What the station counts on: the receipt and what was last exported. Throws STATE_BROKEN where that is not known. */
export function statesTold(host: SettlingSession): readonly HostState[] {
  const exported = readExported(host)
  if (exported === undefined && isThere(host, exportedPath(host)))
    throw new MossError('STATE_BROKEN', {
      path: exportedPath(host),
      problem: 'what the station counts on is not known',
    })
  return [readReceipt(host)?.state, exported].filter((state) => state !== undefined)
}

const isThere = ({ outside }: SettlingSession, path: string): boolean =>
  outside.disk.lstat(path) !== undefined

/** A spoiled one counts as missing: it is made anew, and must not keep a root from being opened. */
function readOwn(host: SettlingSession, path: string): Receipt | undefined {
  const { disk } = host.outside
  if (!isThere(host, path)) return undefined
  const bytes = disk.readFile(path, recordBytes)
  try {
    return { state: readHostState(bytesSource(path, bytes), host.identity.key.publicKey.id).state, bytes }
  } catch (error) {
    if (!isMossError(error)) throw error
    return undefined
  }
}

/**
 * No counter was higher: the exported one was reached, and the time floor, seconds since 1970, lies far above what a receipt
 * for each transaction can reach.
 */
function counterBefore(host: SettlingSession, last: Receipt | undefined): number {
  if (last !== undefined) return last.state.counter
  const isFirst = host.states.history().length <= 1
  return isFirst ? 0 : Math.max(readExported(host)?.counter ?? 0, host.states.counters().timeFloor)
}

/** As long as nothing has changed it stays as it is, so that one state has one record and one counter. */
export function renewReceipt(host: SettlingSession, answers?: HostState['answers']): Receipt {
  const last = readReceipt(host)
  const now = describeHost(host, answers ?? last?.state.answers)
  if (
    last !== undefined &&
    equalBytes(encodeHostRecord(last.state), encodeHostRecord({ ...now, counter: 1 }))
  )
    return last
  if (last === undefined && isThere(host, receiptPath(host)))
    host.tell(`${receiptPath(host)} was spoiled: it is written anew`)
  const state = { ...now, counter: counterBefore(host, last) + 1 }
  const bytes = encodeHostState(state, signerOf(host.identity.key))
  writeDurably(host.outside.disk, receiptPath(host), bytes, { mode: 0o600, replace: true })
  return { state, bytes }
}

/**
 * After a transaction, and whenever a root is opened: the receipt says what is current and what became of the bundle; an
 * applied one, `applied` where the caller has just read it, waits no more. One that was gone back from may be tried again.
 * True if a receipt had to be written. Can be cut short and done again.
 */
export function settleLast(host: SettlingSession, applied?: BundleName): boolean {
  const last = host.states.history().at(-1)
  if (last === undefined) return false
  const before = readReceipt(host)
  const isAnswered = before !== undefined && isUpToDate(host, last, before.state)
  if (!isAnswered) recordTransaction(host, last)
  const { answers } = (isAnswered ? before : renewReceipt(host, answerTo(host, last, { before, applied })))
    .state
  if (answers?.outcome === 'applied' && isTaken(host, answers.bundle)) dropWaiting(host, answers.bundle)
  return !isAnswered
}

function recordTransaction(host: SettlingSession, last: HistoryEntry): void {
  const { kind, from, to, atMs } = last
  if (kind === 'init') return
  const number = host.states.history().length
  appendAudit(host.outside.disk, host.places, {
    at: Math.floor(atMs / 1000),
    kind,
    outcome: 'accepted',
    subject: String(to),
    signers: [],
    detail: `transaction ${number}: state ${to} after ${from}`,
  })
}

type Answer = NonNullable<HostState['answers']>

function isUpToDate(host: SettlingSession, last: HistoryEntry, { current, answers }: HostState): boolean {
  if (current !== host.states.current().number) return false
  const { outcome, detail } = outcomeOf(host, last)
  return answers === undefined || (answers.outcome === outcome && answers.detail === detail)
}

function outcomeOf({ states }: SettlingSession, { kind, from, to }: HistoryEntry): Omit<Answer, 'bundle'> {
  const { isConfirmed, failed } = states.health(kind === 'back' ? from : to)
  if (kind === 'apply') return { outcome: 'applied', detail: isConfirmed ? 'confirmed' : 'not confirmed yet' }
  return kind === 'back'
    ? { outcome: 'failed', detail: `went back from state ${from} to ${to}: ${failed}` }
    : { outcome: 'rolled-back', detail: `from state ${from} to ${to}` }
}

/** A rollback answers the last bundle, and so does what becomes of a state later. */
function answerTo(
  host: SettlingSession,
  last: HistoryEntry,
  { before, applied }: { readonly before: Receipt | undefined; readonly applied: BundleName | undefined },
): HostState['answers'] {
  const { kind, from, to } = last
  const answered = before?.state.answers?.bundle
  const isKnown = kind === 'rollback' || before?.state.current === (kind === 'back' ? from : to)
  const bundle = isKnown ? answered : bundleOf(host, kind === 'back' ? from : to, applied)
  return bundle === undefined ? undefined : { bundle, ...outcomeOf(host, last) }
}

/** The one that waits and that the state came from. */
function bundleOf(
  host: SettlingSession,
  state: number,
  applied: BundleName | undefined,
): ContainerId | undefined {
  const bundle = applied ?? unlessSpoiled(() => readWaiting(host))
  const snapshot = host.states.list().find(({ record }) => record.number === state)?.record.channel?.snapshot
  return bundle !== undefined && bundle.about.snapshot === snapshot ? bundle.id : undefined
}

function describeHost(host: SettlingSession, answers: HostState['answers']): Omit<HostState, 'counter'> {
  const { states, identity, trust, outside } = host
  const current = states.current()
  const counters = states.counters()
  const recipient = readRecipient(outside.disk, host.places.keys)
  const known = states.list()
  const chosenFrom = known.map(({ record }) => record.channel?.snapshot).filter((id) => id !== undefined)
  const triggers = states.triggerRuns(current.number)
  const snapshots = snapshotContents(host, new Set<Digest>(chosenFrom))
  return {
    host: identity.id,
    name: identity.name,
    created: Math.floor(outside.nowMs() / 1000),
    rootVersion: trust.root.version,
    timeFloor: counters.timeFloor,
    heard: {
      epoch: counters.epoch,
      serials: Object.entries(counters.serials).map(([channel, { serial }]) => ({ channel, serial })),
    },
    ...(current.channel === undefined ? {} : { channel: current.channel }),
    // A slip of the pen in the model must not keep a root from being opened; state export tells of it.
    model: unlessSpoiled(() => readModel(outside, host.places).text) ?? current.model,
    current: current.number,
    states: known.map(({ record }) => ({
      number: record.number,
      packages: record.packages.map(({ id }) => id),
    })),
    lacking: lackingContents(host),
    ...(snapshots.length > 0 && { snapshots }),
    ...(recipient !== undefined && { recipient }),
    audit: auditEnd(auditBlocks(outside.disk, host.places)),
    ...(triggers.length > 0 && { triggers }),
    ...(answers === undefined ? {} : { answers }),
  }
}
