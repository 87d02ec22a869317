// The whole life of a root on each filesystem that moss claims to work on: init, import, apply, update, rollback, verify,
// repair, prune, gc. What was said to be needed and to come free is compared with what the kernel counts. And those that
// are refused.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { isMossError } from '../../src/base/error.ts'
import { silent } from '../../src/base/progress.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { executeApply, planApply } from '../../src/ops/apply.ts'
import { executeGc, planGc } from '../../src/ops/gc.ts'
import { importBundles } from '../../src/ops/import.ts'
import { initHost } from '../../src/ops/init.ts'
import { joinVolumes } from '../../src/ops/join.ts'
import { changeModel } from '../../src/ops/model.ts'
import { executePrune, planPrune } from '../../src/ops/prune.ts'
import { executeRepair, planRepair } from '../../src/ops/repair.ts'
import { executeRollback, planRollback } from '../../src/ops/rollback.ts'
import { splitContainer } from '../../src/ops/split.ts'
import { showState } from '../../src/ops/states.ts'
import { verifyHost } from '../../src/ops/verify-host.ts'
import { composeBundle, draftPackage, fourKeyRootFile } from '../support/compose-bundle.ts'
import { buildBundle, noise } from '../support/containers.ts'
import {
  type FilesystemName,
  type MountedFilesystem,
  mountFilesystem,
  usage,
} from '../support/filesystems.ts'
import { type SampleEntry, samplePackage } from '../support/sample-root.ts'
import { scratchFolder } from '../support/scratch.ts'

/** A new one for each: it remembers what a filesystem cannot do. */
let outside: ReturnType<typeof linuxOutside>
beforeEach(() => {
  outside = linuxOutside()
})

const files = 120
const version = (n: number) => {
  const entries: Record<string, SampleEntry> = {
    'usr/bin/tool': { text: `tool ${n}`, mode: 0o755 },
    'usr/bin/su': { text: `su ${n}`, mode: 0o4755, uid: 0, gid: 8 },
    'usr/bin/t': { target: 'tool' },
    'usr/share/empty': '',
    'usr/share/closed': { folder: 0o700 },
    'usr/share/closed/file': { text: 'closed', mode: 0o400, uid: 7, gid: 8 },
    'usr/share/factory/etc/tool.conf': `conf ${n}`,
  }
  for (let i = 0; i < files; i++) {
    const text = noise(6000 + i * 150, i < 40 ? i + 1000 * n : i)
    entries[`usr/lib/tool/${i % 20}/${i}`] = { text }
  }
  return draftPackage(samplePackage('tool', `${n}`, entries))
}

async function freshRoot(folder: string) {
  const root = join(folder, 'root')
  const trustFile = join(folder, 'trust.moss-root')
  writeFileSync(trustFile, fourKeyRootFile)
  const { host } = await initHost(outside, {
    root,
    trustFile,
    expect: undefined,
    name: 'pump',
    channel: undefined,
  })
  await changeModel(outside, { root, subscribe: ['tool'] })
  return { root, host }
}

function mounted(name: FilesystemName, skip: (why: string) => never): MountedFilesystem {
  const made = mountFilesystem(name)
  if (typeof made !== 'string') return made
  console.warn(`skipped: ${made}`)
  return skip(made)
}

const works: readonly FilesystemName[] = ['ext4', 'xfs', 'btrfs', 'tmpfs', 'overlay']

test('what is mounted below usr stops what would replace the tree, and loses nothing', async ({ skip }) => {
  using filesystem = mounted('tmpfs', skip)
  const { folder } = filesystem
  const { root, host } = await freshRoot(folder)
  const bring = async (n: number): Promise<void> => {
    const { bytes } = await composeBundle({ serial: n, hosts: [host], packages: [version(n)] })
    writeFileSync(join(folder, `${n}.moss`), bytes)
    await importBundles(outside, { root, files: [join(folder, `${n}.moss`)] }, silent)
  }
  await bring(1)
  await executeApply(outside, await planApply(outside, { root }), silent)
  await bring(2)
  const at = join(root, 'usr/share/closed')
  spawnSync('mount', ['-t', 'tmpfs', 'moss', at])
  writeFileSync(join(at, 'precious'), '')
  try {
    const mountedThere = { code: 'STATE_MOUNTED', message: expect.stringContaining(at) as string }
    await expect(executeApply(outside, await planApply(outside, { root }), silent)).rejects.toMatchObject(
      mountedThere,
    )
    const back = await planRollback(outside, { root, state: '0', withModel: false })
    await expect(executeRollback(outside, back, silent)).rejects.toMatchObject(mountedThere)
    expect(existsSync(join(at, 'precious'))).toBe(true)
  } finally {
    spawnSync('umount', [at])
  }
  await executeApply(outside, await planApply(outside, { root }), silent)
  expect(readFileSync(join(root, 'usr/bin/tool'), 'utf8')).toBe('tool 2')
})

