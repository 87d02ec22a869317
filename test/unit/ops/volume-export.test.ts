// A bundle that a medium does not take as one file is cut as the medium wants it: what it can hold is written, read back, and the
// next medium goes on where it ended, without anything being remembered.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { isMossError } from '../../../src/base/error.ts'
import { silent } from '../../../src/base/progress.ts'
import type { Disk, OpenFile } from '../../../src/host/disk.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { addPackages, createChannel, publishChannel } from '../../../src/ops/channels.ts'
import { type Exported, executeExport } from '../../../src/ops/export.ts'
import { initHost } from '../../../src/ops/init.ts'
import { joinVolumes } from '../../../src/ops/join.ts'
import { generateKey } from '../../../src/ops/keys.ts'
import { changeModel } from '../../../src/ops/model.ts'
import { answeredBy, type ExportPlan, planExport } from '../../../src/ops/plan-export.ts'
import { exportState } from '../../../src/ops/state-export.ts'
import { noise } from '../../support/containers.ts'
import { enrol } from '../../support/enrol.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const folder = scratchFolder()
const home = join(folder, 'home')
const first = join(folder, 'first')
const second = join(folder, 'second')
const ask = () => Promise.resolve(undefined)
let plan: ExportPlan
let whole: Uint8Array

beforeAll(async () => {
  await generateKey(outside, { home, name: 'station', passphrase: undefined })
  await createChannel(outside, { home, channel: 'stable' })
  mkdirSync(join(folder, 'chart/usr/share'), { recursive: true })
  writeFileSync(join(folder, 'chart/usr/share/chart'), noise(19_000_000, 1))
  const request = { home, channel: 'stable', ask }
  const files = [join(folder, 'chart')]
  await addPackages(outside, { ...request, files, place: [], name: 'chart', version: '1' }, silent)
  await publishChannel(outside, { ...request, date: '1767225600' })
  const root = join(folder, 'root')
  const trustFile = join(home, 'root.moss-root')
  await initHost(outside, { root, trustFile, expect: undefined, name: 'pump', channel: undefined })
  await changeModel(outside, { root, subscribe: ['chart'] })
  const state = join(folder, 'pump.moss-state')
  await exportState(outside, { root, to: state })
  await enrol(outside, home, state)
  plan = await planExport(outside, { home, states: [state], channel: undefined, effort: undefined })
  whole = readFileSync((await exportTo(outside.disk, join(folder, 'whole.moss'))).path)
})
beforeEach(() => [first, second].forEach((medium) => mkdirSync(medium)))
afterEach(() => [first, second].forEach((medium) => rmSync(medium, { recursive: true })))
afterAll(async () => {
  await outside[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const exportTo = (
  disk: Disk,
  output: string,
  how: { readonly volumeBytes?: number; readonly fromVolume?: number } = {},
): Promise<Exported> => executeExport({ ...outside, disk }, { plan, output, ask, ...how }, silent)

/** A medium of this size. */
const ofSize = (medium: string, sizeBytes: number): Disk => ({
  ...outside.disk,
  freeBytes: (path) =>
    path.startsWith(medium)
      ? readdirSync(medium).reduce(
          (free, name) => free - (outside.disk.lstat(join(medium, name))?.sizeBytes ?? 0),
          sizeBytes,
        )
      : outside.disk.freeBytes(path),
})

const joined = async (...files: readonly string[]): Promise<Uint8Array> => {
  const { path } = await joinVolumes(outside, { files, output: join(second, 'joined') }, silent)
  return readFileSync(path)
}

test('where a filesystem ends files, the bundle is cut before that, and twice is as once', async () => {
  const fat: Disk = { ...outside.disk, longestFile: (path) => (path === first ? 9_000_000 : undefined) }
  const output = join(first, 'a.moss')
  const done = await exportTo(fat, output)
  expect(done.volumes?.map(({ path }) => path)).toEqual([
    output,
    join(first, 'a.002.moss'),
    join(first, 'a.003.moss'),
  ])
  expect(done.volumes?.every(({ fileBytes }) => fileBytes <= 9_000_000)).toBe(true)
  expect(Buffer.from(await joined(output)).equals(whole)).toBe(true)
  expect((await exportTo(fat, output)).isNew).toBe(false)
  expect(await exportTo(fat, join(second, 'a.moss'))).not.toHaveProperty('volumes')
})

test('a medium that is too small gets what it can hold, and says how the next one goes on', async () => {
  const output = join(first, 'a.moss')
  const error = await exportTo(ofSize(first, 12_000_000), output).catch((thrown: unknown) => thrown)
  if (!isMossError(error, 'VOLUME_NEXT')) throw error
  expect(error).toMatchObject({
    exit: 15,
    message: 'volume 1 of 2 of a.moss is written and read back; there is no room here for a.002.moss',
    hint: expect.stringContaining(`--volume ${error.details.limitBytes} --from-volume 2`),
  })
  expect(readdirSync(first)).toEqual(['a.moss'])
  const { limitBytes: volumeBytes, number: fromVolume } = error.details
  const rest = await exportTo(outside.disk, join(second, 'a.moss'), { volumeBytes, fromVolume })
  expect(rest.volumes?.map(({ number }) => number)).toEqual([2])
  expect(Buffer.from(await joined(output, join(second, 'a.002.moss'))).equals(whole)).toBe(true)
})

test('what is sealed is cut as the medium wants it, too', async () => {
  const sealed = await planExport(outside, {
    home,
    states: [join(folder, 'pump.moss-state')],
    channel: undefined,
    effort: undefined,
    isSealed: true,
  })
  const output = join(first, 'a.moss.age')
  const exported = (disk: Disk, to: string, how: object = {}): Promise<Exported> =>
    executeExport({ ...outside, disk }, { plan: sealed, output: to, ask, ...how }, silent)
  const fat: Disk = { ...outside.disk, longestFile: (path) => (path === first ? 9_000_000 : undefined) }
  const { volumes = [] } = await exported(fat, output)
  expect(volumes.map(({ number }) => number)).toEqual([1, 2, 3])
  expect(volumes.every(({ path, fileBytes }) => statSync(path).size === fileBytes)).toBe(true)
  expect(volumes.every(({ fileBytes }) => fileBytes <= 9_000_000)).toBe(true)
  rmSync(first, { recursive: true })
  mkdirSync(first)
  const error = await exported(ofSize(first, 12_000_000), output).catch((thrown: unknown) => thrown)
  if (!isMossError(error, 'VOLUME_NEXT')) throw error
  expect(readdirSync(first)).toEqual(['a.moss.age'])
  expect(statSync(output).size).toBeLessThan(12_000_000)
  const { limitBytes: volumeBytes, number: fromVolume } = error.details
  const rest = await exported(outside.disk, join(second, 'a.moss.age'), { volumeBytes, fromVolume })
  expect(rest.volumes?.map(({ path }) => path)).toEqual([join(second, 'a.002.moss.age')])
  expect(await exported(outside.disk, join(second, 'b.moss.age'))).not.toHaveProperty('volumes')
  // Where plain volumes would be just as long as they may be, seals have no room beside them.
  const plain = await exportTo(outside.disk, join(second, 'c.moss'), { volumeBytes: 9_000_000 })
  const most = Math.max(...(plain.volumes ?? []).map(({ fileBytes }) => fileBytes))
  const tight = await exported(outside.disk, join(second, 'd.moss.age'), { volumeBytes: most })
  expect(tight.volumes?.every(({ fileBytes }) => fileBytes <= most)).toBe(true)
  const asLong = await exported(outside.disk, join(second, 'e.moss.age'), { volumeBytes: whole.length })
  expect(asLong.volumes).toHaveLength(2)
})

test('a host whose state names no recipient keeps no other waiting', async () => {
  const [sent] = answeredBy(plan).sent
  if (sent === undefined) throw new Error('no state')
  const { recipient, ...state } = sent.state
  expect(recipient).toMatch(/^age1/)
  const request = { home, states: ['pump'], channel: undefined, effort: undefined, isSealed: true }
  const old = { ...request, sent: [{ ...sent, state }] }
  await expect(planExport(outside, old)).rejects.toMatchObject({ code: 'RECIPIENT_ABSENT' })
  const { hosts, leftOut } = await planExport(outside, { ...old, leavesOut: true })
  expect({ hosts, leftOut }).toEqual({
    hosts: [],
    leftOut: [expect.objectContaining({ name: 'pump', code: 'RECIPIENT_ABSENT' })],
  })
})

test('a medium on which nothing has room says how much is missing, and a volume that is not there which', async () => {
  const output = join(first, 'a.moss')
  await expect(exportTo(ofSize(first, 3_000_000), output)).rejects.toMatchObject({ code: 'HOST_NO_SPACE' })
  await expect(exportTo(ofSize(first, 3_000_000), output, { volumeBytes: 9_000_000 })).rejects.toMatchObject({
    code: 'HOST_NO_SPACE',
  })
  await expect(
    exportTo(outside.disk, output, { volumeBytes: 9_000_000, fromVolume: 9 }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(exportTo(outside.disk, output, { volumeBytes: 1_000_000 })).rejects.toMatchObject({
    code: 'VOLUME_TOO_SMALL',
  })
  expect(readdirSync(first)).toEqual([])
})

/** What is read of it is spoiled on the way. */
const spoiling = (file: OpenFile, spoil: (read: Uint8Array, at: number) => void): OpenFile => ({
  path: file.path,
  read: (into, at) => {
    const count = file.read(into, at)
    spoil(into.subarray(0, count), at)
    return count
  },
  write: (bytes, at) => file.write(bytes, at),
  truncate: (size) => file.truncate(size),
  sync: () => file.sync(),
  stat: () => file.stat(),
  [Symbol.dispose]: () => file[Symbol.dispose](),
})

const turnFirst = (read: Uint8Array): void => void (read[0] = (read[0] ?? 0) ^ 1)

test('each volume is read back: a medium that gives back other bytes is found', async () => {
  const lying: Disk = {
    ...outside.disk,
    open: (path, how, mode) => {
      const file = outside.disk.open(path, how, mode)
      if (how !== 'read' || !path.endsWith('.002.moss')) return file
      return spoiling(file, (read, at) => at > 4_000_000 && turnFirst(read))
    },
  }
  await expect(exportTo(lying, join(first, 'a.moss'), { volumeBytes: 9_000_000 })).rejects.toMatchObject({
    code: 'CONTAINER_DAMAGED',
  })
})

test.each([
  ['a whole one', {}],
  ['a volume', { volumeBytes: 9_000_000 }],
] as const)(
  '%s is read back from the medium, not from memory, which gives what was written',
  async (_, how) => {
    const dropped = new Set<string>()
    const forgetful: Disk = {
      ...outside.disk,
      dropCached: (path) => {
        dropped.add(path)
        outside.disk.dropCached(path)
      },
      open: (path, kind, mode) => {
        const file = outside.disk.open(path, kind, mode)
        const isOfMedium = kind === 'read' && path.startsWith(first) && dropped.has(path)
        return isOfMedium ? spoiling(file, (read, at) => at > 4_000_000 && turnFirst(read)) : file
      },
    }
    await expect(exportTo(forgetful, join(first, 'a.moss'), how)).rejects.toMatchObject({
      code: 'CONTAINER_DAMAGED',
    })
  },
)

test('a whole one that is there is enough, unless volumes were asked for', async () => {
  const output = join(first, 'a.moss')
  writeFileSync(output, whole)
  expect((await exportTo(ofSize(first, 1_000_000), output)).isNew).toBe(false)
  await expect(exportTo(outside.disk, output, { volumeBytes: 9_000_000 })).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  })
})
