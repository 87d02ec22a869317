import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../src/host/database.ts'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import {
  closeJournal,
  makeStateTables,
  openJournal,
  peekJournal,
  readJournal,
  setJournalPhase,
} from '../../../src/state/tables.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'moss-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const entry = { kind: 'apply', from: 1, to: 2, phase: 'staging', withModel: false } as const

test('the header of the database tells at every step what the journal says', () => {
  const path = join(folder, 'moss.db')
  using database = openDatabase(path, 'write')
  makeStateTables(database)
  const disk = linuxDisk()
  const told = (): readonly [string, boolean] => [
    peekJournal(disk, path),
    readJournal(database) !== undefined,
  ]
  expect(told()).toEqual(['closed', false])
  database.transaction((transaction) => openJournal(transaction, entry))
  expect(told()).toEqual(['open', true])
  database.transaction((transaction) => setJournalPhase(transaction, 'staged'))
  expect(told()).toEqual(['open', true])
  expect(() =>
    database.transaction((transaction) => {
      closeJournal(transaction)
      throw new Error('cut short')
    }),
  ).toThrow('cut short')
  expect(told()).toEqual(['open', true])
  database.transaction(closeJournal)
  expect(told()).toEqual(['closed', false])
})
