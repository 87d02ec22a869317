// What a station keeps of its hosts, in tables: the newest state of each as it was signed, with what lists show of it
// beside; the groups they are in; the bundles that were made for them and that no state of theirs has answered yet.
import { fromHex, toHex } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { ContainerId, HostId, KeyId } from '../base/ids.ts'
import type { Database, DatabaseReader, SqlRow, Transaction } from '../host/database.ts'
import { decodeHostRecord, encodeHostRecord, type HostState, type Outcome } from './host-state.ts'

const statements = [
  `CREATE TABLE hosts (
    id TEXT PRIMARY KEY,
    key BLOB NOT NULL,
    name TEXT NOT NULL,
    counter INTEGER NOT NULL,
    written INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    follows TEXT NOT NULL,
    channel TEXT,
    serial INTEGER,
    lacking INTEGER NOT NULL,
    outcome TEXT,
    detail TEXT,
    container BLOB NOT NULL,
    record BLOB NOT NULL,
    state BLOB NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX hosts_by_name ON hosts (name)',
  `CREATE TABLE groups (
    name TEXT NOT NULL,
    host TEXT NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    PRIMARY KEY (name, host)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE sent (
    host TEXT NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    bundle BLOB NOT NULL,
    counter INTEGER NOT NULL,
    channel TEXT NOT NULL,
    serial INTEGER NOT NULL,
    made INTEGER NOT NULL,
    PRIMARY KEY (host, bundle)
  ) STRICT, WITHOUT ROWID`,
]

/** What the tables of version 1 lack. */
const since1 = [
  'ALTER TABLE sent ADD COLUMN snapshot BLOB',
  'ALTER TABLE sent ADD COLUMN sealed TEXT',
  'ALTER TABLE hosts ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0',
]

/** A bundle that was made for a host, and that it has not answered. */
export interface SentBundle {
  readonly bundle: ContainerId
  /** Of the state that it was made for. */
  readonly counter: number
  readonly channel: string
  readonly serial: number
  /** Of two channels with one name it tells which; absent of what an older moss has made. */
  readonly snapshot?: ContainerId
  /** How long each of its files is, in their order, where it is sealed: a station cannot open it. */
  readonly sealed?: readonly number[]
  /** By the station's clock, seconds since 1970. */
  readonly made: number
}

/** What is known of a host without reading its state. */
export interface KnownHost {
  readonly host: HostId
  readonly key: KeyId
  readonly name: string
  readonly counter: number
  /** By the host's clock. */
  readonly written: number
  /** By the station's. */
  readonly seen: number
  /** The channel that its model names. */
  readonly follows: string
  /** Whose serial it has; both absent before its first bundle. */
  readonly channel?: string
  readonly serial?: number
  /** Contents that it asks for again. */
  readonly lacking: number
  /** What became of the last bundle that it was given. */
  readonly outcome?: Outcome
  readonly detail?: string
}

/** Of the tables; what a later moss made is not read as if it were these. Those of 1 are these but for some columns. */
const version = 2

const versionOf = (reader: DatabaseReader): unknown => reader.get('PRAGMA user_version')?.['user_version']

/** False for a file that a power cut left empty. Throws STATE_BROKEN for tables of another version. */
export function hasTables(reader: DatabaseReader, path: string): boolean {
  const found = versionOf(reader)
  if (found === version || found === 1) return true
  const isEmpty = reader.get('SELECT 1 FROM sqlite_schema') === undefined
  if (found === 0 && isEmpty) return false
  throw new MossError('STATE_BROKEN', {
    path,
    problem: `its tables are of version ${String(found)}, and ${version} is known`,
  })
}

export function createTables(database: Database, path: string): void {
  const isThere = hasTables(database, path)
  if (isThere && versionOf(database) === version) return
  database.transaction((transaction) => {
    for (const statement of isThere ? since1 : [...statements, ...since1]) transaction.run(statement)
    transaction.run(`PRAGMA user_version = ${version}`)
  })
}

const columns = 'id, key, name, counter, written, seen, follows, channel, serial, lacking, outcome, detail'

const present = <T>(row: SqlRow, column: string): T | undefined => (row[column] ?? undefined) as T | undefined

function knownIn(row: SqlRow): KnownHost {
  const channel = present<string>(row, 'channel')
  const outcome = present<Outcome>(row, 'outcome')
  return {
    host: row['id'] as HostId,
    key: toHex(row['key'] as Uint8Array) as KeyId,
    name: row['name'] as string,
    counter: row['counter'] as number,
    written: row['written'] as number,
    seen: row['seen'] as number,
    follows: row['follows'] as string,
    lacking: row['lacking'] as number,
    ...(channel !== undefined && { channel, serial: row['serial'] as number }),
    ...(outcome !== undefined && { outcome, detail: row['detail'] as string }),
  }
}

/** By name, then by id. */
export const allHosts = (reader: DatabaseReader): readonly KnownHost[] =>
  reader.all(`SELECT ${columns} FROM hosts ORDER BY name, id`).map(knownIn)

export function findHost(reader: DatabaseReader, host: HostId): KnownHost | undefined {
  const row = reader.get(`SELECT ${columns} FROM hosts WHERE id = ?`, host)
  return row && knownIn(row)
}

/** Several hosts may go by one name. */
export const hostsOfName = (reader: DatabaseReader, name: string): readonly HostId[] =>
  reader.all('SELECT id FROM hosts WHERE name = ? ORDER BY id', name).map((row) => row['id'] as HostId)

/** A state that was verified, by the key of its host. */
export interface VerifiedState {
  readonly id: ContainerId
  readonly state: HostState
  readonly key: KeyId
  /** It came so that this station alone could read it. */
  readonly wasSealed?: boolean
}

/** Not verified once more: who can write here can write all. Throws CBOR_INVALID, SHAPE_INVALID for one that rotted. */
export function findState(reader: DatabaseReader, host: HostId): VerifiedState | undefined {
  const sealed = versionOf(reader) === 1 ? '0 AS sealed' : 'sealed'
  const row = reader.get(
    `SELECT key, counter, written, container, record, ${sealed} FROM hosts WHERE id = ?`,
    host,
  )
  return (
    row && {
      id: toHex(row['container'] as Uint8Array) as ContainerId,
      state: decodeHostRecord({
        host,
        counter: row['counter'] as number,
        created: row['written'] as number,
        recordBytes: row['record'] as Uint8Array,
      }),
      key: toHex(row['key'] as Uint8Array) as KeyId,
      wasSealed: row['sealed'] === 1,
    }
  )
}

export interface StateToKeep extends VerifiedState {
  /** The file that it came in: what a host has signed is kept as long as it is the newest. */
  readonly bytes: Uint8Array
  /** The channel that its model names. */
  readonly follows: string
  readonly seen: number
}

/** In place of the one before; what it answers, or has gone past, is not under way any more. */
export function putState(
  transaction: Transaction,
  { id, state, key, wasSealed, bytes, follows, seen }: StateToKeep,
): void {
  const { host, name, counter, created, channel, lacking, answers } = state
  transaction.run(
    `INSERT INTO hosts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET key = excluded.key, name = excluded.name, counter = excluded.counter,
      written = excluded.written, seen = excluded.seen, follows = excluded.follows, channel = excluded.channel,
      serial = excluded.serial, lacking = excluded.lacking, outcome = excluded.outcome, detail = excluded.detail,
      container = excluded.container, record = excluded.record, state = excluded.state, sealed = excluded.sealed`,
    host,
    fromHex(key),
    name,
    counter,
    created,
    seen,
    follows,
    channel?.name ?? null,
    channel?.serial ?? null,
    lacking.length,
    answers?.outcome ?? null,
    answers?.detail ?? null,
    fromHex(id),
    encodeHostRecord(state),
    bytes,
    wasSealed === true ? 1 : 0,
  )
  if (answers !== undefined)
    transaction.run('DELETE FROM sent WHERE host = ? AND bundle = ?', host, fromHex(answers.bundle))
  if (channel !== undefined)
    transaction.run(
      'DELETE FROM sent WHERE host = ? AND channel = ? AND serial <= ? AND counter < ?',
      host,
      channel.name,
      channel.serial,
      counter,
    )
}

/** And with it what is under way to it, and its place in groups. */
export const removeHost = (transaction: Transaction, host: HostId): boolean =>
  transaction.run('DELETE FROM hosts WHERE id = ?', host).changes > 0

/** The newest first. */
export const sentTo = (reader: DatabaseReader, host: HostId): readonly SentBundle[] =>
  reader.all('SELECT * FROM sent WHERE host = ? ORDER BY made DESC, serial DESC', host).map(sentIn)

/** The newest of each host that one is under way to. */
export function lastSent(reader: DatabaseReader): ReadonlyMap<HostId, SentBundle> {
  const last = new Map<HostId, SentBundle>()
  for (const row of reader.all('SELECT * FROM sent ORDER BY made, serial'))
    last.set(row['host'] as HostId, sentIn(row))
  return last
}

function sentIn(row: SqlRow): SentBundle {
  const snapshot = present<Uint8Array>(row, 'snapshot')
  const sealed = present<string>(row, 'sealed')
  return {
    bundle: toHex(row['bundle'] as Uint8Array) as ContainerId,
    counter: row['counter'] as number,
    channel: row['channel'] as string,
    serial: row['serial'] as number,
    ...(snapshot !== undefined && { snapshot: toHex(snapshot) as ContainerId }),
    ...(sealed !== undefined && { sealed: sealed.split(' ').map(Number) }),
    made: row['made'] as number,
  }
}

export function putSent(transaction: Transaction, host: HostId, sent: SentBundle): void {
  transaction.run(
    `INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (host, bundle) DO UPDATE SET made = excluded.made, snapshot = excluded.snapshot, sealed = excluded.sealed`,
    host,
    fromHex(sent.bundle),
    sent.counter,
    sent.channel,
    sent.serial,
    sent.made,
    sent.snapshot === undefined ? null : fromHex(sent.snapshot),
    sent.sealed?.join(' ') ?? null,
  )
}

/** Names of the groups that there are, with their hosts by name. */
export function allGroups(reader: DatabaseReader): ReadonlyMap<string, readonly HostId[]> {
  const groups = new Map<string, HostId[]>()
  const rows = reader.all(
    'SELECT groups.name AS name, host FROM groups JOIN hosts ON id = host ORDER BY groups.name, hosts.name, host',
  )
  for (const row of rows) groups.getOrInsert(row['name'] as string, []).push(row['host'] as HostId)
  return groups
}

export function putInGroup(transaction: Transaction, group: string, host: HostId): void {
  transaction.run('INSERT INTO groups VALUES (?, ?) ON CONFLICT DO NOTHING', group, host)
}

export function takeFromGroup(transaction: Transaction, group: string, host: HostId): void {
  transaction.run('DELETE FROM groups WHERE name = ? AND host = ?', group, host)
}
