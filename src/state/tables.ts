// The tables of states: the journal (one row while a transaction is open), marks of states, what was delivered to
// /etc and /var, how well states were, and the history. Which states exist is not here: the disk says that. All but
// health and history can be made again from the disk.
import type { Disk } from '../host/disk.ts'
import { type Database, type DatabaseReader, hasCommitUnderWay, type Transaction } from '../host/database.ts'

/** The open transaction. `to` is the state that is being made current. */
export interface JournalEntry {
  readonly kind: 'apply' | 'rollback' | 'back'
  readonly from: number
  readonly to: number
  readonly phase: 'staging' | 'staged' | 'published'
  readonly withModel: boolean
}

/** What moss knows of a state beyond its record. */
export interface StateMarks {
  readonly isPinned: boolean
  readonly isConfirmed: boolean
  /** The boot during which it was last current; empty where that is not known. */
  readonly boot: string
}

/** Outlives its state, so that what was gone back from is known when it comes again. */
export interface StateHealth {
  /** That began with it, and the last of them. */
  readonly boots: number
  readonly counted: string
  /** Why it was gone back from, and the digest of its packages; both empty if it was not. */
  readonly failed: string
  readonly packages: string
}

export interface HistoryEntry {
  /** Milliseconds since 1970, by this machine's clock. */
  readonly atMs: number
  /** `back` is a rollback that nobody asked for. */
  readonly kind: 'init' | 'apply' | 'rollback' | 'back'
  readonly from: number
  readonly to: number
}

/** How a trigger went when it last ran for a state. */
export interface TriggerRun {
  readonly name: string
  readonly scope: 'transaction' | 'system'
  readonly outcome: 'done' | 'skipped' | 'failed'
  /** Why it was skipped or failed; empty when done. */
  readonly note: string
  /** What it printed, at most its last 4 KiB. */
  readonly output: string
}

export interface DeliveryRow {
  /** Relative to the root: `etc/…` or `var/…`. */
  readonly path: string
  /** What was delivered, as deliveries.ts names it; empty when nothing is there yet. */
  readonly digest: string
  readonly state: number
  /** What is being put there; empty for a removal; undefined when nothing is under way. */
  readonly pending: string | undefined
}

const schema = [
  `CREATE TABLE IF NOT EXISTS state_journal (
    id INTEGER PRIMARY KEY CHECK (id = 1), kind TEXT NOT NULL, from_state INTEGER NOT NULL,
    to_state INTEGER NOT NULL, phase TEXT NOT NULL, with_model INTEGER NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS state_marks (
    number INTEGER PRIMARY KEY, pinned INTEGER NOT NULL DEFAULT 0, confirmed INTEGER NOT NULL DEFAULT 0,
    boot TEXT NOT NULL DEFAULT '') STRICT`,
  `CREATE TABLE IF NOT EXISTS state_deliveries (
    path TEXT PRIMARY KEY, digest TEXT NOT NULL, state INTEGER NOT NULL, pending TEXT) STRICT, WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS state_history (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, from_state INTEGER NOT NULL,
    to_state INTEGER NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS state_triggers (
    id INTEGER PRIMARY KEY, state INTEGER NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, outcome TEXT NOT NULL,
    note TEXT NOT NULL, output TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS state_health (
    number INTEGER PRIMARY KEY, boots INTEGER NOT NULL, counted TEXT NOT NULL, failed TEXT NOT NULL,
    packages TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS state_undelivered (
    id INTEGER PRIMARY KEY CHECK (id = 1), model_over TEXT) STRICT`,
  'CREATE TABLE IF NOT EXISTS state_records (number INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT',
]

/** Makes what is absent; a database that is only read is left as it is. */
export function makeStateTables(database: Database): void {
  const there = database.get(
    "SELECT count(*) AS tables FROM sqlite_master WHERE type = 'table' AND name GLOB 'state_*'",
  )
  if (there?.['tables'] === schema.length) return
  database.transaction((transaction) => {
    for (const statement of schema) transaction.run(statement)
  })
}

export function readJournal(database: DatabaseReader): JournalEntry | undefined {
  const row = database.get('SELECT kind, from_state, to_state, phase, with_model FROM state_journal')
  if (row === undefined) return undefined
  return {
    kind: row['kind'] as JournalEntry['kind'],
    from: Number(row['from_state']),
    to: Number(row['to_state']),
    phase: row['phase'] as JournalEntry['phase'],
    withModel: row['with_model'] === 1,
  }
}

export function openJournal(transaction: Transaction, entry: JournalEntry): void {
  transaction.run(
    'INSERT INTO state_journal (id, kind, from_state, to_state, phase, with_model) VALUES (1, ?, ?, ?, ?, ?)',
    entry.kind,
    entry.from,
    entry.to,
    entry.phase,
    entry.withModel ? 1 : 0,
  )
  writeNews(transaction)
}

