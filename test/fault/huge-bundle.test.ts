// Bundles of 2 GiB and 4 GiB, and of one byte less and more: sizes and offsets on both sides of what 31 and 32 bits hold. Their
// content is noise, for real; it takes gigabytes and minutes, so only MOSS_FAULTS=slow or all tries it.
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { noise } from '../support/containers.ts'
import { faultEffort, faultTimeoutMs } from '../support/fault-effort.ts'
import { type Program, programIn } from '../support/program.ts'

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs })

const atStation = ['--home', 'station'] as const
const isTried = faultEffort !== 'sample'
if (!isTried) console.warn('skipped: bundles of 4 GiB are for npm run check:slow')

let moss: Program
const at = (...names: readonly string[]): string => join(moss.folder, ...names)

function writeNoise(path: string, sizeBytes: number): void {
  const file = openSync(path, 'w')
  const source = openSync('/dev/urandom', 'r')
  const buffer = new Uint8Array(2 ** 24)
  for (let left = sizeBytes; left > 0;) {
    const count = readSync(source, buffer, 0, Math.min(left, buffer.length), null)
    writeSync(file, buffer, 0, count)
    left -= count
  }
  for (const each of [source, file]) closeSync(each)
}

function add(name: string, version: number, fill: (path: string) => void): void {
  mkdirSync(at(name, 'usr/share'), { recursive: true })
  fill(at(name, 'usr/share', name))
  moss.json('add', 'stable', name, '--name', name, '--version', `${version}`, ...atStation)
  rmSync(at(name), { recursive: true })
}

/** A note of so many characters, too few to be packed: each is a byte of the file. */
function exportWith(characters: number): number {
  rmSync(at('a.moss'), { force: true })
  const note = noise(64, 7).toHex().slice(0, characters)
  moss.json('export', '--for', 'pump', '--note', note, '-o', 'a.moss', ...atStation)
  return statSync(at('a.moss')).size
}

/** From 24 on, CBOR says their number in two bytes. */
const middle = 42

describe.skipIf(!isTried).each([
  ['2 GiB', 2 ** 31],
  ['4 GiB', 2 ** 32],
])('a bundle of %s', (_, sizeBytes) => {
  /** More than its tables take. */
  const padBytes = 8_000_000
  beforeAll(() => {
    // On a disk, not in memory.
    moss = programIn(mkdtempSync('/var/tmp/moss-huge-'))
    const { bavail, bsize } = statfsSync(moss.folder)
    if (bavail * bsize < 5 * sizeBytes) throw new Error(`${5 * sizeBytes} bytes are wanted below /var/tmp`)
    moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
    moss.json('channel', 'create', 'stable', ...atStation)
    moss.json('init', '--root', 'pump', '--trust', 'station/root.moss-root', '--name', 'pump')
    moss.json('subscribe', 'big', 'pad', '--root', 'pump')
    moss.json('state', 'export', 'pump.moss-state', '--root', 'pump')
    moss.json('fleet', 'enroll', 'pump.moss-state', ...atStation)
    add('big', 1, (path) => writeNoise(path, sizeBytes - 2 * padBytes))
    add('pad', 1, (path) => writeFileSync(path, noise(padBytes, 1)))
    moss.json('channel', 'publish', 'stable', ...atStation)
    // Each pad comes nearer, as the tables that name its chunks change less.
    let length = padBytes
    for (let version = 2; version < 6; version++) {
      const off = exportWith(middle) - sizeBytes
      if (Math.abs(off) < 16) return
      length -= off
      add('pad', version, (path) => writeFileSync(path, noise(length, 2)))
      moss.json('channel', 'publish', 'stable', ...atStation)
      moss.json('channel', 'expire', 'stable', `pad=${version - 1}`, ...atStation)
    }
    throw new Error('no pad makes it that long')
  })
  afterAll(() => rmSync(moss.folder, { recursive: true }))

  test('is made, verified, cut and put together to the byte, at each of the sizes', () => {
    const found = exportWith(middle)
    for (const wanted of [sizeBytes - 1, sizeBytes, sizeBytes + 1]) {
      expect(exportWith(middle + wanted - found)).toBe(wanted)
      moss.json('verify', 'a.moss', '--root', 'pump')
    }
    mkdirSync(at('cut'))
    moss.json('split', 'a.moss', '--volume', `${Math.floor(sizeBytes / 2 + 2 * padBytes)}`, '-o', 'cut')
    const { digest } = moss.json<{ digest?: string }>('inspect', 'a.moss')
    rmSync(at('a.moss'))
    moss.json('join', 'cut/a.moss', 'cut/a.002.moss', '-o', 'joined.moss')
    rmSync(at('cut'), { recursive: true })
    expect(statSync(at('joined.moss')).size).toBe(sizeBytes + 1)
    expect(moss.json<{ digest?: string }>('inspect', 'joined.moss').digest).toBe(digest)
    moss.json('import', 'joined.moss', '--root', 'pump')
    rmSync(at('joined.moss'))
    moss.json('apply', '--root', 'pump')
    expect(statSync(at('pump/usr/share/big')).size).toBe(sizeBytes - 2 * padBytes)
    expect(moss.json<{ findings: readonly object[] }>('verify', '--root', 'pump').findings).toEqual([])
  })
})
