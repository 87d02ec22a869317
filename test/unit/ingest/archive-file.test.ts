// A file fetched from a server that is played: what it gives, where it breaks, and that asking comes to an end.
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import { MossError } from '../../../src/base/error.ts'
import type { Download } from '../../../src/host/http.ts'
import type { Outside } from '../../../src/host/outside.ts'
import { fetchFile } from '../../../src/ingest/archive-file.ts'
import { simulatedOutside } from '../../sim/simulated-outside.ts'

const whole = Uint8Array.from({ length: 1000 }, (_, n) => n % 251)
const wanted = { path: 'http://example.org/file', sha256: digestOf(whole), sizeBytes: whole.length }
const broken = new MossError('NETWORK_FAILED', { address: wanted.path, problem: 'it broke' })

/** Each answer gives so many bytes of `bytes` and breaks off, unless these are all. */
function playing(answers: readonly number[], { parts = true, bytes = whole } = {}) {
  const simulated = simulatedOutside()
  const asked: number[] = []
  let closed = 0
  async function* windows(from: number, count: number): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(from, from + count)
    if (from + count < bytes.length) throw broken
  }
  const outside: Outside = {
    ...simulated,
    download: (_, fromByte): Promise<Download> => {
      const count = answers[asked.length % answers.length] ?? 0
      asked.push(fromByte)
      if (asked.length > 200) throw new Error('it asks for ever')
      const from = parts ? fromByte : 0
      return Promise.resolve({
        fromByte: from,
        windows: windows(from, count),
        [Symbol.asyncDispose]: () => Promise.resolve(void closed++),
      })
    },
  }
  const shown: string[] = []
  let arrived = 0
  const from = {
    outside,
    pace: () => Promise.resolve(),
    cancelled: new AbortController().signal,
    arrived: (count: number) => void (arrived += count),
    failed: (problem: string) => void shown.push(problem),
  }
  return {
    closed: () => closed,
    asked,
    shown,
    arrived: () => arrived,
    disk: simulated.disk,
    fetch: () => fetchFile(from, wanted, '/file'),
  }
}

test('what arrived is gone on from as long as more arrives, however often it breaks', async () => {
  const server = playing([10])
  expect(await server.fetch()).toBe(true)
  expect(server.asked).toEqual(Array.from({ length: 100 }, (_, n) => n * 10))
  expect(server.disk.readFile('/file', 2000)).toEqual(whole)
  expect([server.arrived(), server.shown.length, server.closed()]).toEqual([1000, 99, 100])
})

test.each([
  ['gives nothing', [0]],
  ['always begins anew and breaks at the same place', [100]],
  ['begins anew and breaks now earlier, now later', [100, 50]],
])('asking a server that %s comes to an end', async (_, answers) => {
  const server = playing(answers, { parts: false })
  await expect(server.fetch()).rejects.toThrow('it broke')
  expect(server.asked.length).toBeLessThan(20)
})

test('an end that came too soon is asked for the rest; another file is refused and not kept', async () => {
  const short = playing([1000], { bytes: whole.subarray(0, 900) })
  await expect(short.fetch()).rejects.toThrow('it ended too soon')
  expect(short.disk.lstat('/file')?.sizeBytes).toBe(900)
  const other = playing([1000], { bytes: whole.map((byte) => byte ^ 1) })
  await expect(other.fetch()).rejects.toThrow('it is not what its index says')
  expect(other.disk.lstat('/file')).toBeUndefined()
})
