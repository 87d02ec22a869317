import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync, mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import { workerPool } from '../../../src/host/pool.ts'
import { oracle } from '../../support/oracle.ts'
import { diskConformance } from './disk-conformance.ts'

const made: string[] = []
const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'moss-disk-'))
  made.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

diskConformance('the real one', () => {
  const folder = freshFolder()
  return {
    disk: linuxDisk(),
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
})

test('a name that is not UTF-8 is refused by list and removed by removeTree', () => {
  const folder = freshFolder()
  const disk = linuxDisk()
  mkdirSync(`${folder}/tree`)
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/tree/`), Buffer.of(0x61, 0xff)]), 'x')
  expect(() => disk.list(`${folder}/tree`)).toThrow(/not UTF-8/)
  disk.removeTree(`${folder}/tree`)
  expect(readdirSync(folder)).toEqual([])
  writeFileSync(`${folder}/\ufffd`, '')
  expect(disk.list(folder)).toEqual([{ name: '\ufffd', kind: 'file' }])
})

test('a path that would be cut short on its way to the kernel is a bug', () => {
  const disk = linuxDisk()
  expect(() => disk.rename('/tmp/a\0b', '/tmp/c', 'exclusive')).toThrow(/not a path/)
  expect(() => disk.getXattrs('/tmp/\ud800')).toThrow(/not a path/)
})

test('a fifo is not waited for', () => {
  const folder = freshFolder()
  expect(spawnSync('mkfifo', [`${folder}/fifo`]).status).toBe(0)
  expect(() => linuxDisk().open(`${folder}/fifo`, 'read')).toThrow(/not a regular file/)
})

test('a file that says it is empty but is not can be read (/proc)', () => {
  expect(linuxDisk().readFile('/proc/self/status', 60_000).length).toBeGreaterThan(100)
})

test('the lock of another process is seen, and dies with it', () => {
  const folder = freshFolder()
  const held = spawnSync('flock', ['-n', `${folder}/lock`, 'true'])
  if (held.status !== 0) return
  const disk = linuxDisk()
  {
    using _lock = disk.lock(`${folder}/lock`)
    expect(spawnSync('flock', ['-n', `${folder}/lock`, 'true']).status).toBe(1)
  }
  expect(spawnSync('flock', ['-n', `${folder}/lock`, 'true']).status).toBe(0)
})

test('removeTree empties more entries than one read of a folder gives', () => {
  const folder = freshFolder()
  mkdirSync(`${folder}/tree`)
  for (let i = 0; i < 3000; i++) writeFileSync(`${folder}/tree/${'x'.repeat(60)}${i}`, '')
  linuxDisk().removeTree(`${folder}/tree`)
  expect(readdirSync(folder)).toEqual([])
})

test('many files are placed by threads, and looked at as by this one; fewer are not worth starting them', async () => {
  const folder = freshFolder()
  await using pool = workerPool(new URL('../../support/host-worker.ts', import.meta.url), 2)
  let jobs = 0
  const disk = linuxDisk({ ...pool, width: 2, run: (job, input) => (jobs++, pool.run(job, input)) })
  writeFileSync(`${folder}/asset`, 'x')
  const folders = Array.from({ length: 500 }, (_, n) => `${folder}/${n}`)
  for (const one of folders) mkdirSync(one)
  const placements = Array.from({ length: 16_000 }, (_, n) => ({
    from: `${folder}/asset`,
    to: `${folders[n % 500]}/${n}`,
  }))
  const looksBefore = await disk.lookAtFolders(folders)
  expect((await disk.placeCopies(placements.slice(0, 999))).length).toBe(999)
  expect(jobs).toBe(0)
  expect((await disk.placeCopies(placements.slice(999))).length).toBe(15_001)
  expect(jobs).toBe(0)
  for (const { to } of placements) rmSync(to)
  expect((await disk.placeCopies(placements)).length).toBe(16_000)
  expect(jobs).toBe(32)
  const looks = await disk.lookAtFolders(folders)
  expect(jobs).toBe(42)
  expect(looks).toEqual(await linuxDisk().lookAtFolders(folders))
  expect(looks).not.toEqual(looksBefore)
  expect(readdirSync(`${folder}/499`).length).toBe(32)
})

const isInMemory = spawnSync('stat', ['-f', '-c', '%T', tmpdir()], { encoding: 'utf8' }).stdout === 'tmpfs\n'
if (isInMemory)
  console.warn('skipped: the folder for temporary files is in memory, where nothing can be dropped')

test.skipIf(isInMemory || !oracle('fincore'))(
  'what was synced is read from the device after dropCached',
  () => {
    const disk = linuxDisk()
    const path = join(freshFolder(), 'written')
    {
      using file = disk.open(path, 'create')
      file.write(new Uint8Array(4 << 20).fill(7), 0)
      file.sync()
    }
    const pages = (): number =>
      Number(spawnSync('fincore', ['-n', '-r', '-o', 'PAGES', path], { encoding: 'utf8' }).stdout)
    expect(pages()).toBeGreaterThan(0)
    disk.dropCached(path)
    expect(pages()).toBe(0)
    expect(disk.readFile(path, 8 << 20).every((byte) => byte === 7)).toBe(true)
    expect(() => disk.dropCached(`${path}-gone`)).toThrow(/ENOENT|not there/)
  },
)
