// Volumes of a bundle taken in one at a time: each is judged before anything of it is kept, what it holds stays whatever happens
// next, and the last one makes the bundle whole. Nobody signs what volumes say of themselves, so a lie costs nothing but itself.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { isMossError, MossError } from '../../../src/base/error.ts'
import { silent } from '../../../src/base/progress.ts'
import type { ExportedBundle } from '../../../src/bundle/export.ts'
import { importBundle } from '../../../src/bundle/import.ts'
import { listIncoming, takeIn, type TakenBundle } from '../../../src/bundle/take-in.ts'
import { viewOf } from '../../../src/container/little-endian.ts'
import { openContainer } from '../../../src/container/read.ts'
import { verifyWhole } from '../../../src/container/read-frames.ts'
import { type ByteSource, bytesSource } from '../../../src/host/byte-source.ts'
import { noise } from '../../support/containers.ts'
import { TestLoop, type TestHost } from '../../support/loop.ts'
import { cutIntoVolumes } from '../../support/volumes.ts'

const MiB = 1024 * 1024
let loop: TestLoop
let host: TestHost
let made: ExportedBundle
let whole: Uint8Array
let volumes: readonly Uint8Array[]
const copy = (): string => join(host.incoming, made.id, 'bundle.moss')
const record = (): string => join(host.incoming, made.id, 'volumes')

beforeAll(async () => {
  loop = new TestLoop()
  host = loop.host('pump')
  const wanted = await loop.add('tool', '1', { 'usr/lib/big': noise(19 * MiB, 1) })
  loop.publish()
  made = await loop.export([{ host: host.id, wants: [wanted], has: [] }])
  whole = readFileSync(made.path)
  // Frames of about 4 MiB each.
  volumes = cutIntoVolumes(whole, 5 * MiB)
  expect(volumes).toHaveLength(5)
})
beforeEach(() => {
  rmSync(host.incoming, { recursive: true })
  mkdirSync(host.incoming)
})
afterAll(() => loop[Symbol.asyncDispose]())

/** From another stick each, under the name that it has there. */
const source = (bytes: Uint8Array, number: number): ByteSource =>
  bytesSource(`/stick-${number}/a${number === 1 ? '' : `.00${number}`}.moss`, bytes)
const take = (number: number, bytes = volumes[number - 1] ?? whole): Promise<TakenBundle> =>
  loop.takeIn(host, source(bytes, number))

async function wantedAfter(number: number, bytes?: Uint8Array): Promise<readonly string[]> {
  try {
    using _ = await take(number, bytes)
  } catch (error) {
    if (isMossError(error, 'VOLUME_WANTED')) return error.details.wanted
    throw error
  }
  return []
}

async function assertWhole(taken: TakenBundle): Promise<void> {
  expect(readFileSync(taken.path).equals(whole)).toBe(true)
  await verifyWhole(taken.container, loop.outside.pool)
}

test('volumes in any order make the bundle whole, and it is imported from the copy', async () => {
  expect(await wantedAfter(3)).toEqual(['a.moss', 'a.002.moss', 'a.004.moss'])
  expect(await wantedAfter(5)).toEqual(['a.moss', 'a.002.moss', 'a.004.moss'])
  expect(await wantedAfter(1)).toEqual(['a.002.moss', 'a.004.moss'])
  await expect(take(2)).rejects.toMatchObject({
    code: 'VOLUME_WANTED',
    exit: 15,
    message: 'a.moss is not whole yet: volumes 1 to 3 and 5 of 5 are here; wanted next: a.004.moss',
    hint: expect.stringContaining('nothing is lost'),
  })
  using taken = await take(4)
  await assertWhole(taken)
  await importBundle(loop.outside, taken, { store: host.store, report: silent })
  expect(host.store.totals().bytes).toBeGreaterThan(19 * MiB)
})

test('the same volume twice is as once, and the medium is not read for what is here', async () => {
  await wantedAfter(2)
  const before = readFileSync(record(), 'utf8')
  let readBytes = 0
  const counting = { ...source(volumes[1] ?? whole, 2) }
  const inner = counting.read
  counting.read = (into, at) => {
    const count = inner(into, at)
    readBytes += count
    return count
  }
  await expect(loop.takeIn(host, counting)).rejects.toMatchObject({ code: 'VOLUME_WANTED' })
  expect(readFileSync(record(), 'utf8')).toBe(before)
  expect(readBytes).toBeLessThan(MiB)
})

test('a stick that is pulled in a volume: what came stays, and the same command goes on', async () => {
  await wantedAfter(1)
  const third = volumes[2] ?? whole
  const pulled: ByteSource = {
    ...source(third, 3),
    read: (into, at) => {
      if (at < third.length && at + into.length > third.length - 10)
        throw new MossError('HOST_IO', { action: 'read', path: 'stick', problem: 'EIO' })
      return source(third, 3).read(into, at)
    },
  }
  await expect(loop.takeIn(host, pulled)).rejects.toMatchObject({ code: 'HOST_IO' })
  expect(await wantedAfter(2)).toEqual(['a.003.moss', 'a.004.moss', 'a.005.moss'])
  for (const number of [3, 4]) await wantedAfter(number)
  using taken = await take(5)
  await assertWhole(taken)
})

