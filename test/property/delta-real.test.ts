// Files that people really have come back: programs of two builds, scripts, and both packed by gzip as it is installed.
// They are this project's own tools, so every machine with the project has them, and the system's libraries where it
// has any.
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { decodeDeltaFrame, encodeDeltaFrame } from '../../src/container/delta-frame.ts'
import { decodePieces } from '../../src/delta/decode-delta.ts'
import { form } from '../../src/delta/delta-forms.ts'
import { streamBytes } from '../../src/delta/delta-streams.ts'
import { type DeltaEffort, DeltaEncoder, type DeltaPair } from '../../src/delta/encode-delta.ts'
import { strictBase } from '../support/strict-base.ts'

const modules = join(import.meta.dirname, '../../node_modules')
const isAll = process.env['MOSS_FAULTS'] === 'all'

vi.setConfig({ testTimeout: isAll ? 600_000 : 60_000 })

const thoroughnesses: readonly DeltaEffort[] = [
  { step: 16, mostStride: 8, isQuick: true, members: 'tokens' },
  { step: 8, mostStride: 4, isQuick: false, members: 'balanced' },
  { step: 4, mostStride: 1, isQuick: false, members: 'plain' },
]

const isCalm = (path: string): boolean => {
  const { size } = statSync(path)
  return size > 0 && size <= (isAll ? 8_000_000 : 400_000)
}

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(path))

/** Files below a folder of node_modules whose names end so, in order. */
const filesIn = (folder: string, ending: string): readonly string[] =>
  existsSync(join(modules, folder))
    ? readdirSync(join(modules, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith(ending))
        .toSorted()
        .map((path) => join(modules, folder, path))
        .filter(isCalm)
    : []

/** Each with the one after it, which is mostly alike. */
const neighbours = (paths: readonly string[]): readonly DeltaPair[] =>
  paths.slice(1).map((path, i) => ({ base: read(paths[i]!), target: read(path) }))

/** How many bytes of streams there are for each thoroughness. */
function sizes(pair: DeltaPair, ...expectedForms: readonly number[]): readonly number[] {
  return thoroughnesses.map((thoroughness) => {
    const encoder = new DeltaEncoder(thoroughness)
    encoder.add(pair)
    const streams = decodeDeltaFrame(encodeDeltaFrame(encoder.finish(), 3), 'a frame')
    if (expectedForms.length > 0) expect(expectedForms).toContain(streams.forms[0])
    let at = 0
    const input = { streams, plainBytes: pair.target.length, part: 'a frame' }
    for (const piece of decodePieces(input, [strictBase(pair.base)])) {
      expect(Buffer.compare(piece, pair.target.subarray(at, at + piece.length))).toBe(0)
      at += piece.length
    }
    expect(at).toBe(pair.target.length)
    return streamBytes(streams)
  })
}

const builds = filesIn('@cbor-extract', '.node')

test.skipIf(builds.length < 2)('builds of one library come back, with their references', () => {
  for (const pair of neighbours(builds)) sizes(pair, form.references)
})

test('a program comes back from a part of itself that begins elsewhere', () => {
  const length = isAll ? 40_000_000 : 1_500_000
  const file = openSync(process.execPath, 'r')
  const bytes = new Uint8Array(length)
  readSync(file, bytes, 0, length, 30_000_000)
  closeSync(file)
  const pair = { base: bytes.subarray(0, length - 100_000), target: bytes.subarray(70_000) }
  for (const size of sizes(pair, form.plain)) expect(size).toBeLessThan(101_000)
})

test('scripts and texts of two packages come back', () => {
  const scripts = filesIn('typescript', '.js').concat(filesIn('esbuild', '.js'), filesIn('prettier', '.mjs'))
  const pairs = neighbours(scripts).slice(0, isAll ? 200 : 12)
  expect(pairs.length).toBeGreaterThan(1)
  for (const pair of pairs) sizes(pair)
})

/** By the program, or else by zlib. */
function packed(bytes: Uint8Array, level: number): Uint8Array {
  try {
    return new Uint8Array(execFileSync('gzip', ['-n', `-${level}`], { input: bytes, maxBuffer: 2 ** 26 }))
  } catch {
    return new Uint8Array(gzipSync(bytes, { level, memLevel: 8 }))
  }
}

const opened = [form.members, form.tokens]

test('real files that were packed come back with their members unpacked', () => {
  const texts = filesIn('typescript', '.md').concat(
    filesIn('prettier', '.md'),
    filesIn('esbuild', '.md'),
    builds,
  )
  // Smaller ones are left packed.
  const pairs = neighbours(texts.filter((path) => statSync(path).size >= 1024)).slice(0, isAll ? 50 : 4)
  expect(pairs.length).toBeGreaterThan(1)
  for (const { base, target } of pairs)
    for (const level of isAll ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1, 6, 9]) {
      const changed = target.slice()
      for (let at = 50; at < changed.length; at += 3001) changed[at]! += 1
      const whole = packed(changed, level)
      const [ofTokens, either, ofPlain] = sizes({ base: packed(target, level), target: whole }, ...opened)
      expect(ofPlain).toBeLessThan(60 + 5 * (target.length / 3001))
      for (const size of [ofTokens, either]) expect(size).toBeLessThan(60 + 0.9 * whole.length)
      sizes({ base: packed(base, level), target: whole }, ...opened)
      sizes({ base: target, target: whole }, ...opened)
    }
})

const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib']

test('libraries of the system come back from their neighbours', () => {
  const folder = folders.find((path) => existsSync(path))
  const paths = (folder === undefined ? [] : readdirSync(folder))
    .filter((name) => /\.so(\.\d+)+$/.test(name))
    .toSorted()
    .map((name) => join(folder!, name))
    .filter((path) => isCalm(path))
  for (const pair of neighbours(paths).slice(0, isAll ? 400 : 10)) sizes(pair)
})
