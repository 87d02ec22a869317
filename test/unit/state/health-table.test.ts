// What is remembered of states' health, also in a database that was made before there was any.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import {
  clearFailed,
  hasCounted,
  makeStateTables,
  readFailed,
  readHealth,
  writeHealth,
} from '../../../src/state/tables.ts'
import { scratchFolder } from '../../support/scratch.ts'

test('an older database is read as one in which all was well, and gets the table when it is written', async () => {
  const folder = scratchFolder()
  await using outside = linuxOutside()
  const path = join(folder, 'moss.db')
  const none = { boots: 0, counted: '', failed: '', packages: '' }
  try {
    {
      using database = outside.openDatabase(path, 'write')
      makeStateTables(database)
      database.transaction((transaction) => transaction.run('DROP TABLE state_health'))
    }
    {
      using database = outside.openDatabase(path, 'read')
      expect(readHealth(database, 3)).toEqual(none)
    }
    using database = outside.openDatabase(path, 'write')
    makeStateTables(database)
    database.transaction((transaction) => {
      writeHealth(transaction, 3, { boots: 1, counted: 'a boot' })
      writeHealth(transaction, 3, { failed: 'ill', packages: 'set' })
      writeHealth(transaction, 5, { failed: 'still ill', packages: 'set' })
    })
    expect(readHealth(database, 3)).toEqual({ boots: 1, counted: 'a boot', failed: 'ill', packages: 'set' })
    expect([
      hasCounted(database, 'a boot'),
      hasCounted(database, 'another'),
      hasCounted(database, ''),
    ]).toEqual([true, false, false])
    expect(readFailed(database, 'set')).toEqual({ state: 5, why: 'still ill' })
    database.transaction((transaction) => clearFailed(transaction, 'set'))
    expect(readFailed(database, 'set')).toBeUndefined()
    expect(readHealth(database, 5)).toEqual(none)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
