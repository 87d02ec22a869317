// Frames and tables under true signatures that are kilobytes on the stick and a gibibyte when unpacked: whatever heads, tables
// and headers say of that, they are refused before they are unpacked.
import { beforeAll, expect, test, vi } from 'vitest'
import { concatBytes, encodeUtf8, fromHex } from '../../src/base/bytes.ts'
import { encodeCbor } from '../../src/base/cbor.ts'
import { digestOf } from '../../src/base/digest.ts'
import { encodeAround, encodeFront } from '../../src/container/encode.ts'
import { encodeFrames } from '../../src/container/frame-table.ts'
import { headText, type SectionName } from '../../src/container/kinds.ts'
import { type EncodedSection, encodeSections } from '../../src/container/sections.ts'
import { encodeZstd } from '../../src/container/zstd.ts'
import { type BundleDraft, composeBundle, draftPackage, signers } from '../support/compose-bundle.ts'
import { noise } from '../support/containers.ts'
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
/** Of several chunks, so that every table is there. */
const large = draftPackage(samplePackage('tool', '2', { 'usr/lib/large': { text: noise(300_000, 5) } }))

/** One zstd frame (RFC 8878) of so many equal bytes, in blocks that repeat one; its header says `said`, if anything. */
function bombThatSays(said: number | undefined, plainBytes = gibibyte): Uint8Array {
  const count = plainBytes / blockBytes
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

/** The honest bundle with this in the place of a table, under a head that says so, which no writer makes. */
async function withTable(
  name: SectionName,
  change: (table: EncodedSection) => EncodedSection,
): Promise<Uint8Array> {
  let front: Uint8Array = new Uint8Array(0)
  const { bytes, framesOffset } = await composeBundle({
    ...draft,
    packages: [large],
    change: (whole) => {
      const { kind, created, about, frames } = whole
      const sections = encodeSections(kind, [...whole.sections, ...frames.sections], {
        frameCount: frames.count,
      }).map((section) => (section.entry.name === name ? change(section) : section))
      const head = encodeCbor({
        about,
        created,
        frames: { count: frames.count, stored: frames.storedBytes },
        sections: sections.map(({ entry }) => ({
          name: entry.name,
          codec: entry.codec,
          digest: fromHex(entry.digest),
          plain: entry.plainBytes,
          stored: entry.storedBytes,
        })),
        signers: [fromHex(signers.exporter.publicKey.id)],
      })
      const signed = concatBytes([encodeUtf8(headText(kind)), head])
      front = encodeAround(
        { kind, head: signed, blocks: [signers.exporter.sign(signed)] },
        sections.map(({ stored }) => stored),
      ).bytes
      return whole
    },
  })
  return concatBytes([front, bytes.subarray(framesOffset)])
}

/** Refused before it is unpacked: neither memory nor time. */
async function expectDefused(bytes: Uint8Array): Promise<void> {
  const started = process.resourceUsage()
  expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code: 'CONTAINER_DAMAGED' })
  const ended = process.resourceUsage()
  expect((ended.maxRSS - started.maxRSS) * 1024).toBeLessThan(gibibyte / 4)
  expect(ended.userCPUTime - started.userCPUTime).toBeLessThan(2_000_000)
}

const tables = ['chunks', 'contents', 'links'] as const

test.each(tables)('a bundle whose table %s is as it should be is taken in', async (name) => {
  const machine = before.copy()
  const look = vi.fn((table: EncodedSection) => table)
  placeFile(machine, bundlePath, await withTable(name, look))
  expect(look).toHaveBeenCalledOnce()
  await importVerb(bundlePath)(machine)
})

test.each(tables)('a table %s that unpacks to half a gibibyte is refused', async (name) => {
  const stored = bombThatSays(gibibyte / 2, gibibyte / 2)
  const bytes = await withTable(name, ({ entry }) => ({
    entry: {
      ...entry,
      codec: 2,
      storedBytes: stored.length,
      plainBytes: gibibyte / 2,
      digest: digestOf(stored),
    },
    stored,
  }))
  await expectDefused(bytes)
})

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
  await expectDefused(bytes)
})
