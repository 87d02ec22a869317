// T1: a tree made from the one that falls out of the kept ones is what assembly from nothing makes, byte for byte and
// mode for mode, whatever came before; and what was tampered with is not used.
import { rmSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Disk } from '../../src/host/disk.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import type { Command, CommandResult, Outside } from '../../src/host/outside.ts'
import { encodeManifest, packageIdOf } from '../../src/manifest/codec.ts'
import { keptNumbers } from '../../src/state/parts.ts'
import { keptTree, placesOf } from '../../src/state/places.ts'
import { simulatedOutside, type SimulatedOutside } from '../sim/simulated-outside.ts'
import { stagedDigest, tampers } from '../support/recycling.ts'
import { freshRoot, type OpenRoot, samplePackage, type SamplePackage } from '../support/sample-root.ts'
import { scratchFolder } from '../support/scratch.ts'

vi.setConfig({ testTimeout: 300_000 })

const base = (version: number): SamplePackage =>
  samplePackage('base', String(version), {
    'usr/share/base/linked': 'always the same',
    'usr/share/base/changing': `version ${version}`,
    'usr/share/base/empty': '',
    'usr/share/base/symlink': { target: `v${Math.floor(version / 2)}` },
    'usr/share/base/deep/file': { text: 'deep', mode: 0o755 },
    'usr/bin/privileged': { text: 'su', mode: 0o4755 },
  })

/** Paths that are a folder in one version, a file or a symlink in another; folders that come, go and change. */
const shifty: readonly SamplePackage[] = [
  samplePackage('shifty', '1', { 'usr/share/shifty/a/b/c': 'c', 'usr/share/both': { folder: 0o750 } }),
  samplePackage('shifty', '2', { 'usr/share/shifty/a/b': 'b', 'usr/share/both': { folder: 0o755 } }),
  samplePackage('shifty', '3', { 'usr/share/shifty/a': { target: 'b' }, 'usr/share/shifty/b/x': '' }),
  samplePackage('shifty', '4', { 'usr/lib/moss-not/shifty': 'elsewhere', 'usr/lib': { folder: 0o750 } }),
]
/** Shares files and folders with `shifty` and `base`. */
const sharing: readonly SamplePackage[] = [
  samplePackage('sharing', '1', {
    'usr/share/base/linked': 'always the same',
    'usr/share/both': { folder: 0o755 },
  }),
  samplePackage('sharing', '2', { 'usr/share/base/deep/file': { text: 'deep', mode: 0o755 } }),
]
/** Its files stand where `base` has its own. */
const replacing = ((): SamplePackage => {
  const { manifest, contents } = samplePackage('replacing', '1', {
    'usr/share/base/changing': 'mine',
    'usr/share/base/symlink': 'mine too',
  })
  const whole = { ...manifest, replaces: [{ kind: 'name' as const, name: 'base' }] }
  return { id: packageIdOf(encodeManifest(whole)), manifest: whole, contents }
})()

/** Of its version a trigger makes folders, a file and a link. */
const indexed = (version: number): SamplePackage =>
  samplePackage('indexed', String(version), {
    'usr/share/data/version': `v${version}`,
    'usr/share/moss/triggers/index.toml': 'paths = ["usr/share/data/*"]\ncommand = ["make-index"]',
  })

function run({ folder }: Command, { disk }: SimulatedOutside): CommandResult {
  const version = new TextDecoder().decode(disk.readFile(`${folder}/usr/share/data/version`, 100))
  for (const name of ['', '/share', '/share/index', `/share/index/${version}`])
    disk.makeFolder(`${folder}/made${name}`, 0o755)
  {
    using file = disk.open(`${folder}/made/share/index/all`, 'create', 0o644)
    file.write(new TextEncoder().encode(`index of ${version}`), 0)
  }
  disk.makeSymlink(version, `${folder}/made/share/index/newest`)
  return { exitCode: 0, output: '' }
}

interface Chosen {
  readonly base: number
  readonly shifty: number
  readonly sharing: number
  readonly isReplaced: boolean
  readonly indexed: number
}

const setOf = (chosen: Chosen): readonly SamplePackage[] =>
  [
    chosen.base === 0 ? undefined : base(chosen.base),
    shifty[chosen.shifty - 1],
    sharing[chosen.sharing - 1],
    chosen.isReplaced ? replacing : undefined,
    chosen.indexed === 0 ? undefined : indexed(chosen.indexed),
  ].filter((one) => one !== undefined)

