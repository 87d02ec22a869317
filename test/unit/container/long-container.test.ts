// CVE-2026-34155: RAUC signed plain bundles of more than 2 GiB only in part, by a size that was too large for its type. Here what lies
// behind 2 GiB, and behind 4, is pinned by the head as much as what lies before, to the last byte.
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ChunkId } from '../../../src/base/ids.ts'
import { encodeFront } from '../../../src/container/encode.ts'
import { encodeChunks, encodeFrames } from '../../../src/container/frame-table.ts'
import { openContainer } from '../../../src/container/read.ts'
import { frameOffset, readFrame } from '../../../src/container/read-frames.ts'
import { verifyContainer } from '../../../src/container/verify.ts'
import { testRoot, testSigner } from '../../support/containers.ts'

const frameBytes = 256 * 1024
const frameCount = 5 * 4096 + 1
const zeros = new Uint8Array(frameBytes)
const digest = digestOf(zeros)

const frames = Array.from({ length: frameCount }, (_, n) => ({
  offset: n * frameBytes,
  storedBytes: frameBytes,
  plainBytes: frameBytes,
  codec: 0 as const,
  digest,
}))
const { bytes: front } = encodeFront(
  {
    kind: 'package',
    created: 1,
    about: {},
    sections: [],
    frames: {
      count: frameCount,
      storedBytes: frameCount * frameBytes,
      sections: [
        { name: 'frames', bytes: encodeFrames(frames) },
        {
          name: 'chunks',
          bytes: encodeChunks(
            frames.map((_, frame) => ({ id: digest as ChunkId, frame, offset: 0, sizeBytes: frameBytes })),
          ),
        },
      ],
    },
  },
  [testSigner],
)

/** Five GiB and a bit that nobody has to store; `changed` is a place where a byte is another one. */
const sourceWith = (how: { readonly changed?: number; readonly cutAt?: number }) => ({
  name: 'long.moss',
  read(into: Uint8Array, at: number): number {
    const end = Math.min(front.length + frameCount * frameBytes, how.cutAt ?? Infinity)
    const length = Math.max(0, Math.min(into.length, end - at))
    into.fill(0, 0, length)
    if (at < front.length) into.set(front.subarray(at, at + length))
    const place = (how.changed ?? -1) - at
    if (place >= 0 && place < length) into[place]! ^= 1
    return length
  },
  [Symbol.dispose]: () => {},
})

const open = (how: Parameters<typeof sourceWith>[0] = {}) =>
  verifyContainer(openContainer(sourceWith(how)), { role: 'packager', root: testRoot })

const edges = [2 ** 31, 2 ** 32].flatMap((edge) => [-1, 0, 1].map((more) => edge / frameBytes + more))

test.each([...edges, frameCount - 1])('frame %i is read, and refused when any end of it is changed', (n) => {
  const honest = open()
  const at = frameOffset(honest, n)
  expect(at).toBe(front.length + n * frameBytes)
  expect(digestOf(readFrame(honest, n))).toBe(digest)
  for (const changed of [at, at + frameBytes - 1])
    expect(() => readFrame(open({ changed }), n)).toThrow(
      expect.objectContaining({
        code: 'CONTAINER_DAMAGED',
        details: expect.objectContaining({ part: `frame ${n}` }),
      }),
    )
})

test.each([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1])(
  'cut at %i bytes the frame there is missing, and those before are not',
  (cutAt) => {
    const short = open({ cutAt })
    const n = Math.floor((cutAt - front.length) / frameBytes)
    expect(() => readFrame(short, n)).toThrow(expect.objectContaining({ code: 'CONTAINER_TRUNCATED' }))
    expect(digestOf(readFrame(short, n - 1))).toBe(digest)
  },
)