test('where a power cut lost the record, volumes are asked for again, and nothing else is lost', async () => {
  for (const number of [1, 2, 3, 4]) await wantedAfter(number)
  for (const spoil of ['', 'x', '1 5 0', '2 5 0 1\n2 5 3 4\n', '9 5 0 1\n', '1 5 0 1 2\n', '1 5 0 1\nx\n']) {
    const file = openSync(record(), 'w')
    writeSync(file, spoil)
    closeSync(file)
    expect(await wantedAfter(5)).toEqual(['a.moss', 'a.002.moss', 'a.003.moss'])
  }
  for (const number of [1, 2, 3]) await wantedAfter(number)
  using taken = await take(4)
  expect(taken.keptBytes).toBeGreaterThan(3 * MiB)
  await assertWhole(taken)
})

test('a frame of an earlier volume that the disk spoiled is asked for again, by the name of its volume', async () => {
  for (const number of [1, 2, 3, 4]) await wantedAfter(number)
  const file = openSync(copy(), 'r+')
  writeSync(file, Buffer.from('spoiled'), 0, 7, 6 * MiB)
  closeSync(file)
  expect(await wantedAfter(5)).toEqual(['a.002.moss'])
  using taken = await take(2)
  await assertWhole(taken)
})

test('the whole file completes what volumes began, and a volume what the whole file began', async () => {
  await wantedAfter(4)
  {
    using taken = await loop.takeIn(host, bytesSource('/stick/a.moss', whole))
    expect(taken.keptBytes).toBeGreaterThan(3 * MiB)
    await assertWhole(taken)
  }
  using again = await loop.takeIn(host, bytesSource('/stick/a.moss', whole))
  expect(again.keptBytes).toBe(made.storedBytes)
})

test('what is judged and refused leaves nothing behind, whichever volume comes first', async () => {
  const judge = { ...host.judge, host: loop.host('other').id }
  for (const bytes of volumes)
    await expect(loop.takeIn(host, bytesSource('stick', bytes), judge)).rejects.toMatchObject({
      code: 'BUNDLE_WRONG_HOST',
    })
  const front = openContainer(bytesSource('whole', whole)).framesOffset
  const third = volumes[2] ?? whole
  for (const [bytes, code] of [
    [concatBytes([third, Uint8Array.of(1)]), 'CONTAINER_DAMAGED'],
    [third.subarray(0, front - 1), 'CONTAINER_TRUNCATED'],
    [concatBytes([Uint8Array.from(third).fill(0, 52, 60), third.subarray(0, 0)]), 'CONTAINER_DAMAGED'],
  ] as const)
    await expect(take(3, bytes)).rejects.toMatchObject({ code })
  expect(listIncoming(loop.outside.disk, host.incoming)).toEqual([])
})

test('volumes of another cut bring their frames, and the names that are asked for are those of the newest', async () => {
  const halves = cutIntoVolumes(whole, 13 * MiB)
  expect(halves).toHaveLength(2)
  for (const number of [1, 2, 4]) await wantedAfter(number)
  expect(await wantedAfter(2, halves[1])).toEqual(['a.moss'])
  expect(await wantedAfter(5)).toEqual(['a.moss', 'a.002.moss', 'a.003.moss'])
  using taken = await take(3)
  await assertWhole(taken)
})

test('a volume that lies about how many there are costs a question, and no more', async () => {
  const loose = cutIntoVolumes(whole, 9 * MiB)
  expect(loose).toHaveLength(3)
  const lie = Uint8Array.from(loose[0] ?? whole)
  viewOf(lie).setUint16(58, 4, true)
  expect(await wantedAfter(1, lie)).toEqual(['a.002.moss', 'a.003.moss', 'a.004.moss'])
  expect(await wantedAfter(2, loose[1])).toEqual(['a.moss', 'a.003.moss'])
  expect(await wantedAfter(1, lie)).toEqual(['a.002.moss', 'a.003.moss', 'a.004.moss'])
  using taken = await take(3, loose[2])
  await assertWhole(taken)
})

test('room is asked for all that is still to come, before anything is written', async () => {
  const request = { incomingFolder: host.incoming, judge: host.judge, report: silent }
  const small = { ...loop.outside, disk: { ...loop.outside.disk, freeBytes: () => 1000 } }
  const second = source(volumes[1] ?? whole, 2)
  await expect(takeIn(small, { ...request, source: second })).rejects.toMatchObject({
    code: 'HOST_NO_SPACE',
    details: { neededBytes: whole.length + MiB, freeBytes: 1000 },
  })
  expect(listIncoming(loop.outside.disk, host.incoming)).toEqual([])
  await wantedAfter(5)
  expect(statSync(copy()).size).toBe(whole.length)
  const error = await takeIn(small, { ...request, source: second }).catch((thrown: unknown) => thrown)
  if (!isMossError(error, 'HOST_NO_SPACE')) throw error
  expect(error.details.neededBytes).toBeLessThan(whole.length)
  expect(error.details.neededBytes).toBeGreaterThan(15 * MiB)
  // What a copy without its record has taken nobody knows.
  rmSync(record())
  await expect(takeIn(small, { ...request, source: second })).rejects.toMatchObject({
    details: { neededBytes: whole.length + MiB },
  })
})
