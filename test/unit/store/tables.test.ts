import { expect, test } from 'vitest'
import { connectInMemory, databaseOn } from '../../../src/host/database.ts'
import { allAssetIds, allContentSizes, createTables } from '../../../src/store/tables.ts'

/** More than are read at once. */
const rows = 50_003

function filled(count: number) {
  const database = databaseOn(connectInMemory(), 'test')
  createTables(database)
  const numbers = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)'
  // From the last to the first, so that rows and digests are in opposite orders; the bytes are no text.
  const digest = (kind: string) => `unhex(printf('${kind}%062x', ${rows} - i))`
  database.transaction((transaction) => {
    transaction.run(
      `${numbers} INSERT INTO contents (digest, size) SELECT ${digest('fe')}, i * 100003 FROM n`,
      count,
    )
    transaction.run(
      `${numbers} INSERT INTO assets (id, content, mode, uid, gid) SELECT ${digest('00')}, i, 420, 0, 0 FROM n`,
      count,
    )
  })
  return database
}

const digits = (kind: string, i: number): string => kind + (rows - i).toString(16).padStart(62, '0')

test('all contents with their sizes, and all assets, are read however many there are', () => {
  using database = filled(rows)
  const sizes = allContentSizes(database)
  const assets: ReadonlySet<string> = allAssetIds(database)
  expect([sizes.size, assets.size]).toEqual([rows, rows])
  const found: ReadonlyMap<string, number> = sizes
  for (let i = 1; i <= rows; i++) {
    if (found.get(digits('fe', i)) !== i * 100_003) expect.unreachable(`content ${i}`)
    if (!assets.has(digits('00', i))) expect.unreachable(`asset ${i}`)
  }
})

test('an empty store has none', () => {
  using database = databaseOn(connectInMemory(), 'test')
  createTables(database)
  expect([allContentSizes(database).size, allAssetIds(database).size]).toEqual([0, 0])
})
