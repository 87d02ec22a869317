import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest, HostId, PackageId } from '../../../src/base/ids.ts'
import type { CarryRequest } from '../../../src/carry/plan.ts'
import { askSketches } from '../../../src/carry/sketch-question.ts'
import type { Manifest } from '../../../src/manifest/manifest.ts'

type Files = Readonly<Record<string, number>>

/** A file’s content is told by version and path, so that nothing is shared unless its version is. */
function ask(before: Files, after: Files, names: readonly [string, string] = ['tool', 'tool']) {
  const layout = (files: Files, version: string) =>
    Object.entries(files).map(([path, sizeBytes]) => ({
      kind: 'file',
      path,
      sizeBytes,
      content: digestOf<ContentDigest>(new TextEncoder().encode(`${version} ${path} ${sizeBytes}`)),
    }))
  const manifests: Readonly<Record<string, unknown>> = {
    old: { name: names[0], layout: layout(before, 'old') },
    new: { name: names[1], layout: layout(after, 'new') },
  }
  const request: CarryRequest = {
    hosts: [{ host: 'a' as HostId, wants: ['new' as PackageId], has: ['old' as PackageId] }],
    catalogue: {
      manifest: (id) => manifests[id] as Manifest,
      chunkList: () => {
        throw new Error('nothing is read')
      },
    },
  }
  const { wanted, had } = askSketches(request)
  return { wanted: wanted.map(({ path }) => path), had: had.map(({ path }) => path) }
}

const nothing = { wanted: [], had: [] }

test('where names find everything, nothing is asked', () => {
  expect(ask({ 'usr/lib/a.so.1': 9000, gone: 9000 }, { 'usr/lib/a.so.2': 9000 })).toEqual(nothing)
})

test('a new file is compared with what is gone, of about its size and not found by name', () => {
  const before = {
    'usr/a.bin': 20_000,
    'usr/stays': 20_000,
    'usr/b.so.1': 20_000,
    'usr/c': 300,
    'usr/d': 90_000,
  }
  const after = { 'usr/new.dat': 16_000, 'usr/stays': 20_000, 'usr/b.so.2': 20_000 }
  expect(ask(before, after)).toEqual({ wanted: ['usr/new.dat'], had: ['usr/a.bin'] })
})

test('also with files of the same package and kind that are still there', () => {
  const before = { 'usr/a.js': 20_000, 'usr/b.css': 20_000 }
  expect(ask(before, { ...before, 'usr/new.js': 16_000 })).toEqual({
    wanted: ['usr/new.js'],
    had: ['usr/a.js'],
  })
  expect(ask(before, { ...before, 'usr/new.js': 16_000 }, ['tool', 'other'])).toEqual(nothing)
})

test('a file that grew to more than twice its length is asked about too', () => {
  const before = { 'usr/a.js': 20_000, 'usr/b.js': 90_000 }
  expect(ask(before, { 'usr/a.js': 80_000, 'usr/b.js': 90_000 }).wanted).toEqual(['usr/a.js'])
  expect(ask(before, { 'usr/a.js': 39_000, 'usr/b.js': 90_000 })).toEqual(nothing)
})

test('short files are not worth it, and what is asked is bounded', () => {
  expect(ask({ 'usr/a': 4000 }, { 'usr/new': 4000 })).toEqual(nothing)
  const MiB = 1024 * 1024
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`usr/old${'x'.repeat(i)}`, 20 * MiB]))
  const { wanted, had } = ask(many, { 'usr/new': 20 * MiB })
  expect(wanted).toEqual(['usr/new'])
  expect(had).toHaveLength(11)
  expect(ask(many, { 'usr/new': 400 * MiB })).toEqual(nothing)
})

test('little that is new is not worth much reading, and what is gone is read first', () => {
  const before = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`usr/${1000 + i}.c`, 20_000]))
  const { 'usr/2999.c': gone, ...after } = before
  const { wanted, had } = ask(before, { ...after, 'usr/new.c': gone ?? 0 })
  expect(wanted).toEqual(['usr/new.c'])
  expect(had[0]).toBe('usr/2999.c')
  expect(had).toHaveLength(Math.floor((4 * 1024 * 1024 + 32 * 20_000) / 20_000))
})
