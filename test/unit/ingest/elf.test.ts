import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ElfFacts, ElfReader } from '../../../src/ingest/elf.ts'
import { elfLibrary } from '../../support/foreign.ts'
import { oracle } from '../../support/oracle.ts'

function read(bytes: Uint8Array, pieceBytes = 65_536): ElfFacts | undefined {
  const reader = new ElfReader()
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.add(bytes.subarray(at, at + pieceBytes))
  return reader.finish()
}

const MiB = 1024 * 1024

test.each([
  [64, true],
  [64, false],
  [32, true],
  [32, false],
] as const)(
  'the soname of a %i-bit library, little-endian: %s, in pieces of any length',
  (bits, isLittle) => {
    const bytes = elfLibrary({ soname: 'libtide.so.1', bits, isLittle })
    for (const size of [1, 3, 64, 100_000])
      expect(read(bytes, size)).toEqual({ bits, soname: 'libtide.so.1' })
  },
)

test('what a library needs, and what of it cannot be read', () => {
  expect(read(elfLibrary({ soname: 'libtide.so.1', needed: 'libebb.so.2' }))).toEqual({
    bits: 64,
    soname: 'libtide.so.1',
    needed: ['libebb.so.2'],
  })
  expect(read(elfLibrary({ needed: 'libebb.so.2', bits: 32 }))).toEqual({ bits: 32, needed: ['libebb.so.2'] })
  expect(read(elfLibrary({ soname: 'libtide.so.1', needed: 'lib ebb' }))).toEqual({
    bits: 64,
    soname: 'libtide.so.1',
    neededProblem: 'what it needs is not a name',
  })
})

test.skipIf(process.platform !== 'linux')('the loader that a real program asks for', () => {
  const facts = read(readFileSync(process.execPath))
  expect(facts?.interpreter).toMatch(/^\/.*ld-.*\.so/)
  expect(facts?.needed).toContain('libstdc++.so.6')
})

test('a library of any length, with its dynamic section at the end or across the edge of what is kept', () => {
  for (const dynamicAt of [16 * MiB - 48, 20 * MiB + 1, 24 * MiB - 48])
    expect(read(elfLibrary({ soname: 'libbig.so.2', sizeBytes: 24 * MiB, dynamicAt }))).toEqual({
      bits: 64,
      soname: 'libbig.so.2',
    })
})

test('what cannot be read is said, not guessed', () => {
  expect(
    read(elfLibrary({ soname: 'liba.so.1', sizeBytes: 24 * MiB, stringsAt: 20 * MiB }))?.problem,
  ).toMatch(/too far back/)
  expect(read(elfLibrary({ soname: 'liba.so.1' }).subarray(0, 1030))?.problem).toMatch(/dynamic section/)
  expect(read(elfLibrary({ soname: 'lib\x1b[31m' }))?.problem).toMatch(/not a name/)
  expect(read(elfLibrary({ soname: 'x'.repeat(300) }))?.problem).toMatch(/not a name/)
})

test('a library without a soname has none; what is no ELF file gives nothing', () => {
  expect(read(elfLibrary({}))).toEqual({ bits: 64 })
  for (const bytes of [
    new Uint8Array(0),
    Buffer.from('\x7fEL'),
    Buffer.from('\x7fELF'),
    Buffer.from('#!/bin/sh\n'),
    new Uint8Array(100),
  ])
    expect(read(bytes)).toBeUndefined()
})

test.skipIf(!oracle('readelf'))('the same soname as readelf reads from this system’s C library', () => {
  const line = execFileSync('sh', [
    '-c',
    'ldd "$(command -v sh)" | grep -o "/[^ ]*libc\\.so[^ ]*"',
  ]).toString()
  const path = line.trim()
  const said = /SONAME.*\[(.*)\]/.exec(execFileSync('readelf', ['-d', path]).toString())?.[1]
  expect(read(readFileSync(path))?.soname).toBe(said)
})
