import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { connectInMemory, databaseOn, openDatabase } from '../../../src/host/database.ts'
import { oracle } from '../../support/oracle.ts'

const folder = mkdtempSync(join(tmpdir(), 'moss-database-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const freshPath = (): string => join(folder, `${count++}.db`)

function withItems(path: string, ...items: readonly number[]): void {
  using database = openDatabase(path, 'write')
  database.transaction((t) => {
    t.run('CREATE TABLE item (n INTEGER NOT NULL UNIQUE, body BLOB)')
    for (const item of items) t.run('INSERT INTO item VALUES (?, ?)', item, Uint8Array.of(item))
  })
}

test('what a transaction did is there for the next one that opens the file', () => {
  const path = freshPath()
  withItems(path, 1, 2, 2 ** 40)
  using database = openDatabase(path, 'read')
  expect(database.all('SELECT n FROM item ORDER BY n').map((row) => row['n'])).toEqual([1, 2, 2 ** 40])
  expect(database.get('SELECT body FROM item WHERE n = ?', 2)?.['body']).toEqual(Uint8Array.of(2))
  expect(database.get('SELECT n FROM item WHERE n = 9')).toBeUndefined()
})

test('a transaction whose work throws did nothing', () => {
  const path = freshPath()
  withItems(path, 1)
  using database = openDatabase(path, 'write')
  expect(() =>
    database.transaction((t) => {
      expect(t.run('DELETE FROM item').changes).toBe(1)
      throw new Error('stop')
    }),
  ).toThrow('stop')
  expect(database.all('SELECT n FROM item').length).toBe(1)
})

test('misuse is a bug of ours: waiting inside, nesting, writing outside, broken constraints, wrong SQL', () => {
  const path = freshPath()
  withItems(path, 1)
  using database = openDatabase(path, 'write')
  expect(() => database.transaction(() => Promise.resolve())).toThrow(/may not wait/)
  expect(() => database.transaction(() => database.transaction(() => {}))).toThrow(/inside a transaction/)
  expect(() => database.transaction((t) => t.run('INSERT INTO item VALUES (1, NULL)'))).toThrow(/UNIQUE/)
  expect(() => database.all('SELEC')).toThrow(/syntax/)
  let kept: ((sql: string) => unknown) | undefined
  database.transaction((t) => (kept = (sql) => t.run(sql)))
  expect(() => kept?.('DELETE FROM item')).toThrow(/outside its transaction/)
})

test('each walks while the same text is used again', () => {
  const path = freshPath()
  withItems(path, 1, 2, 3)
  using database = openDatabase(path, 'read')
  const sql = 'SELECT n FROM item ORDER BY n'
  const seen: unknown[] = []
  for (const row of database.each(sql)) seen.push([row['n'], database.all(sql).length])
  expect(seen).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ])
})

test('a reader makes no file and writes nothing', () => {
  const path = freshPath()
  expect(() => openDatabase(path, 'read')).toThrow(expect.objectContaining({ code: 'HOST_IO' }))
  expect(existsSync(path)).toBe(false)
  withItems(path, 1)
  using database = openDatabase(path, 'read')
  expect(() => database.transaction((t) => t.run('DELETE FROM item'))).toThrow(
    expect.objectContaining({ code: 'HOST_IO' }),
  )
})

test('a file that is no database is reported as broken', () => {
  const path = freshPath()
  writeFileSync(path, 'x'.repeat(5000))
  expect(() => openDatabase(path, 'write')).toThrow(expect.objectContaining({ code: 'STATE_BROKEN' }))
  expect(() => openDatabase(path, 'read')).toThrow(expect.objectContaining({ code: 'STATE_BROKEN' }))
})

test('while another one writes, it is busy', () => {
  const path = freshPath()
  withItems(path, 1)
  using first = openDatabase(path, 'write')
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  using second = databaseOn(new DatabaseSync(path, { timeout: 0 }), path)
  first.transaction((t) => {
    t.run('DELETE FROM item')
    expect(() => second.transaction(() => {})).toThrow(expect.objectContaining({ code: 'STATE_LOCKED' }))
  })
})

test('a reader undoes what a killed writer left half done', () => {
  const path = freshPath()
  withItems(path, 1)
  const script = `import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, '../../../src/host/database.ts'))}
    openDatabase(${JSON.stringify(path)}, 'write').transaction((t) => {
      t.run('PRAGMA cache_size = 1')
      for (let n = 2; n < 2000; n++) t.run('INSERT INTO item VALUES (?, ?)', n, new Uint8Array(3000))
      process.kill(process.pid, 'SIGKILL')
    })`
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect(ran.signal).toBe('SIGKILL')
  expect(statSync(`${path}-journal`).size).toBeGreaterThan(0)
  using database = openDatabase(path, 'read')
  expect(database.all('SELECT n FROM item').map((row) => row['n'])).toEqual([1])
  expect(() => database.transaction((t) => t.run('DELETE FROM item'))).toThrow(
    expect.objectContaining({ code: 'HOST_IO' }),
  )
})

test.skipIf(!oracle('sqlite3'))('sqlite3 finds the file in order, and no write-ahead log', () => {
  const path = freshPath()
  withItems(path, 1, 2)
  const ran = spawnSync(
    'sqlite3',
    [path, 'PRAGMA integrity_check; PRAGMA journal_mode; SELECT sum(n) FROM item'],
    {
      encoding: 'utf8',
    },
  )
  expect(ran.stdout.split('\n').slice(0, 3)).toEqual(['ok', 'delete', '3'])
})

test('a commit can be taken over, and may be refused', () => {
  const connection = connectInMemory()
  using database = databaseOn(connection, 'here', { around: (commit) => (isRefused ? undefined : commit()) })
  let isRefused = false
  database.transaction((t) => t.run('CREATE TABLE a (n)'))
  isRefused = true
  database.transaction((t) => t.run('INSERT INTO a VALUES (1)'))
  expect(database.all('SELECT * FROM a')).toEqual([])
})

test('reading goes on seeing one state until it ends, and a transaction ends it', () => {
  const path = freshPath()
  withItems(path, 1)
  using reader = openDatabase(path, 'read')
  const count = (): unknown => reader.get('SELECT count(*) AS n FROM item')?.['n']
  const reading = reader.reading()
  expect(count()).toBe(1)
  using writer = openDatabase(path, 'write')
  writer.reading()
  expect(writer.get('SELECT n FROM item')?.['n']).toBe(1)
  reading[Symbol.dispose]()
  writer.transaction((t) => t.run('INSERT INTO item VALUES (2, NULL)'))
  expect(count()).toBe(2)
})
