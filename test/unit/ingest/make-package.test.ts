import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Progress } from '../../../src/base/progress.ts'
import { openContainer } from '../../../src/container/read.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import type { PackageSource, SourceEntry } from '../../../src/ingest/source.ts'
import { noScripts } from '../../../src/ingest/scripts.ts'
import { debOf, paxRecord } from '../../support/foreign.ts'
import { fileAt, Workshop } from '../../support/ingested.ts'

const shop = new Workshop()
afterAll(() => shop[Symbol.dispose]())

const MiB = 1024 * 1024
const sampleDeb = debOf([
  { name: './usr/bin/tide', body: '#!/bin/sh\n', mode: 0o755, modified: 1_600_000_000 },
  { name: './usr/share/big', body: Buffer.alloc(2 * MiB, 'tide and time '), modified: 1_600_000_777 },
  { name: './usr/share/small', body: 'small', modified: 1_500_000_000 },
])

test('the same .deb gives the same bytes, at any time and in any folder', async () => {
  const first = await shop.deb(sampleDeb)
  const second = await shop.deb(sampleDeb)
  expect(readFileSync(second.path)).toEqual(readFileSync(first.path))
  expect(basename(second.path)).toBe(`tide_1.0-1_${first.id.slice(0, 12)}.moss`)
})

test('the date is the newest in the package, or the one that is given', async () => {
  const headOf = (path: string) => openContainer(bytesSource(path, readFileSync(path))).head
  const made = await shop.deb(sampleDeb)
  expect(headOf(made.path)).toMatchObject({
    kind: 'package',
    created: 1_600_000_777,
    about: { name: 'tide', version: '1.0-1', architecture: 'amd64' },
  })
  expect(headOf((await shop.deb(sampleDeb, { created: 77 })).path).created).toBe(77)
})

test('what is read back is what was put in, and the report counts it', async () => {
  const made = await shop.deb(sampleDeb)
  const contents = await shop.readBack(made)
  expect(contents.get('usr/share/small')).toEqual(new Uint8Array(Buffer.from('small')))
  expect(contents.get('usr/share/big')).toEqual(new Uint8Array(Buffer.alloc(2 * MiB, 'tide and time ')))
  expect(made.report).toMatchObject({ files: 3, plainBytes: 2 * MiB + 15, notes: [], outsideFolders: [] })
  expect(made.report.storedBytes).toBeLessThan(MiB)
})

test('a package that is there already is not written again', async () => {
  const folder = shop.emptyFolder()
  expect((await shop.deb(sampleDeb, { folder })).isNew).toBe(true)
  expect((await shop.deb(sampleDeb, { folder })).isNew).toBe(false)
  expect(readdirSync(folder)).toHaveLength(1)
})

test('frames grow in the folder that is named for them, and are gone afterwards', async () => {
  const spoolFolder = shop.emptyFolder()
  const folder = shop.emptyFolder()
  const seen = new Set<string>()
  const report = (): void => {
    for (const name of readdirSync(spoolFolder)) seen.add(name)
  }
  await shop.deb(sampleDeb, { folder, spoolFolder, report })
  expect([...seen]).toEqual(['.package.frames'])
  expect(readdirSync(spoolFolder)).toEqual([])
})

test('a colon of an epoch is not in the file’s name', async () => {
  const control = {
    control: 'Package: a\nVersion: 1:2.0\nArchitecture: all\nDescription: a\n',
  }
  expect(basename((await shop.deb(debOf([], control))).path)).toMatch(/^a_1%3a2\.0_[0-9a-f]{12}\.moss$/)
})

test('file capabilities are kept and listed as privileged, other attributes are left out and told', async () => {
  const pax = Buffer.concat([
    paxRecord('SCHILY.xattr.security.capability', new Uint8Array([1, 0, 0, 2])),
    paxRecord('SCHILY.xattr.user.mood', 'calm'),
  ])
  const made = await shop.deb(
    debOf([
      { name: 'pax', kind: 'x', body: pax },
      { name: './usr/bin/ping', body: 'p', mode: 0o755 },
    ]),
  )
  expect(fileAt(made, 'usr/bin/ping').xattrs).toEqual({ 'security.capability': new Uint8Array([1, 0, 0, 2]) })
  expect(made.manifest.privileged).toEqual(['usr/bin/ping'])
  expect(made.report.notes).toEqual(['usr/bin/ping: the extended attribute user.mood is left out'])
})

test('progress rises, and names what is read', async () => {
  const heard: Progress[] = []
  await shop.deb(sampleDeb, { report: (progress) => heard.push(progress) })
  const read = heard.filter(({ phase }) => phase === 'read')
  expect(read.map(({ item, doneItems }) => `${doneItems} ${item}`)).toEqual([
    '1 usr/bin/tide',
    '2 usr/share/big',
    '3 usr/share/small',
  ])
})

/** Entries with bodies that are made as they are read. */
const madeUp = (entries: () => AsyncGenerator<SourceEntry>): PackageSource => ({
  path: 'made-up',
  description: {
    name: 'made-up',
    version: '1',
    scheme: 'moss',
    architecture: 'any',
    summary: '',
    description: '',
    licence: '',
    origin: '',
    provides: [],
    requires: [],
    conflicts: [],
    replaces: [],
  },
  scripts: noScripts,
  entries,
})

test('memory is bounded by batches and windows, not by the package', async () => {
  const piece = Buffer.alloc(MiB, 'the same tide again ')
  const files = 6
  const owned = { mode: 0o644, uid: 0, gid: 0, modified: 0 }
  let highest = 0
  const source = madeUp(async function* () {
    for (let i = 0; i < files; i++)
      yield {
        ...owned,
        kind: 'file',
        path: `usr/share/${i}`,
        sizeBytes: 32 * MiB,
        body: async function* () {
          for (let n = 0; n < 32; n++) {
            highest = Math.max(highest, process.memoryUsage().arrayBuffers)
            yield piece
          }
        },
      }
  })
  const before = process.memoryUsage().arrayBuffers
  const made = await shop.make(source, { level: 1 })
  expect(made.report.plainBytes).toBe(files * 32 * MiB)
  expect(highest - before).toBeLessThan(128 * MiB)
})

test('a failure in the middle of a body leaves nothing behind', async () => {
  const folder = shop.emptyFolder()
  const source = madeUp(async function* () {
    yield {
      kind: 'file',
      path: 'usr/a',
      mode: 0o644,
      uid: 0,
      gid: 0,
      modified: 0,
      sizeBytes: 2 * MiB,
      body: async function* () {
        yield new Uint8Array(MiB)
        throw new Error('the medium is gone')
      },
    }
  })
  await expect(shop.make(source, { folder })).rejects.toThrow('the medium is gone')
  expect(readdirSync(folder)).toEqual([])
})
