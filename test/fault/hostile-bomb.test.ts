// Frames under true signatures that are kilobytes on the stick and a gibibyte when unpacked: whatever their tables and headers
// say of that, they are refused before they are unpacked.
import { beforeAll, expect, test, vi } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import { encodeFront } from '../../src/container/encode.ts'
import { encodeFrames } from '../../src/container/frame-table.ts'
import { encodeZstd } from '../../src/container/zstd.ts'
import { type BundleDraft, composeBundle, draftPackage, signers } from '../support/compose-bundle.ts'
import { bundlePath, type HostileHost, hostileHost, refusalOf } from '../support/hostile-host.ts'
import { samplePackage } from '../support/sample-root.ts'
import { importVerb, placeFile } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)

const gibibyte = 2 ** 30
const blockBytes = 128 * 1024

/** In one frame, which the host lacks; longer than a bomb, for no frame is longer packed than plain. */
const content = encodeUtf8('the same words again, '.repeat(2800))
const fresh = draftPackage(samplePackage('tool', '2', { 'usr/bin/tool': { text: content } }))

/** One zstd frame (RFC 8878) of a gibibyte of equal bytes, in blocks that repeat one; its header says `said`, if anything. */
function bombThatSays(said: number | undefined): Uint8Array {
  const count = gibibyte / blockBytes
  const header = said === undefined ? 6 : 14
  const bytes = Buffer.alloc(header + 4 * count)
  bytes.writeUInt32LE(0xfd2fb528, 0)
  bytes[4] = said === undefined ? 0 : 0xc0
  // A window of 8 MiB.
  bytes[5] = 13 << 3
  if (said !== undefined) bytes.writeBigUInt64LE(BigInt(said), 6)
  for (let n = 0; n < count; n++) {
    const isLast = n === count - 1 ? 1 : 0
    bytes.writeUIntLE(isLast | (1 << 1) | (blockBytes << 3), header + 4 * n, 3)
  }
  return bytes
}

let before: HostileHost['before']
let draft: BundleDraft

beforeAll(async () => {
  ;({ before, draft } = await hostileHost())
})

/** The bundle that brings `fresh`, with these bytes for its one frame, of which the table says that they are `plainBytes`. */
async function withFrame(stored: Uint8Array, plainBytes: number): Promise<Uint8Array> {
  const frames = encodeFrames([
    { offset: 0, storedBytes: stored.length, plainBytes, codec: 2, digest: digestOf(stored) },
  ])
  let front: Uint8Array = new Uint8Array(0)
  await composeBundle({
    ...draft,
    packages: [fresh],
    change: (whole) => {
      expect(whole.frames.count).toBe(1)
      const sections = whole.frames.sections.map((section) =>
        section.name === 'frames' ? { ...section, bytes: frames } : section,
      )
      const changed = { ...whole, frames: { count: 1, storedBytes: stored.length, sections } }
      front = encodeFront(changed, [signers.exporter]).bytes
      return whole
    },
  })
  return concatBytes([front, stored])
}

test('what the frame should be is taken in', async () => {
  const machine = before.copy()
  placeFile(machine, bundlePath, await withFrame(encodeZstd(content, 1), content.length))
  await importVerb(bundlePath)(machine)
})

test.each<[string, number | undefined, number]>([
  ['its header says what it is, the table what it should be', gibibyte, content.length],
  ['header and table say what it should be', content.length, content.length],
  ['its header says nothing', undefined, content.length],
  ['header and table say what it is', gibibyte, gibibyte],
])('a frame that unpacks to a gibibyte is refused: %s', async (_, said, plainBytes) => {
  const bomb = bombThatSays(said)
  expect(bomb.length).toBeLessThan(content.length)
  const bytes = await withFrame(bomb, plainBytes)
  const started = process.resourceUsage()
  expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code: 'CONTAINER_DAMAGED' })
  const ended = process.resourceUsage()
  expect((ended.maxRSS - started.maxRSS) * 1024).toBeLessThan(gibibyte / 4)
  expect(ended.userCPUTime - started.userCPUTime).toBeLessThan(2_000_000)
})
