import { execFileSync } from 'node:child_process'
import { zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { isMossError } from '../../src/base/error.ts'
import { readTar, TarError } from '../../src/ingest/deb/tar.ts'
import { readDeb } from '../../src/ingest/deb.ts'
import { ElfReader } from '../../src/ingest/elf.ts'
import { reportScripts } from '../../src/ingest/scripts.ts'
import { arOf, debOf, elfLibrary, plainControl, tarOf } from '../support/foreign.ts'
import { Workshop } from '../support/ingested.ts'
import { oracle } from '../support/oracle.ts'

const shop = new Workshop()
afterAll(() => shop[Symbol.dispose]())

const parts = [
  { name: './usr/', kind: '5', mode: 0o755 },
  { name: './usr/a', body: 'alpha '.repeat(200), mode: 0o755 },
  { name: './usr/b', kind: '2', target: 'a' },
]
const control = tarOf([
  { name: './control', body: plainControl },
  { name: './postinst', body: '#!/bin/sh\nldconfig\n' },
])
const packed = (suffix: string, pack: (tar: Uint8Array) => Uint8Array): Uint8Array =>
  arOf([
    { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
    { name: `control.tar${suffix}`, bytes: pack(control) },
    { name: `data.tar${suffix}`, bytes: pack(tarOf(parts)) },
  ])
const xz = (tar: Uint8Array): Uint8Array => execFileSync('xz', ['-c', '-0'], { input: tar })

/** Reads everything there is; true when it was accepted. Whatever is thrown must be a refusal. */
async function survives(bytes: Uint8Array): Promise<boolean> {
  try {
    const source = await readDeb(shop.outside, shop.write('x.deb', bytes))
    for await (const entry of source.entries())
      if (entry.kind === 'file')
        for await (const piece of entry.body()) expect(piece.length).toBeGreaterThan(0)
    return true
  } catch (error) {
    if (!isMossError(error)) throw error
    return false
  }
}

const changed = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
  const copy = Buffer.from(bytes)
  const place = at % bytes.length
  copy[place] = (copy[place] ?? 0) ^ (1 << bit)
  return copy
}

const disturb = (bytes: Uint8Array, runs: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(7), fc.boolean(), async (at, bit, cuts) => {
      await survives(cuts ? bytes.subarray(0, at % bytes.length) : changed(bytes, at, bit))
    }),
    { numRuns: runs },
  )

test('a .deb with a bit flipped or cut anywhere is read or refused, never a crash: plain', async () => {
  expect(await survives(packed('', (tar) => tar))).toBe(true)
  await disturb(
    packed('', (tar) => tar),
    300,
  )
})

test('the same: gz', async () => {
  expect(await survives(debOf(parts))).toBe(true)
  await disturb(debOf(parts), 200)
})

test('the same: zst', async () => {
  const bytes = packed('.zst', (tar) => zstdCompressSync(tar))
  expect(await survives(bytes)).toBe(true)
  await disturb(bytes, 200)
})

test.skipIf(!oracle('xz'))('the same: xz, whose decoder is one for the whole program', async () => {
  const bytes = packed('.xz', xz)
  expect(await survives(bytes)).toBe(true)
  await disturb(bytes, 200)
  expect(await survives(bytes)).toBe(true)
})

test('every truncation of a tar is refused', async () => {
  const bytes = tarOf(parts)
  for (let length = 0; length < bytes.length; length += 97) {
    const read = async (): Promise<void> => {
      const pieces = (async function* () {
        yield bytes.subarray(0, length)
      })()
      for await (const entry of readTar(pieces)) expect(entry.path).not.toBe('')
    }
    await expect(read()).rejects.toThrow(TarError)
  }
})

test('an ELF file of any bytes is read or not, never a crash', () => {
  const library = elfLibrary({ soname: 'libtide.so.1' })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1200), fc.nat(255)), { maxLength: 20 }), (changes) => {
      const bytes = Uint8Array.from(library)
      for (const [at, value] of changes) bytes[at + 4] = value
      const reader = new ElfReader()
      reader.add(bytes)
      reader.finish()
    }),
    { numRuns: 2000 },
  )
})

test('a script of any text is reported, and quickly', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...`if then fi case esac in ;; ( ) { } $( \` ' " << EOF # \\ \n & | ; > < ldconfig rm`.split(' '),
    ),
    fc.constantFrom('\n', ' ', '$((', '${', '<<-E\n', '()'),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const started = performance.now()
      reportScripts({ postinst: `#!/bin/sh\n${pieces.join(' ')}` })
      expect(performance.now() - started).toBeLessThan(1000)
    }),
    { numRuns: 1000 },
  )
})
