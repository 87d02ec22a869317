// Room is asked for before anything is written: the figures are in the message, and nothing has changed.
import { expect, test, vi } from 'vitest'
import { silent } from '../../../src/base/progress.ts'
import type { Disk } from '../../../src/host/disk.ts'
import { unfitFilesystem } from '../../../src/host/filesystems.ts'
import { executeApply, planApply } from '../../../src/ops/apply.ts'
import { importBundles } from '../../../src/ops/import.ts'
import { initHost } from '../../../src/ops/init.ts'
import { executeRollback, planRollback } from '../../../src/ops/rollback.ts'
import { hostStatus } from '../../../src/ops/status.ts'
import { roomBeside, roomForTree } from '../../../src/state/room.ts'
import type { SimulatedOutside } from '../../sim/simulated-outside.ts'
import { simulatedOutside } from '../../sim/simulated-outside.ts'
import { composeBundle, draftPackage, fourKeyRootFile } from '../../support/compose-bundle.ts'
import { noise } from '../../support/containers.ts'
import { describeTree } from '../../support/invariants.ts'
import { samplePackage } from '../../support/sample-root.ts'
import { applyVerb, freshHost, importVerb, placeFile, root, stick } from '../../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

const MiB = 1024 * 1024

const version = (n: number) =>
  draftPackage(
    samplePackage('tool', `${n}`, {
      'usr/bin/tool': `tool ${n}`,
      // Two assets of one content, each a file of its own.
      'usr/lib/big': { text: noise(4 * MiB, n) },
      'usr/lib/copy': { text: noise(4 * MiB, n), mode: 0o600 },
    }),
  )

