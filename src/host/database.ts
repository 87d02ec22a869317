// SQLite as rooms see it. This file alone opens one; each room owns its tables in its tables.ts. A commit is
// durable when `transaction` returns: the header of the rollback journal is cleared and synced (journal PERSIST,
// synchronous EXTRA). Up to 1 MiB of the journal stays where it is: a commit on a full disk writes over it.
// node:sqlite is loaded at the first opening.
import type * as Sqlite from 'node:sqlite'
import { MossError } from '../base/error.ts'
import type { Disk } from './disk.ts'
import { ioError } from './problem.ts'

export type SqlValue = null | number | string | Uint8Array
export type SqlRow = Readonly<Record<string, SqlValue>>

/** Reads. */
export interface DatabaseReader {
  get(sql: string, ...values: readonly SqlValue[]): SqlRow | undefined
  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[]
  each(sql: string, ...values: readonly SqlValue[]): Iterable<SqlRow>
}

/** Handed to the work of one transaction, and passed along by it. */
export interface Transaction extends DatabaseReader {
  run(sql: string, ...values: readonly SqlValue[]): { readonly changes: number }
}

export interface Database extends DatabaseReader, Disposable {
  /** Everything `work` does becomes durable together, or nothing does. Statements are prepared once. */
  transaction<T>(work: (transaction: Transaction) => T): T
  /** Until it is disposed, or until the next transaction begins, reads take no lock each and see one state. */
  reading(): Disposable
}

const busyMs = 5000
const shared = `PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -16000;`
const durable =
  'PRAGMA journal_mode = PERSIST; PRAGMA journal_size_limit = 1048576; PRAGMA synchronous = EXTRA;'

/** `write` makes the file if it is absent. `read` changes nothing, except to undo what a power cut left half. */
export function openDatabase(path: string, how: 'read' | 'write'): Database {
  return databaseOn(how === 'write' ? openToWrite(path) : openToRead(path), path)
}

/** A database that lives in memory, for the simulated outside. */
export function connectInMemory(): Sqlite.DatabaseSync {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  return new DatabaseSync(':memory:', { defensive: true })
}

function connect(path: string, readOnly: boolean, settings: string): Sqlite.DatabaseSync {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const connection = new DatabaseSync(path, { readOnly, timeout: busyMs, defensive: true })
  try {
    connection.exec(settings)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

const openToWrite = (path: string): Sqlite.DatabaseSync =>
  attempt(path, () => connect(path, false, `${shared} ${durable}`))

function openToRead(path: string): Sqlite.DatabaseSync {
  try {
    return connect(path, true, `${shared} PRAGMA schema_version;`)
  } catch (error) {
    if (primaryCode(error) !== sqliteReadOnly) throw explain(path, error)
  }
  // A journal of an interrupted commit lies there: only one who may write can undo it.
  return attempt(path, () => connect(path, false, `${shared} PRAGMA query_only = ON;`))
}

export const journalOf = (path: string): string => `${path}-journal`

/** A commit was cut short, and opening the database will undo it: the journal's header, which a whole one clears, is there. */
export function hasCommitUnderWay(disk: Disk, path: string): boolean {
  const journal = journalOf(path)
  if (disk.lstat(journal) === undefined) return false
  using file = disk.open(journal, 'read')
  const header = new Uint8Array(8)
  file.read(header, 0)
  return header.some((byte) => byte !== 0)
}

export interface Commits {
  /** Called instead of committing at once; calls `commit` or throws. */
  readonly around?: (commit: () => void) => void
  /** False leaves the connection open when the database is disposed. */
  readonly closes?: boolean
}

/** Each is prepared once for a connection, which may outlive a database that was opened on it. */
const preparedOn = new WeakMap<Sqlite.DatabaseSync, Map<string, Sqlite.StatementSync>>()

function statementsOf(connection: Sqlite.DatabaseSync): Map<string, Sqlite.StatementSync> {
  const known = preparedOn.get(connection) ?? new Map<string, Sqlite.StatementSync>()
  preparedOn.set(connection, known)
  return known
}

/** Wraps a connection. How it was opened decides what it may do. */
export function databaseOn(connection: Sqlite.DatabaseSync, path: string, commits: Commits = {}): Database {
  const prepared = statementsOf(connection)
  let isInside = false
  let isReading = false
  let isClosed = false
  const endReading = (): void => {
    if (isReading && connection.isTransaction) attempt(path, () => connection.exec('COMMIT'))
    isReading = false
  }
  const statement = (sql: string): Sqlite.StatementSync => {
    if (isClosed) throw new Error(`used after closing: ${path}`)
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const fresh = connection.prepare(sql)
    prepared.set(sql, fresh)
    return fresh
  }
  const reader: DatabaseReader = {
    get: (sql, ...values) => attempt(path, () => statement(sql).get(...values) as SqlRow | undefined),
    all: (sql, ...values) => attempt(path, () => statement(sql).all(...values) as SqlRow[]),
    // Not from the cache: the caller may use the same text again while it walks.
    each: (sql, ...values) =>
      attempt(path, () => connection.prepare(sql).iterate(...values) as Iterable<SqlRow>),
  }
  const transaction: Transaction = {
    ...reader,
    run: (sql, ...values) =>
      attempt(path, () => {
        if (!isInside) throw new Error('run outside its transaction')
        return { changes: Number(statement(sql).run(...values).changes) }
      }),
  }
  const commit = (): void => attempt(path, () => connection.exec('COMMIT'))
  return {
    ...reader,
    transaction(work) {
      if (isInside) throw new Error('a transaction inside a transaction')
      if (isClosed) throw new Error(`used after closing: ${path}`)
      endReading()
      attempt(path, () => connection.exec('BEGIN IMMEDIATE'))
      isInside = true
      try {
        const result = work(transaction)
        if (result instanceof Promise) throw new Error('the work of a transaction may not wait')
        if (commits.around === undefined) commit()
        else commits.around(commit)
        return result
      } finally {
        isInside = false
        if (connection.isTransaction) connection.exec('ROLLBACK')
      }
    },
    reading() {
      if (isInside || isReading) return { [Symbol.dispose]: () => {} }
      attempt(path, () => connection.exec('BEGIN'))
      isReading = true
      return { [Symbol.dispose]: endReading }
    },
    [Symbol.dispose]() {
      if (isClosed) return
      endReading()
      isClosed = true
      prepared.clear()
      if (commits.closes !== false) connection.close()
    },
  }
}

function attempt<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw explain(path, error)
  }
}

const sqliteReadOnly = 8
const sqliteFull = 13
const busyCodes: readonly number[] = [5, 6]
const brokenCodes: readonly number[] = [11, 26]
const ioCodes: readonly number[] = [sqliteReadOnly, 10, 14, 23]

function primaryCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'errcode') : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

/** What the machine did to us becomes a MossError; wrong SQL and broken constraints are our own bugs. */
function explain(path: string, error: unknown): unknown {
  const code = primaryCode(error)
  if (code === undefined) return error
  const problem = (error as Error).message
  if (code === sqliteFull) return ioError('write', path, 'ENOSPC')
  if (busyCodes.includes(code)) return new MossError('STATE_LOCKED', { path }, error)
  if (brokenCodes.includes(code)) return new MossError('STATE_BROKEN', { path, problem }, error)
  return ioCodes.includes(code) ? ioError('use the database', path, problem) : error
}
