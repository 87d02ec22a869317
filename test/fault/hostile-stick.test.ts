// A stick that is damaged, cut short, that lies about its own bytes or gives others on a second read. Nothing wrong enters
// the store, what came whole is kept for the next attempt, and a good stick then reaches the end.
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import { MossError } from '../../src/base/error.ts'
import { cutContent } from '../../src/delta/cut-file.ts'
import type { Outside } from '../../src/host/outside.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { importBundles } from '../../src/ops/import.ts'
import { silent } from '../../src/base/progress.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import { type BundleDraft, composeBundle, draftPackage } from '../support/compose-bundle.ts'
import { noise } from '../support/containers.ts'
import {
  bundlePath,
  type HostileHost,
  hostileHost,
  installed,
  refusalOf,
  sharedBody,
} from '../support/hostile-host.ts'
import { samplePackage } from '../support/sample-root.ts'
import { applyVerb, endOf, importVerb, placeFile, root, stick } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)

type Variation = () => Partial<BundleDraft>

let before: HostileHost['before']
let draft: BundleDraft
let end: readonly string[]

beforeAll(async () => {
  ;({ before, draft, end } = await hostileHost())
})

describe('a stick that is damaged, cut short or lies', () => {
  test.each<[string, Variation]>([
    [
      'chunks that are not what their ids say',
      () => ({
        packages: [draftPackage(samplePackage('tool', '2', { 'usr/a': 'one thing', 'usr/b': 'two thing' }))],
        change: swapTwoChunks,
      }),
    ],
    [
      'a file put together in another order',
      () => ({
        packages: [draftPackage(samplePackage('tool', '2', { 'usr/a': { text: noise(300_000, 8) } }))],
        chunkList: (list) => ({ ...list, chunks: list.chunks.toReversed() }),
      }),
    ],
  ])('%s are refused and leave nothing', async (_, variation) => {
    const { bytes } = await composeBundle({ ...draft, ...variation() })
    expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code: 'CHUNK_DIGEST_MISMATCH' })
  })

  test.each(['first', 'last'] as const)(
    'a chunk of this host that is said to have another size, as the %s of a file, is refused',
    async (which) => {
      const held = await cutContent(inlinePool, [sharedBody])
      const largest = held.chunks.toSorted((a, b) => b.sizeBytes - a.sizeBytes)[0] ?? expect.fail('chunks')
      const { bytes } = await composeBundle({
        ...draft,
        has: [installed],
        packages: [draftPackage(samplePackage('tool', '2', { 'usr/a': { text: noise(300_000, 8) } }))],
        chunkList: (list) => ({
          ...list,
          chunks: list.chunks.map((chunk, n) =>
            n === (which === 'first' ? 0 : list.chunks.length - 1)
              ? { id: largest.id, sizeBytes: chunk.sizeBytes }
              : chunk,
          ),
        }),
      })
      expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code: 'CONTAINER_DAMAGED' })
    },
  )

  test('bytes after the end, other kinds of file and links are refused', async () => {
    const { bytes } = await composeBundle(draft)
    const longer = concatBytes([bytes, Uint8Array.of(0)])
    expect(await refusalOf(before.copy(), longer)).toMatchObject({ code: 'CONTAINER_DAMAGED' })
    expect(await refusalOf(before.copy(), encodeUtf8('#!/bin/sh\n'))).toMatchObject({
      code: 'CONTAINER_NOT_ONE',
    })
    expect(await refusalOf(before.copy(), new Uint8Array(0))).toMatchObject({ code: 'CONTAINER_NOT_ONE' })
    const machine = before.copy()
    machine.disk.makeSymlink(`${root}/.moss/keys/host.key`, `${stick}/link.moss`)
    const found = endOf(machine)
    await expect(importVerb(`${stick}/link.moss`)(machine)).rejects.toBeInstanceOf(MossError)
    await expect(importVerb(stick)(machine)).rejects.toBeInstanceOf(MossError)
    expect(endOf(machine)).toEqual(found)
  })

  test('a damaged or short copy is refused, the frames that came are kept, and a good stick reaches the end', async () => {
    const { bytes, framesOffset } = await composeBundle(draft)
    const outOfIncoming = (line: string): boolean => !line.startsWith('/.moss/incoming/')
    const cuts = [
      0,
      20,
      framesOffset - 1,
      framesOffset,
      framesOffset + 9,
      bytes.length - 70_000,
      bytes.length - 1,
    ]
    for (const at of cuts)
      for (const kind of ['cut', 'flip'] as const) {
        const broken =
          kind === 'cut' ? bytes.slice(0, at) : bytes.map((byte, i) => (i === at ? byte ^ 4 : byte))
        const machine = before.copy()
        placeFile(machine, bundlePath, broken)
        const found = endOf(machine).filter(outOfIncoming)
        const when = `${kind} at ${at}`
        const error = await importVerb(bundlePath)(machine).catch((refusal: unknown) => refusal)
        expect(error, when).toBeInstanceOf(MossError)
        if (at >= framesOffset && kind === 'cut')
          expect(error, when).toMatchObject({ code: 'CONTAINER_TRUNCATED' })
        expect(endOf(machine).filter(outOfIncoming), when).toEqual(found)
        machine.disk.remove(bundlePath)
        placeFile(machine, bundlePath, bytes)
        await importVerb(bundlePath)(machine)
        expect(endOf(machine), when).toEqual(end)
      }
  })

  test('B2: each byte of the stick is read once, so one that lies on the second read is never asked', async () => {
    const { bytes } = await composeBundle(draft)
    const machine = before.copy()
    placeFile(machine, bundlePath, bytes)
    const lying = lyingStick(machine, bytes.length)
    await importBundles(lying.outside, { root, files: [bundlePath] }, silent)
    expect(lying.readTwice()).toBe(0)
    expect(endOf(machine)).toEqual(end)
    await applyVerb(machine)
  })
})