export const setJournalPhase = (transaction: Transaction, phase: JournalEntry['phase']): void =>
  void transaction.run('UPDATE state_journal SET phase = ?', phase)

export function closeJournal(transaction: Transaction): void {
  transaction.run('DELETE FROM state_journal')
  writeNews(transaction)
}

/** In SQLite's file format: four bytes, big-endian, free for the application. */
const userVersionAt = 60

/** A transaction is open or not wholly delivered, or the current state was gone back to or is not confirmed. */
export function writeNews(transaction: Transaction): void {
  const last = readHistory(transaction).at(-1)
  const isWell = last === undefined || (last.kind !== 'back' && readMarks(transaction, last.to).isConfirmed)
  const isOver = readJournal(transaction) === undefined && readUndelivered(transaction) === undefined
  transaction.run(`PRAGMA user_version = ${isWell && isOver ? 0 : 1}`)
}

/**
 * The same without SQLite, from the file's header. A commit that was itself cut short is undone by opening the database:
 * then there may be news.
 */
export function mayHaveNews(disk: Disk, path: string): boolean {
  if (hasCommitUnderWay(disk, path)) return true
  using file = disk.open(path, 'read')
  const header = new Uint8Array(userVersionAt + 4)
  if (file.read(header, 0) < header.length) return true
  return header.subarray(userVersionAt).some((byte) => byte !== 0)
}

const noMarks: StateMarks = { isPinned: false, isConfirmed: false, boot: '' }

export function readMarks(database: DatabaseReader, number: number): StateMarks {
  const row = database.get('SELECT pinned, confirmed, boot FROM state_marks WHERE number = ?', number)
  if (row === undefined) return noMarks
  return { isPinned: row['pinned'] === 1, isConfirmed: row['confirmed'] === 1, boot: String(row['boot']) }
}

export function writeMarks(transaction: Transaction, number: number, marks: Partial<StateMarks>): void {
  const { isPinned, isConfirmed, boot } = { ...readMarks(transaction, number), ...marks }
  transaction.run(
    'INSERT OR REPLACE INTO state_marks (number, pinned, confirmed, boot) VALUES (?, ?, ?, ?)',
    number,
    isPinned ? 1 : 0,
    isConfirmed ? 1 : 0,
    boot,
  )
}

export const removeMarks = (transaction: Transaction, number: number): void =>
  void transaction.run('DELETE FROM state_marks WHERE number = ?', number)

export const removeTriggerRuns = (transaction: Transaction, state: number): void =>
  void transaction.run('DELETE FROM state_triggers WHERE state = ?', state)

