// A station that was taken over once gave the bytes of one file the ids of another's chunks. Its bytes were right, so it is
// in the store, and so is what was said of its chunks: later bundles that build on the other file are taken in all the same.
import { expect, test, vi } from 'vitest'
import type { ChunkId, ContentDigest } from '../../../src/base/ids.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { chunkSizes } from '../../../src/base/limits.ts'
import { ChunkTable, encodeChunks, FrameTable } from '../../../src/container/frame-table.ts'
import type { ChunkList } from '../../../src/delta/chunk-list.ts'
import { cutWhole } from '../../../src/delta/jobs.ts'
import { placesOf } from '../../../src/state/places.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import type { SimulatedOutside } from '../../sim/simulated-outside.ts'
import { type BundleDraft, composeBundle, draftPackage } from '../../support/compose-bundle.ts'
import { noise } from '../../support/containers.ts'
import { bundlePath } from '../../support/hostile-host.ts'
import { samplePackage } from '../../support/sample-root.ts'
import { applyVerb, freshHost, importVerb, placeFile, root } from '../../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

const toolWith = (version: string, files: Readonly<Record<string, Uint8Array>>) =>
  draftPackage(
    samplePackage(
      'tool',
      version,
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`usr/lib/${name}`, { text }])),
    ),
  )

/** Everywhere in what the bundle says, the first chunk of `told` bears the id of the first of `meant`. */
function lying(told: ChunkList, meant: ChunkList): Pick<BundleDraft, 'chunkList' | 'change'> {
  const [from, to] = [told.chunks[0]!.id, meant.chunks[0]!.id]
  const lie = (id: ChunkId): ChunkId => (id === from ? to : id)
  return {
    chunkList: (list) => ({ ...list, chunks: list.chunks.map((one) => ({ ...one, id: lie(one.id) })) }),
    change: (draft) => {
      const { count, storedBytes, sections } = draft.frames
      const of = (name: string) => sections.find((section) => section.name === name)?.bytes
      const table = new ChunkTable(of('chunks'), new FrameTable(of('frames'), { count, storedBytes }))
      const chunks = Array.from({ length: count }, (_, frame) =>
        table.ofFrame(frame).map((chunk) => ({ ...chunk, frame, id: lie(chunk.id) })),
      ).flat()
      const changed = sections.map((section) =>
        section.name === 'chunks' ? { ...section, bytes: encodeChunks(chunks) } : section,
      )
      return { ...draft, frames: { ...draft.frames, sections: changed } }
    },
  }
}

function withStore<T>(outside: SimulatedOutside, ask: (store: Store) => T): T {
  const { database: path, own: folder } = placesOf(root)
  using database = outside.openDatabase(path, 'write')
  return ask(openStore({ disk: outside.disk, database, folder, userId: outside.userId }))
}

async function bring(outside: SimulatedOutside, draft: BundleDraft): Promise<void> {
  placeFile(outside, bundlePath, (await composeBundle(draft)).bytes)
  await importVerb(bundlePath)(outside)
  await applyVerb(outside)
  outside.disk.remove(bundlePath)
}

/** Of equal bytes, so that it is cut where chunks end at the latest. */
const even = (byte: number, chunks: number): Uint8Array =>
  new Uint8Array((chunks - 1) * chunkSizes.max + 20_000).fill(byte)

test.each([
  ['of the same size', even(1, 2), even(2, 2)],
  ['of another size', noise(300_000, 1), noise(300_000, 2)],
  ['oftener than places are looked at', even(1, 20), even(2, 2)],
])('a chunk that another file was said to have, %s, is found where it is', async (_, other, right) => {
  const [told, meant] = [cutWhole(other), cutWhole(right)]
  const { id: chunk, sizeBytes } = meant.chunks[0]!
  const { outside, id } = await freshHost(['tool'])
  const first = toolWith('1', { other })
  await bring(outside, { serial: 1, hosts: [id], packages: [first], ...lying(told, meant) })
  expect(withStore(outside, (store) => store.chunkList(told.content)?.chunks[0]?.id)).toBe(chunk)
  const second = toolWith('2', { other, right })
  await bring(outside, { serial: 2, hosts: [id], packages: [second], has: [first] })

  const made = new Uint8Array([...right.subarray(0, sizeBytes), ...noise(40_000, 3)])
  expect(cutWhole(made).chunks[0]?.id).toBe(chunk)
  const third = toolWith('3', { other, right, made })
  await bring(outside, { serial: 3, hosts: [id], packages: [third], has: [second] })
  const content = digestOf<ContentDigest>(made)
  expect(digestOf(outside.disk.readFile(`${root}/usr/lib/made`, made.length))).toBe(content)
  expect(withStore(outside, (store) => store.chunkList(told.content))).toEqual(told)
  expect(withStore(outside, (store) => store.chunkList(content))).toEqual(cutWhole(made))
})
