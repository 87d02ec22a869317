import { closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silent } from '../../../src/base/progress.ts'
import type { ExportedBundle } from '../../../src/bundle/export.ts'
import { importBundle } from '../../../src/bundle/import.ts'
import { dropIncoming, listIncoming } from '../../../src/bundle/take-in.ts'
import { MossError } from '../../../src/base/error.ts'
import { bytesSource, type ByteSource } from '../../../src/host/byte-source.ts'
import { noise } from '../../support/containers.ts'
import { TestLoop, type TestHost } from '../../support/loop.ts'

const MiB = 1024 * 1024
let loop: TestLoop
let host: TestHost
let made: ExportedBundle
let whole: Uint8Array
let copy: string

beforeAll(async () => {
  loop = new TestLoop()
  host = loop.host('pump')
  const wanted = await loop.add('tool', '1', { 'usr/lib/big': noise(14 * MiB, 1) })
  loop.publish()
  made = await loop.export([{ host: host.id, wants: [wanted], has: [] }])
  whole = readFileSync(made.path)
  copy = join(host.incoming, made.id, 'bundle.moss')
})
afterAll(() => loop[Symbol.asyncDispose]())

/** A stick that is pulled at some byte, and counts what was read of it. */
function stick(bytes: Uint8Array, pulledAt = Infinity): ByteSource & { readBytes: number } {
  const inner = bytesSource('stick', bytes)
  return {
    name: 'stick',
    readBytes: 0,
    read(into, at) {
      if (at < bytes.length && at + into.length > pulledAt)
        throw new MossError('HOST_IO', { action: 'read', path: 'stick', problem: 'EIO' })
      const count = inner.read(into, at)
      this.readBytes += count
      return count
    },
    [Symbol.dispose]: () => {},
  }
}

test('a stick pulled half way: the next attempt reads only the frames that are missing', async () => {
  await expect(loop.takeIn(host, stick(whole, 9 * MiB))).rejects.toMatchObject({ code: 'HOST_IO' })
  expect(listIncoming(loop.outside.disk, host.incoming)).toEqual([made.id])
  const second = stick(whole)
  using taken = await loop.takeIn(host, second)
  expect(taken.keptBytes).toBeGreaterThan(7 * MiB)
  expect(second.readBytes).toBe(whole.length - taken.keptBytes)
  expect(readFileSync(copy).equals(whole)).toBe(true)
})

test('a frame of the copy that a power cut spoiled is read from the medium again', async () => {
  const file = openSync(copy, 'r+')
  writeSync(file, Buffer.from('spoiled'), 0, 7, 6 * MiB)
  closeSync(file)
  truncateSync(copy, 12 * MiB)
  using taken = await loop.takeIn(host, stick(whole))
  expect(taken.keptBytes).toBeLessThan(9 * MiB)
  expect(readFileSync(copy).equals(whole)).toBe(true)
})

test('a copy that is longer than the bundle is cut', async () => {
  truncateSync(copy, whole.length + 1000)
  using _ = await loop.takeIn(host, stick(whole))
  expect(statSync(copy).size).toBe(whole.length)
})

test('a bundle taken in whole is not copied again, and its medium may go', async () => {
  {
    const again = stick(whole)
    using taken = await loop.takeIn(host, again)
    again.read = () => expect.fail('the medium is gone')
    expect(taken.keptBytes).toBe(made.storedBytes)
    await importBundle(loop.outside, taken, { store: host.store, report: silent })
  }
  expect(host.store.totals().bytes).toBeGreaterThan(14 * MiB)
  dropIncoming(loop.outside.disk, host.incoming, made.id)
  expect(listIncoming(loop.outside.disk, host.incoming)).toEqual([])
})

test('a medium that lies in the middle is found at its frame, and the frames before are kept', async () => {
  const lying = Uint8Array.from(whole)
  lying[10 * MiB] = (lying[10 * MiB] ?? 0) ^ 1
  await expect(loop.takeIn(host, stick(lying))).rejects.toMatchObject({
    code: 'CONTAINER_DAMAGED',
    details: { part: 'frame 2' },
  })
  using taken = await loop.takeIn(host, stick(whole))
  expect(taken.keptBytes).toBeGreaterThan(7 * MiB)
})

test('a host without room is told before anything is written', async () => {
  dropIncoming(loop.outside.disk, host.incoming, made.id)
  const small = { ...loop.outside.disk, freeBytes: () => 1000 }
  const outside = { ...loop.outside, disk: small }
  const { takeIn } = await import('../../../src/bundle/take-in.ts')
  await expect(
    takeIn(outside, {
      source: stick(whole),
      incomingFolder: host.incoming,
      judge: host.judge,
      report: silent,
    }),
  ).rejects.toMatchObject({
    code: 'HOST_NO_SPACE',
    details: { neededBytes: whole.length + MiB, freeBytes: 1000 },
  })
  expect(listIncoming(loop.outside.disk, host.incoming)).toEqual([])
})