describe.each(works)('on %s', (name) => {
  test('a root lives its whole life, and figures hold', async ({ skip }) => {
    using filesystem = mounted(name, skip)
    const { folder } = filesystem
    const { root, host } = await freshRoot(folder)
    const verify = async (how: { isQuick: boolean }): Promise<readonly string[]> =>
      (await verifyHost(outside, { root, isAll: true, ...how }, silent)).findings
    const figures: string[] = []
    for (const n of [1, 2]) {
      const { bytes } = await composeBundle({ serial: n, hosts: [host], packages: [version(n)] })
      writeFileSync(join(folder, `${n}.moss`), bytes)
      const empty = usage(folder)
      await importBundles(outside, { root, files: [join(folder, `${n}.moss`)] }, silent)
      const imported = usage(folder)
      const plan = await planApply(outside, { root })
      expect(plan.warnings).toEqual([])
      await executeApply(outside, plan, silent)
      const applied = usage(folder)
      const usedBytes = applied.usedBytes - imported.usedBytes
      const usedInodes = applied.usedInodes - imported.usedInodes
      figures.push(
        `import ${n} used ${imported.usedBytes - empty.usedBytes} bytes; apply ${n} needed at most ${plan.neededBytes} bytes and ${plan.neededInodes} inodes, used ${usedBytes + bytes.length} and ${usedInodes}`,
      )
      // The bundle's copy went when it was applied.
      expect(usedBytes + bytes.length).toBeLessThanOrEqual(plan.neededBytes)
      if (plan.freeInodes !== undefined) expect(usedInodes).toBeLessThanOrEqual(plan.neededInodes)
      expect(await verify({ isQuick: false })).toEqual([])
      expect(await verify({ isQuick: true })).toEqual([])
    }
    const digests = await Promise.all(
      ['1', '2'].map(async (state) => (await showState(outside, { root, state, digest: true })).tree),
    )
    await executeRollback(
      outside,
      await planRollback(outside, { root, state: '1', withModel: false }),
      silent,
    )
    expect(readFileSync(join(root, 'etc/tool.conf'), 'utf8')).toBe('conf 1')
    expect((await showState(outside, { root, state: undefined, digest: true })).tree).toBe(digests[0])
    await executeRollback(
      outside,
      await planRollback(outside, { root, state: '2', withModel: false }),
      silent,
    )

    appendFileSync(join(root, 'usr/lib/tool/1/41'), 'edited in place')
    chmodSync(join(root, 'usr/bin/tool'), 0o777)
    writeFileSync(join(root, 'usr/bin/mine'), 'mine')
    const found = await verify({ isQuick: false })
    const isShared = found.some((finding) => finding.startsWith('state 1: '))
    expect(found.filter((finding) => !finding.startsWith('state 1: ')).length).toBe(3)
    // Where trees are links, the edit is in both, and in the store: a bundle must bring it back.
    const repair = await planRepair(outside, { root, from: join(folder, '2.moss') }, silent)
    expect(repair.damaged.length > 0).toBe(isShared)
    expect(await executeRepair(outside, repair, silent)).toMatchObject({ left: [], lacking: 0 })
    expect(await verify({ isQuick: false })).toEqual([])
    expect((await showState(outside, { root, state: undefined, digest: true })).tree).toBe(digests[1])
    expect((await showState(outside, { root, state: '1', digest: true })).tree).toBe(digests[0])

    for (const n of [3, 4, 5]) {
      const { bytes } = await composeBundle({ serial: n, hosts: [host], packages: [version(n)] })
      writeFileSync(join(folder, `${n}.moss`), bytes)
      await importBundles(outside, { root, files: [join(folder, `${n}.moss`)] }, silent)
      await executeApply(outside, await planApply(outside, { root }), silent)
    }
    await executePrune(outside, await planPrune(outside, { root, states: [], keep: '2' }))
    const collect = await planGc(outside, { root })
    expect(collect.lost.length).toBeGreaterThan(0)
    const before = usage(folder)
    await executeGc(outside, collect)
    const freed = before.usedBytes - usage(folder).usedBytes
    figures.push(`gc said ${collect.freedBytes} bytes come free, ${freed} did`)
    // Whole blocks come free, and what only lost trees had: never less than was said.
    expect(freed).toBeGreaterThanOrEqual(collect.freedBytes)
    expect(collect.freedBytes).toBeGreaterThan(500_000)
    expect(await verify({ isQuick: false })).toEqual([])
    console.log(`${name}: ${figures.join('; ')}`)
  }, 180_000)

  test('what does not fit is told with figures before anything is written', async ({ skip }) => {
    using filesystem = mounted(name, skip)
    const { folder } = filesystem
    const { root, host } = await freshRoot(folder)
    const { bytes } = await composeBundle({ serial: 1, hosts: [host], packages: [version(1)] })
    writeFileSync(join(folder, '1.moss'), bytes)
    const filler = join(folder, 'filler')
    // Room for the bundle's copy and half of what is in it.
    const { disk } = outside
    const wanted = bytes.length * 1.5 + 1024 * 1024
    fillUp(
      filler,
      () => disk.freeBytes(folder) - wanted,
      () => usage(folder),
    )
    const error: unknown = await importBundles(
      outside,
      { root, files: [join(folder, '1.moss')] },
      silent,
    ).catch((reason: unknown) => reason)
    if (!isMossError(error, 'HOST_NO_SPACE')) throw error
    expect(error.details.neededBytes).toBeGreaterThan(bytes.length * 1.5)
    expect(error.details.freeBytes).toBeLessThan(error.details.neededBytes ?? 0)
    expect(disk.list(join(root, '.moss/incoming'))).toEqual([])
    expect((await verifyHost(outside, { root, isQuick: false, isAll: true }, silent)).findings).toEqual([])
    disk.remove(filler)
    const before = usage(folder)
    await importBundles(outside, { root, files: [join(folder, '1.moss')] }, silent)
    const usedBytes = usage(folder).usedBytes - before.usedBytes
    console.log(`${name}: ${error.message}; then used ${usedBytes} bytes`)
    expect(usedBytes).toBeLessThanOrEqual(error.details.neededBytes ?? 0)
    await executeApply(outside, await planApply(outside, { root }), silent)
    expect((await verifyHost(outside, { root, isQuick: false, isAll: true }, silent)).findings).toEqual([])
  }, 180_000)
})