/** The same machine with another answer to how much is free. */
function withRoom(outside: SimulatedOutside, answers: Partial<Disk>): SimulatedOutside {
  const disk = new Proxy(outside.disk, {
    get: (target, name) => {
      if (name in answers) return Reflect.get(answers, name)
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { ...outside, disk }
}

async function waiting(): Promise<{ readonly outside: SimulatedOutside; readonly bundle: string }> {
  const { outside, id } = await freshHost(['tool'])
  const { bytes } = await composeBundle({ serial: 1, hosts: [id], packages: [version(1)] })
  const bundle = `${stick}/1.moss`
  placeFile(outside, bundle, bytes)
  return { outside, bundle }
}

const everything = (outside: SimulatedOutside): readonly string[] =>
  describeTree(outside.disk, root, (path) => /^\/\.moss\/(moss\.db|audit)/.test(path))

test('import asks for copy, contents and rows together, before the first byte is copied', async () => {
  const { outside, bundle } = await waiting()
  const before = everything(outside)
  const files = [bundle]
  const small = withRoom(outside, { freeBytes: () => 9 * MiB })
  await expect(importBundles(small, { root, files }, silent)).rejects.toMatchObject({
    code: 'HOST_NO_SPACE',
    exit: 15,
    message: '/root/.moss/incoming needs 13.7 MB, 9.4 MB are free',
  })
  expect(everything(outside)).toEqual(before)
  await importVerb(bundle)(withRoom(outside, { freeBytes: () => 14 * MiB }))
})

test('inodes are asked for as well', async () => {
  const { outside, bundle } = await waiting()
  const before = everything(outside)
  const small = withRoom(outside, { freeInodes: () => 3 })
  await expect(importBundles(small, { root, files: [bundle] }, silent)).rejects.toMatchObject({
    code: 'HOST_NO_SPACE',
    message: '/root/.moss/incoming needs 5 inodes, 3 are free',
  })
  expect(everything(outside)).toEqual(before)
})

test('plan says what apply needs; without it apply changes nothing', async () => {
  const { outside, bundle } = await waiting()
  await importVerb(bundle)(outside)
  for (const [answers, message] of [
    [{ freeBytes: () => 1000 }, '/root/.moss/staging needs 1.2 MB, 1.0 kB are free'],
    [{ freeInodes: () => 3 }, '/root/.moss/staging needs 9 inodes, 3 are free'],
  ] as const) {
    const small = withRoom(outside, answers)
    const plan = await planApply(small, { root })
    expect(plan.warnings).toEqual([message])
    const before = everything(outside)
    await expect(executeApply(small, plan, silent)).rejects.toMatchObject({ code: 'HOST_NO_SPACE' })
    expect(everything(outside)).toEqual(before)
    expect((await hostStatus(outside, { root })).interrupted).toBe(false)
  }
  await applyVerb(outside)
})

test('rollback needs no room', async () => {
  const { outside, bundle } = await waiting()
  await importVerb(bundle)(outside)
  await applyVerb(outside)
  const full = withRoom(outside, { freeBytes: () => 0, freeInodes: () => 0 })
  const plan = await planRollback(full, { root, state: '0', withModel: false })
  expect(plan).toMatchObject({ neededBytes: 0, neededInodes: 0, freeBytes: 0 })
  await executeRollback(full, plan, silent)
  expect((await hostStatus(outside, { root })).current).toBe(0)
})

test('a tree costs its folders and links; files only where they cannot be linked', () => {
  const owner = version(1)
  expect(owner.name).toBe('tool')
  const { manifest } = samplePackage('tool', '1', {
    'usr/bin/tool': { text: noise(5000, 1) },
    'usr/bin/t': { target: 'tool' },
    'usr/bin/empty': '',
  })
  const entries = manifest.layout.map((entry) => ({ entry, owner: 'tool' as never }))
  const room = (how: { reflink?: boolean; hardLinks?: boolean; countsLinks?: boolean }) =>
    roomForTree(entries, {
      exchange: true,
      attributes: true,
      reflink: false,
      hardLinks: true,
      countsLinks: false,
      ...how,
    })
  // Two folders, a symlink, an empty file, six of moss's own; the tool.
  expect(room({}).inodes).toBe(10)
  expect(room({ countsLinks: true }).inodes).toBe(11)
  expect(room({ reflink: true }).inodes).toBe(11)
  expect(room({ hardLinks: false }).sizeBytes - room({}).sizeBytes).toBe(8192)
  expect(room({ reflink: true }).sizeBytes - room({}).sizeBytes).toBe(1024)
})

test('network filesystems and FAT are known by their numbers, others are not refused by name', () => {
  expect(unfitFilesystem(0x6969)).toMatch(/^NFS is a network filesystem/)
  expect(unfitFilesystem(0x01021997)).toMatch(/^9p is a network filesystem/)
  // As a machine of 32 bits gives it.
  expect(unfitFilesystem(0xfe534d42 - 2 ** 32)).toMatch(/^SMB is a network filesystem/)
  expect(unfitFilesystem(0x4d44)).toBe('FAT keeps neither owners nor modes nor links')
  for (const [name, type] of Object.entries({
    ext4: 0xef53,
    xfs: 0x58465342,
    btrfs: 0x9123683e,
    tmpfs: 0x01021994,
    overlay: 0x794c7630,
  }))
    expect(unfitFilesystem(type), name).toBeUndefined()
})

test('init refuses before it makes anything, or takes back what it made', async () => {
  const outside = simulatedOutside(1)
  placeFile(outside, '/trust.moss-root', fourKeyRootFile)
  const request = {
    root: '/new',
    trustFile: '/trust.moss-root',
    expect: undefined,
    name: 'pump',
    channel: undefined,
  }
  const able = { exchange: true, reflink: false, hardLinks: true, countsLinks: false, attributes: true }
  for (const [answers, problem] of [
    [{ unfitness: () => 'NFS is a network filesystem' }, 'NFS is a network filesystem'],
    [
      { features: () => ({ ...able, exchange: false }) },
      'this filesystem cannot exchange two folders in one step',
    ],
    [
      { features: () => ({ ...able, attributes: false }) },
      'this filesystem does not keep modes, symlinks or names that differ in case alone',
    ],
  ] as const) {
    await expect(initHost(withRoom(outside, answers), request)).rejects.toMatchObject({
      code: 'HOST_UNSUPPORTED',
      details: { path: '/new', problem },
    })
    expect(outside.disk.lstat('/new')).toBeUndefined()
  }
  await initHost(outside, request)
})

test('what triggers made last, and the defaults of packages that are new, are asked for too', () => {
  const file = { kind: 'file', content: '' as never, uid: 0, gid: 0, mode: 0o644 } as const
  const fresh = [
    {
      layout: [
        { ...file, path: 'usr/share/factory/etc/tool.conf', sizeBytes: 5000 },
        { ...file, path: 'usr/bin/tool', sizeBytes: 9_000_000 },
      ],
    },
  ]
  const made = [
    {
      kind: 'file',
      path: 'usr/lib/ld.so.cache',
      trigger: 'ldconfig',
      content: '' as never,
      sizeBytes: 100_000,
      mode: 0o644,
    },
    { kind: 'folder', path: 'usr/lib/cache', trigger: 'index', mode: 0o755 },
  ] as const
  expect(roomBeside({ made, fresh })).toEqual({ sizeBytes: 8192 + 102_400 + 4096, inodes: 3 })
})

test('apply counts what it will copy to /etc', async () => {
  const { outside, id } = await freshHost(['tool'])
  const tool = samplePackage('tool', '1', { 'usr/share/factory/etc/big': { text: noise(MiB, 1) } })
  const { bytes } = await composeBundle({ serial: 1, hosts: [id], packages: [draftPackage(tool)] })
  placeFile(outside, `${stick}/1.moss`, bytes)
  await importVerb(`${stick}/1.moss`)(outside)
  expect((await planApply(outside, { root })).neededBytes).toBeGreaterThan(MiB)
})