/** In the table `chunks`: where the first stands is said to be the second, and the other way round. */
const swapTwoChunks: NonNullable<BundleDraft['change']> = (whole) => {
  const [fanOutBytes, width, idBytes] = [1024, 44, 32]
  const sections = whole.frames.sections.map((section) => {
    if (section.name !== 'chunks') return section
    const bytes = section.bytes.slice()
    const [first, second] = [0, 1].map((n) => {
      const at = fanOutBytes + n * width
      return bytes.slice(at + idBytes, at + width)
    }) as [Uint8Array, Uint8Array]
    bytes.set(second, fanOutBytes + idBytes)
    bytes.set(first, fanOutBytes + width + idBytes)
    return { ...section, bytes }
  })
  return { ...whole, frames: { ...whole.frames, sections } }
}

/** The machine with a stick whose file answers with other bytes wherever it was read before. */
function lyingStick(
  machine: SimulatedOutside,
  sizeBytes: number,
): { readonly outside: Outside; readonly readTwice: () => number } {
  const seen = new Uint8Array(sizeBytes)
  let again = 0
  const open: SimulatedOutside['disk']['open'] = (file, how, mode) => {
    const opened = machine.disk.open(file, how, mode)
    if (file !== bundlePath) return opened
    return Object.create(opened, {
      path: { value: file },
      read: {
        value: (into: Uint8Array, at: number): number => {
          const count = opened.read(into, at)
          for (let i = 0; i < count; i++) {
            if (seen[at + i] === 1) {
              again++
              into[i] = (into[i] ?? 0) ^ 0xff
            }
            seen[at + i] = 1
          }
          return count
        },
      },
      [Symbol.dispose]: { value: () => opened[Symbol.dispose]() },
    }) as typeof opened
  }
  const disk = new Proxy(machine.disk, {
    get: (target, name) => {
      const found: unknown = name === 'open' ? open : Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
  return { outside: { ...machine, disk }, readTwice: () => again }
}