test('FAT is refused in plain words, and nothing is left behind', async ({ skip }) => {
  using filesystem = mounted('vfat', skip)
  await expect(freshRoot(filesystem.folder)).rejects.toMatchObject({
    code: 'HOST_UNSUPPORTED',
    details: { problem: 'FAT keeps neither owners nor modes nor links' },
  })
  expect(existsSync(join(filesystem.folder, 'root'))).toBe(false)
  // Also where its number is not known: what it cannot do shows.
  const disk = { ...outside.disk, unfitness: () => undefined }
  const trustFile = join(filesystem.folder, 'trust.moss-root')
  const root = join(filesystem.folder, 'root')
  await expect(
    initHost({ ...outside, disk }, { root, trustFile, expect: undefined, name: 'pump', channel: undefined }),
  ).rejects.toMatchObject({ code: 'HOST_UNSUPPORTED' })
  expect(existsSync(root)).toBe(false)
})

test('on FAT a file ends soon: bundles are cut before that, and volumes go there until it is full', async ({
  skip,
}) => {
  using filesystem = mounted('vfat', skip)
  expect(outside.disk.longestFile(filesystem.folder)).toBe(4000 * 1024 * 1024)
  expect(outside.disk.longestFile('/')).toBeUndefined()
  using scratch = new DisposableStack()
  const folder = scratchFolder()
  scratch.defer(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a.moss')
  const contents = [1, 2, 3, 4].map((seed) => noise(12_000_000, seed))
  writeFileSync(file, await buildBundle({ kind: 'package', contents }))
  const split = { file, folder: filesystem.folder, limitBytes: 13_000_000 }
  await expect(splitContainer(outside, split, silent)).rejects.toMatchObject({
    code: 'VOLUME_NEXT',
    details: { here: [1, 2], next: 'a.003.moss' },
  })
  const rest = { ...split, folder, from: 3 }
  await expect(splitContainer(outside, { ...rest, folder: filesystem.folder }, silent)).rejects.toMatchObject(
    {
      code: 'HOST_NO_SPACE',
    },
  )
  expect((await splitContainer(outside, rest, silent)).volumes.map(({ number }) => number)).toEqual([3, 4])
  const files = ['a.moss', 'a.002.moss'].map((name) => join(filesystem.folder, name))
  const joined = { files: [...files, join(folder, 'a.004.moss')], output: join(folder, 'joined') }
  await joinVolumes(outside, joined, silent)
  expect(readFileSync(joined.output).equals(readFileSync(file))).toBe(true)
})

test('a .moss that is a mount point is refused', async ({ skip }) => {
  using filesystem = mounted('tmpfs', skip)
  const own = join(filesystem.folder, 'root/.moss')
  mkdirSync(own, { recursive: true })
  const done = spawnSync('mount', ['-t', 'tmpfs', 'moss', own])
  expect(done.status).toBe(0)
  try {
    await expect(freshRoot(filesystem.folder)).rejects.toMatchObject({
      code: 'HOST_UNSUPPORTED',
      details: { path: own },
    })
  } finally {
    spawnSync('umount', [own])
  }
})

/** Until no more than a little is left over; a filesystem that keeps some for itself refuses the last bits at once. */
function fillUp(path: string, leftBytes: () => number, settle: () => unknown): void {
  let size = 0
  for (let most = Infinity, left = leftBytes(); left > 0 && most >= 65_536; left = leftBytes()) {
    const step = Math.min(most, Math.ceil(left / 65_536) * 65_536)
    const ran = spawnSync('fallocate', ['-l', `${size + step}`, path])
    if (ran.status === 0) size += step
    else most = Math.floor(step / 2 / 65_536) * 65_536
    settle()
  }
}
