import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StateNumber } from '../../../src/base/ids.ts'
import { openDatabase } from '../../../src/host/database.ts'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import { markConfirmed } from '../../../src/state/health.ts'
import {
  addHistory,
  closeJournal,
  makeStateTables,
  mayHaveNews,
  openJournal,
  setJournalPhase,
} from '../../../src/state/tables.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'moss-news-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const record = {
  number: 2 as StateNumber,
  created: 0,
  model: '',
  packages: [],
  triggers: [],
  made: [],
}
const entry = { kind: 'apply', from: 1, to: 2, phase: 'staging', withModel: false } as const

test('the header of the database tells whether there is something to look up', () => {
  const path = join(folder, 'moss.db')
  using database = openDatabase(path, 'write')
  makeStateTables(database)
  const disk = linuxDisk()
  const isTold = (): boolean => mayHaveNews(disk, path)
  expect(isTold()).toBe(false)
  database.transaction((transaction) => openJournal(transaction, entry))
  expect(isTold()).toBe(true)
  database.transaction((transaction) => setJournalPhase(transaction, 'staged'))
  expect(isTold()).toBe(true)
  expect(() =>
    database.transaction((transaction) => {
      closeJournal(transaction)
      throw new Error('cut short')
    }),
  ).toThrow('cut short')
  expect(isTold()).toBe(true)
  database.transaction(closeJournal)
  expect(isTold()).toBe(false)
  database.transaction((transaction) => {
    openJournal(transaction, entry)
    addHistory(transaction, { atMs: 1, kind: 'apply', from: 1, to: 2 })
    closeJournal(transaction)
  })
  expect(isTold()).toBe(true)
  database.transaction((transaction) => markConfirmed(transaction, record))
  expect(isTold()).toBe(false)
  database.transaction((transaction) => {
    openJournal(transaction, { ...entry, kind: 'back' })
    addHistory(transaction, { atMs: 2, kind: 'back', from: 3, to: 2 })
    closeJournal(transaction)
  })
  expect(isTold()).toBe(true)
})
