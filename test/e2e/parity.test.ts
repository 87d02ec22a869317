// A stick with bad stretches and parity beside the bundle, by the built program: exported, spoiled, verified, taken in and applied;
// the first sector included, volumes and sealed bundles too; and what is beyond parity.
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silent } from '../../src/base/progress.ts'
import type { Disk } from '../../src/host/disk.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { ioError } from '../../src/host/problem.ts'
import { importBundles } from '../../src/ops/import.ts'
import { noise } from '../support/containers.ts'
import { spoil, type Stretch } from '../support/parity.ts'
import { type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const home = ['--home', 'station'] as const
const chart = noise(11_000_000, 3)
const hosts = ['host', 'second', 'third', 'fourth', 'fifth', 'sixth'] as const
const at = (...names: readonly string[]): string => join(moss.folder, ...names)
const namesIn = (folder: string): readonly string[] => readdirSync(at(folder)).toSorted()
const isTaken = (root: string): boolean => readFileSync(at(root, 'usr/share/chart')).equals(chart)

const spoilFile = (name: string, stretches: readonly Stretch[]): void => {
  const bytes = readFileSync(at(name))
  spoil(bytes, stretches)
  writeFileSync(at(name), bytes)
}

/** 4 % of 11 MB, the first sector among them. */
const bearable = [
  { at: 0, sizeBytes: 65_536 },
  { at: 3_000_001, sizeBytes: 200_000 },
  { at: 10_000_000, sizeBytes: 170_000 },
]

const copyPair = (from: string, to: string): void => {
  copyFileSync(at(from), at(to))
  copyFileSync(at(`${from}.parity`), at(`${to}.parity`))
}

beforeAll(() => {
  moss = programIn(scratchFolder())
  mkdirSync(at('harbour/usr/share'), { recursive: true })
  writeFileSync(at('harbour/usr/share/chart'), chart)
  moss.well('key', 'generate', '--no-passphrase', ...home)
  moss.well('channel', 'create', 'stable', ...home)
  moss.well('add', 'stable', 'harbour', '--name', 'harbour', '--version', '1', ...home)
  moss.well('channel', 'publish', 'stable', ...home)
  for (const root of hosts) {
    moss.well('init', '--trust', 'station/root.moss-root', '--name', root, '--root', root)
    moss.well('subscribe', 'harbour', '--root', root)
    moss.well('state', 'export', `${root}.moss-state`, '--root', root)
    moss.well('fleet', 'enroll', `${root}.moss-state`, ...home)
  }
  for (const folder of ['stick', 'cut', 'sealed']) mkdirSync(at(folder))
  moss.well('export', ...hosts.flatMap((host) => ['--for', host]), '--parity', '5%', '-o', 'a.moss', ...home)
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('parity lies beside the bundle, and verify tells how much it can bear', () => {
  const { length } = readFileSync(at('a.moss'))
  const parity = readFileSync(at('a.moss.parity')).length / length
  expect(parity).toBeGreaterThan(0.05)
  expect(parity).toBeLessThan(0.07)
  expect(moss.well('verify', 'a.moss', '--root', 'host').stdout).toMatch(
    /whole and genuine.*; parity: whole; bad stretches of \d+ kB could be repaired/,
  )
  expect(moss.code('verify', 'a.moss.parity', '--root', 'host')).toBe('CONTAINER_NOT_ONE')
  const parityOf = (text: string): string | undefined =>
    moss.code('export', '--for', 'host', '--parity', text, '-o', 'b.moss', ...home)
  expect(['0', '51%', '5.5%', 'x'].map(parityOf)).toEqual(Array.from({ length: 4 }, () => 'CLI_USAGE'))
})

test('a bundle with bad stretches, the first sector among them, is taken in whole and applied', () => {
  copyPair('a.moss', 'b.moss')
  spoilFile('b.moss', bearable)
  expect(moss.text('verify', 'b.moss', '--root', 'host')).toMatch(
    /b\.moss: parity: \d+ of [\d,]+ shards bad, all of which can be repaired[\s\S]*CONTAINER_NOT_ONE/,
  )
  const said = moss.text('import', 'b.moss', '--root', 'host')
  expect(said).toContain(
    'b.moss: 3 stretches are bad and repaired by the parity beside it; copy it to another medium',
  )
  expect(said).toContain('[exit 0]')
  moss.well('apply', '--root', 'host')
  expect(isTaken('host')).toBe(true)
  expect(namesIn('host/.moss/incoming')).toEqual([])
  // Damage that was repaired is no refusal.
  expect(moss.well('trust', 'log', '--root', 'host').stdout).not.toContain('refused')
})

test('a medium that gives nothing where it is bad is as good as one that gives other bytes', async () => {
  copyPair('a.moss', 'd.moss')
  await using outside = linuxOutside()
  let failures = 0
  const open: Disk['open'] = (path, how, mode) => {
    const file = outside.disk.open(path, how, mode)
    if (path !== at('d.moss')) return file
    return {
      path,
      read(into, from) {
        const isBad = bearable.some((bad) => from < bad.at + bad.sizeBytes && bad.at < from + into.length)
        if (!isBad) return file.read(into, from)
        failures++
        throw ioError('read', path, 'EIO')
      },
      write: (bytes, to) => file.write(bytes, to),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      sync: () => file.sync(),
      stat: () => file.stat(),
      [Symbol.dispose]: () => file[Symbol.dispose](),
    }
  }
  const disk: Disk = { ...outside.disk, open }
  const { bundles } = await importBundles(
    { ...outside, disk },
    { root: at('sixth'), files: [at('d.moss')] },
    silent,
  )
  expect(bundles).toHaveLength(1)
  expect(failures).toBeGreaterThan(100)
  moss.well('apply', '--root', 'sixth')
  expect(isTaken('sixth')).toBe(true)
})

test('sync takes a bundle of which nothing can be read but what parity says of it, and the next time leaves it', () => {
  moss.well('export', '--for', 'second', '--parity', '5', '-o', 'stick', ...home)
  const [name = ''] = namesIn('stick/moss/bundles').filter((each) => each.endsWith('.moss'))
  spoilFile(`stick/moss/bundles/${name}`, bearable)
  expect(moss.text('sync', 'stick', '--policy', 'apply', '-y', '--root', 'second')).toContain(
    '3 stretches are bad',
  )
  expect(isTaken('second')).toBe(true)
  expect(moss.text('sync', 'stick', '--policy', 'apply', '-y', '--root', 'second')).not.toContain('stretches')
})

test('each volume has parity of its own', () => {
  const exported = ['export', '--for', 'third', '--volume', '5M', '--parity', '5%', '-o', 'cut', ...home]
  moss.well(...exported)
  const names = namesIn('cut/moss/bundles')
  expect(names).toHaveLength(6)
  moss.well(...exported)
  const volumes = names.filter((name) => name.endsWith('.moss')).map((name) => `cut/moss/bundles/${name}`)
  for (const volume of volumes) spoilFile(volume, [{ at: 0, sizeBytes: 70_000 }])
  moss.well('import', volumes[0] ?? '', '--root', 'third')
  moss.well('apply', '--root', 'third')
  expect(isTaken('third')).toBe(true)
})

test('a sealed bundle is mended before it is opened', () => {
  moss.well('export', '--for', 'fourth', '--seal', '--parity', '5%', '-o', 'sealed/a.moss.age', ...home)
  expect(namesIn('sealed')).toEqual(['a.moss.age', 'a.moss.age.parity'])
  spoilFile('sealed/a.moss.age', bearable)
  moss.well('import', 'sealed/a.moss.age', '--root', 'fourth')
  moss.well('apply', '--root', 'fourth')
  expect(isTaken('fourth')).toBe(true)
})

test('what is beyond parity is named, the rest is kept, and a sound copy brings what is missing', () => {
  copyPair('a.moss', 'c.moss')
  spoilFile('c.moss', [{ at: 5_000_000, sizeBytes: 1_200_000 }])
  const said = moss.text('import', 'c.moss', '--root', 'fifth')
  expect(said).toMatch(/1 stretch is bad, more than the parity beside it can repair; nothing was repaired/)
  expect(said).toMatch(/damaged in frames? \d.*\[CONTAINER_DAMAGED\]/)
  expect(namesIn('fifth/.moss/incoming')).toHaveLength(1)
  // All that is left of the sound copy is its front and what the other had not.
  spoilFile('a.moss', [{ at: 9_500_000, sizeBytes: 1_000_000 }])
  rmSync(at('a.moss.parity'))
  moss.well('import', 'a.moss', '--root', 'fifth')
  moss.well('apply', '--root', 'fifth')
  expect(isTaken('fifth')).toBe(true)
})

test('parity that is cut short or empty changes nothing', () => {
  truncateSync(at('c.moss.parity'), 5000)
  expect(moss.text('verify', 'c.moss', '--root', 'host')).toContain('parity: it cannot be read')
  truncateSync(at('c.moss.parity'), 0)
  expect(moss.code('verify', 'c.moss', '--root', 'host')).toBe('CONTAINER_DAMAGED')
})