const sets = fc.record({
  base: fc.nat(3),
  shifty: fc.nat(4),
  sharing: fc.nat(2),
  isReplaced: fc.boolean(),
  indexed: fc.nat(2),
})

const seed = Number(process.env['MOSS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Renames of a kept state's folder into staging: its tree was used. */
const taken = (outside: SimulatedOutside): number =>
  outside
    .trace()
    .filter(({ name, path }) => name === 'rename' && /\/states\/\d+ .*\/staging\/\d+$/.test(path)).length

test(`T1: after any history the tree is that of assembly from nothing (seed ${seed})`, async () => {
  let used = 0
  let staged = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ set: sets, tamper: fc.option(fc.constantFrom(...Object.keys(tampers)), { freq: 4 }) }),
        {
          minLength: 5,
          maxLength: 12,
        },
      ),
      async (history) => {
        const [outside, plain] = [simulatedOutside(1, { run }), simulatedOutside(1, { run })]
        using opened = freshRoot(outside, '/root')
        using fromNothing = freshRoot(plain, '/root')
        for (const [serial, { set, tamper }] of history.entries()) {
          const packages = setOf(set)
          if (tamper !== null) tamperWith(opened, tamper)
          plain.disk.removeTree('/root/.moss/seals')
          outside.arm({})
          const [one, other] = [
            await stagedDigest(opened, packages, serial),
            await stagedDigest(fromNothing, packages, serial),
          ]
          expect(one.outcome).toBe(other.outcome)
          used += taken(outside)
          staged += 1
          await one.publish()
          await other.publish()
        }
      },
    ),
    { seed, numRuns: 25 },
  )
  console.log(`${used} of ${staged} trees were made from another one`)
  expect(used).toBeGreaterThan(staged / 5)
})

/** What shares no bytes with the store: a tree that links them is damaged whichever way it is made. */
const harmless = Object.keys(tampers).filter((name) => !/^(bytes in place|a mode|a date)/.test(name))

function tamperWith({ outside, root }: OpenRoot, name: string): void {
  if (!harmless.includes(name)) return
  const [oldest] = keptNumbers(outside.disk, placesOf(root))
  if (oldest === undefined) return
  try {
    tampers[name]?.(outside.disk, keptTree(placesOf(root), oldest))
  } catch {
    // the set has no such file
  }
}

/** As on a filesystem of reflinks: each file has an inode of its own. */
const withoutLinks = (outside: Outside): Outside => ({
  ...outside,
  disk: {
    ...outside.disk,
    placeCopies: async (placements) =>
      placements.map(({ from, to }) => {
        using file = outside.disk.open(to, 'create')
        file.write(outside.disk.readFile(from, 100_000), 0)
        return 'copy'
      }),
  },
})

const places: Readonly<Record<string, () => { outside: Outside; root: string; clear: () => void }>> = {
  'simulated disk': () => ({ outside: simulatedOutside(1), root: '/root', clear: () => {} }),
  'real disk': () => onRealDisk(linuxOutside()),
  'real disk without links': () => onRealDisk(withoutLinks(linuxOutside())),
}

function onRealDisk(outside: Outside): ReturnType<(typeof places)[string]> {
  const root = scratchFolder()
  return { outside, root, clear: () => rmSync(root, { recursive: true, force: true }) }
}

