// Frames under true signatures that are kilobytes on the stick and a gigabyte when unpacked: whatever their tables
// and headers say of that, they are refused before they are unpacked.
import { beforeAll, expect, test, vi } from 'vitest'
import { concatBytes } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ErrorCode } from '../../src/base/codes.ts'
import { encodeFront } from '../../src/container/encode.ts'
import { encodeFrames, type FrameEntry, FrameTable } from '../../src/container/frame-table.ts'
import { BaseTable } from '../../src/container/base-table.ts'
import { type BundleDraft, composeBundle, draftPackage, signers } from '../support/compose-bundle.ts'
import { noise } from '../support/containers.ts'
import { type HostileHost, hostileHost, refusalOf } from '../support/hostile-host.ts'
import { samplePackage } from '../support/sample-root.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)

/** In one frame, which the host lacks. */
const fresh = draftPackage(samplePackage('tool', '2', { 'usr/bin/tool': { text: noise(5000, 77) } }))

const gibibyte = 2 ** 30
const blockBytes = 128 * 1024

/** One zstd frame (RFC 8878) of so many equal bytes, in blocks that repeat one; its header says `said`. */
function bombOf(sizeBytes: number, said: number | undefined): Uint8Array {
  const count = sizeBytes / blockBytes
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
/** Of the frame that the bomb takes the place of. */
let honestBytes = 0
let draft: BundleDraft

beforeAll(async () => {
  ;({ before, draft } = await hostileHost())
  await withFrame(new Uint8Array(1), ({ plainBytes }) => {
    honestBytes = plainBytes
    return {}
  })
})

/** The honest bundle, but for its first frame: that is `stored`, and the table says of it what `change` says. */
async function withFrame(
  stored: Uint8Array,
  change: (honest: FrameEntry) => Partial<FrameEntry>,
): Promise<Uint8Array> {
  let front: Uint8Array = new Uint8Array(0)
  let firstBytes = 0
  const { bytes, framesOffset } = await composeBundle({
    ...draft,
    packages: [fresh],
    change: (whole) => {
      const { count, storedBytes, sections } = whole.frames
      const bytesOf = (name: string): Uint8Array | undefined =>
        sections.find((section) => section.name === name)?.bytes
      const table = new FrameTable(bytesOf('frames'), { count, storedBytes }, new BaseTable(undefined))
      const entries = Array.from({ length: count }, (_, n) => table.entry(n))
      const [first] = entries as [FrameEntry]
      firstBytes = first.storedBytes
      const moved = stored.length - firstBytes
      const frames = encodeFrames(
        entries.map((entry, n) =>
          n === 0
            ? { ...first, codec: 2, storedBytes: stored.length, digest: digestOf(stored), ...change(first) }
            : { ...entry, offset: entry.offset + moved },
        ),
      )
      const changed = {
        ...whole,
        frames: {
          count,
          storedBytes: storedBytes + moved,
          sections: sections.map((section) =>
            section.name === 'frames' ? { ...section, bytes: frames } : section,
          ),
        },
      }
      front = encodeFront(changed, [signers.exporter]).bytes
      return whole
    },
  })
  return concatBytes([front, stored, bytes.subarray(framesOffset + firstBytes)])
}

test.each<[string, ErrorCode, number | 'as honest' | undefined, Partial<FrameEntry>]>([
  ['its header says what it is, its table what the honest one was', 'CONTAINER_DAMAGED', gibibyte, {}],
  ['header and table say what the honest one was', 'CONTAINER_DAMAGED', 'as honest', {}],
  ['its header says nothing', 'CONTAINER_DAMAGED', undefined, {}],
  ['header and table say what it is', 'CONTAINER_DAMAGED', gibibyte, { plainBytes: gibibyte }],
])('a frame that unpacks to a gibibyte is refused: %s', async (_, code, said, change) => {
  const bomb = bombOf(gibibyte, said === 'as honest' ? honestBytes : said)
  expect(bomb.length).toBeLessThan(64 * 1024)
  const bytes = await withFrame(bomb, () => change)
  const started = process.resourceUsage()
  expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code })
  const ended = process.resourceUsage()
  expect((ended.maxRSS - started.maxRSS) * 1024).toBeLessThan(gibibyte / 4)
  expect(ended.userCPUTime - started.userCPUTime).toBeLessThan(2_000_000)
})