const hasTable = (database: DatabaseReader, name: string): boolean =>
  database.get("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name) !== undefined

const noHealth: StateHealth = { boots: 0, counted: '', failed: '', packages: '' }

/** Also from a database that was last written by a moss that knew nothing of this. */
export function readHealth(database: DatabaseReader, number: number): StateHealth {
  const row = hasTable(database, 'state_health')
    ? database.get('SELECT boots, counted, failed, packages FROM state_health WHERE number = ?', number)
    : undefined
  if (row === undefined) return noHealth
  return {
    boots: Number(row['boots']),
    counted: String(row['counted']),
    failed: String(row['failed']),
    packages: String(row['packages']),
  }
}

export function writeHealth(transaction: Transaction, number: number, health: Partial<StateHealth>): void {
  const { boots, counted, failed, packages } = { ...readHealth(transaction, number), ...health }
  transaction.run(
    'INSERT OR REPLACE INTO state_health (number, boots, counted, failed, packages) VALUES (?, ?, ?, ?, ?)',
    number,
    boots,
    counted,
    failed,
    packages,
  )
}

/** Whether this boot was counted, for whichever state. */
export const hasCounted = (database: DatabaseReader, boot: string): boolean =>
  boot !== '' &&
  database.get('SELECT 1 AS here FROM state_health WHERE counted = ? LIMIT 1', boot) !== undefined

export function readFailed(
  database: DatabaseReader,
  packages: string,
): { readonly state: number; readonly why: string } | undefined {
  const row = database.get(
    'SELECT number, failed FROM state_health WHERE packages = ? ORDER BY number DESC LIMIT 1',
    packages,
  )
  return row && { state: Number(row['number']), why: String(row['failed']) }
}

export const clearFailed = (transaction: Transaction, packages: string): void =>
  void transaction.run("UPDATE state_health SET failed = '', packages = '' WHERE packages = ?", packages)

export const addHistory = (transaction: Transaction, entry: HistoryEntry): void =>
  void transaction.run(
    'INSERT INTO state_history (at_ms, kind, from_state, to_state) VALUES (?, ?, ?, ?)',
    entry.atMs,
    entry.kind,
    entry.from,
    entry.to,
  )

/** Oldest first. */
export const readHistory = (database: DatabaseReader): readonly HistoryEntry[] =>
  database.all('SELECT at_ms, kind, from_state, to_state FROM state_history ORDER BY id').map((row) => ({
    atMs: Number(row['at_ms']),
    kind: row['kind'] as HistoryEntry['kind'],
    from: Number(row['from_state']),
    to: Number(row['to_state']),
  }))

const keptOutput = 4096

/** Something of the current state is still to be written to the machine's own files. */
export interface Undelivered {
  /** The model too, over what stands there, as deliveries.ts names it; undefined if it is not. */
  readonly modelOver: string | undefined
}

/** Also from a database that was last written by a moss that knew nothing of this. */
export function readUndelivered(database: DatabaseReader): Undelivered | undefined {
  if (!hasTable(database, 'state_undelivered')) return undefined
  const row = database.get('SELECT model_over FROM state_undelivered')
  return row && { modelOver: row['model_over'] === null ? undefined : String(row['model_over']) }
}

export function writeUndelivered(transaction: Transaction, undelivered: Undelivered | undefined): void {
  transaction.run('DELETE FROM state_undelivered')
  if (undelivered !== undefined)
    transaction.run(
      'INSERT INTO state_undelivered (id, model_over) VALUES (1, ?)',
      undelivered.modelOver ?? null,
    )
  writeNews(transaction)
}

/** In place of what is known of that scope's triggers for the state. */
export function writeTriggerRuns(
  transaction: Transaction,
  { state, scope, runs }: Pick<TriggerRun, 'scope'> & { state: number; runs: readonly TriggerRun[] },
): void {
  transaction.run('DELETE FROM state_triggers WHERE state = ? AND scope = ?', state, scope)
  for (const { name, outcome, note, output } of runs)
    transaction.run(
      'INSERT INTO state_triggers (state, name, scope, outcome, note, output) VALUES (?, ?, ?, ?, ?, ?)',
      state,
      name,
      scope,
      outcome,
      note.slice(0, 1024).toWellFormed(),
      output.replaceAll('\0', '').slice(-keptOutput).toWellFormed(),
    )
}

/** In the order in which they ran. */
export const readTriggerRuns = (database: DatabaseReader, state: number): readonly TriggerRun[] =>
  database
    .all('SELECT name, scope, outcome, note, output FROM state_triggers WHERE state = ? ORDER BY id', state)
    .map((row) => ({
      name: String(row['name']),
      scope: row['scope'] as TriggerRun['scope'],
      outcome: row['outcome'] as TriggerRun['outcome'],
      note: String(row['note']),
      output: String(row['output']),
    }))

/** The highest number that was ever current, so that no number names two states. */
export const highestPublished = (database: DatabaseReader): number =>
  Number(database.get('SELECT max(to_state) AS highest FROM state_history')?.['highest'] ?? 0)

export const readDeliveries = (database: DatabaseReader): readonly DeliveryRow[] =>
  database.all('SELECT path, digest, state, pending FROM state_deliveries ORDER BY path').map((row) => ({
    path: String(row['path']),
    digest: String(row['digest']),
    state: Number(row['state']),
    pending: row['pending'] === null ? undefined : String(row['pending']),
  }))

export const writeDelivery = (transaction: Transaction, row: DeliveryRow): void =>
  void transaction.run(
    'INSERT OR REPLACE INTO state_deliveries (path, digest, state, pending) VALUES (?, ?, ?, ?)',
    row.path,
    row.digest,
    row.state,
    row.pending ?? null,
  )

export const removeDelivery = (transaction: Transaction, path: string): void =>
  void transaction.run('DELETE FROM state_deliveries WHERE path = ?', path)

/** A copy of what the state's tree says of itself. */
export const writeRecordCopy = (transaction: Transaction, number: number, record: Uint8Array): void =>
  void transaction.run('INSERT OR REPLACE INTO state_records (number, record) VALUES (?, ?)', number, record)

export const readRecordCopy = (database: DatabaseReader, number: number): Uint8Array | undefined =>
  database.get('SELECT record FROM state_records WHERE number = ?', number)?.['record'] as
    Uint8Array | undefined

/** The numbers of the states that have one. */
export const recordCopies = (database: DatabaseReader): readonly number[] =>
  database.all('SELECT number FROM state_records').map((row) => Number(row['number']))

export const removeRecordCopy = (transaction: Transaction, number: number): void =>
  void transaction.run('DELETE FROM state_records WHERE number = ?', number)