describe.each(Object.keys(places))('on the %s', (place) => {
  /** States 1 to 3 are there; the fourth lets the first go. */
  async function settled(work: (opened: OpenRoot, disk: Disk) => Promise<void>): Promise<void> {
    const { outside, root, clear } = (places[place] as (typeof places)[string])()
    try {
      using opened = freshRoot(outside, root)
      for (const serial of [1, 2, 3]) await (await stagedDigest(opened, [base(serial)], serial)).publish()
      await work(opened, outside.disk)
    } finally {
      clear()
    }
  }

  const isThere = ({ outside, root }: OpenRoot): boolean =>
    outside.disk.lstat(keptTree(placesOf(root), 1)) !== undefined

  /** The same in two trees: the one was made from the other. */
  const folderIn = ({ outside, root }: OpenRoot, state: number): number => {
    const stat = outside.disk.lstat(`${keptTree(placesOf(root), state)}/share/base/deep`)
    if (stat === undefined) throw new Error(`state ${state} has its folder`)
    return stat.inode
  }

  test('an untouched tree that falls out is used', async () => {
    await settled(async (opened) => {
      const folder = folderIn(opened, 1)
      const { outcome } = await stagedDigest(opened, [base(4)], 4)
      expect(isThere(opened)).toBe(false)
      expect(folderIn(opened, 4)).toBe(folder)
      await opened.states.recover(() => {})
      expect((await stagedDigest(opened, [base(4)], 4)).outcome).toBe(outcome)
    })
  })

  test.each(Object.keys(tampers))('%s: it is not used, and assembly goes its way', async (name) => {
    await settled(async (opened, disk) => {
      tampers[name]?.(disk, keptTree(placesOf(opened.root), 1))
      const { outcome } = await stagedDigest(opened, [base(4)], 4)
      // The asset itself, under its other name: assembly from nothing would link it as well.
      const isAsset = name.startsWith('bytes in place') && place !== 'real disk without links'
      expect(isThere(opened)).toBe(!isAsset)
      await opened.states.recover(() => {})
      disk.removeTree(`${placesOf(opened.root).own}/seals`)
      expect((await stagedDigest(opened, [base(4)], 4)).outcome).toBe(outcome)
    })
  })

  test('T6: a link in a folder that goes leads nothing out of the tree', async () => {
    await settled(async (opened, disk) => {
      const going = samplePackage('going', '1', { 'usr/share/going/a/b/file': 'a file' })
      for (const serial of [4, 5, 6])
        await (await stagedDigest(opened, [base(serial), going], serial)).publish()
      const places = placesOf(opened.root)
      const elsewhere = `${places.etc}/elsewhere`
      disk.makeFolder(elsewhere)
      disk.open(`${elsewhere}/file`, 'create')[Symbol.dispose]()
      const tampered = `${keptTree(places, 4)}/share/going/a/b`
      disk.removeTree(tampered)
      disk.makeSymlink(elsewhere, tampered)
      const { outcome } = await stagedDigest(opened, [base(7)], 7)
      expect(disk.lstat(`${elsewhere}/file`)?.kind).toBe('file')
      expect(outcome).toMatch(/^[0-9a-f]{64}$/)
    })
  })

  test('a folder that moss needs stays when its package goes', async () => {
    await settled(async (opened) => {
      const owner = samplePackage('owner', '1', { 'usr/lib': { folder: 0o750 }, 'usr/lib/file': 'a file' })
      for (const serial of [4, 5, 6])
        await (await stagedDigest(opened, [base(serial), owner], serial)).publish()
      const folder = folderIn(opened, 4)
      await stagedDigest(opened, [base(7)], 7)
      expect(folderIn(opened, 7)).toBe(folder)
    })
  })

  test('a state that is pinned, and the two newest, are never taken', async () => {
    await settled(async (opened) => {
      opened.states.setPinned(1, true)
      await stagedDigest(opened, [base(4)], 4)
      expect(isThere(opened)).toBe(true)
      await opened.states.recover(() => {})
      opened.states.setPinned(1, false)
      for (const serial of [4, 5]) {
        await stagedDigest(opened, [base(serial)], serial)
        await opened.states.recover(() => {})
      }
      expect(opened.states.list().map(({ record }) => record.number)).toEqual([2, 3])
    })
  })

  test('when the store forgets a damaged asset no tree is used that may hold it', async () => {
    await settled(async (opened) => {
      opened.store.discard([])
      await stagedDigest(opened, [base(4)], 4)
      expect(isThere(opened)).toBe(true)
    })
  })

  test('when an asset is made anew no tree is used that links what it was', async () => {
    await settled(async (opened) => {
      using intake = opened.store.beginImport('mend')
      for (const { description } of opened.store.assets())
        if (description.sizeBytes > 0) intake.addAsset(description, 'anew')
      intake.commit()
      await stagedDigest(opened, [base(4)], 4)
      expect(isThere(opened)).toBe(true)
    })
  })

  test.each(['', 'moss seal 1', 'moss seal 1\0usr\0'])('a torn seal %j proves nothing', async (text) => {
    await settled(async (opened, disk) => {
      const path = `${placesOf(opened.root).own}/seals/1`
      disk.remove(path)
      {
        using file = disk.open(path, 'create')
        file.write(new TextEncoder().encode(text), 0)
      }
      await stagedDigest(opened, [base(4)], 4)
      expect(isThere(opened)).toBe(true)
    })
  })
})
