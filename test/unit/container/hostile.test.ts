// A small bundle with every bit turned and every length cut: each must be refused with a code and the name of
// the part, and none may crash. Then the wrong files that a patient attacker would make.
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8, equalBytes } from '../../../src/base/bytes.ts'
import { isMossError } from '../../../src/base/error.ts'
import { viewOf } from '../../../src/container/little-endian.ts'
import { chunkReader, verifyWhole } from '../../../src/container/read-frames.ts'
import type { VerifiedContainer } from '../../../src/container/verify.ts'
import { inlinePool } from '../../../src/host/pool.ts'
import { buildBundle, noise, opened, smallBundle, sourceOf, verified } from '../../support/containers.ts'

const codesSeen = new Map<string, number>()

async function problemOf(work: () => unknown): Promise<{ code: string; part: string }> {
  try {
    await work()
  } catch (error) {
    if (!isMossError(error)) throw error
    const details = error.details as { part?: string; path?: string; keys?: unknown }
    codesSeen.set(error.code, (codesSeen.get(error.code) ?? 0) + 1)
    return { code: error.code, part: details.part ?? details.path ?? '' }
  }
  return { code: 'none', part: '' }
}

/** Verifies signatures only where the signed part differs: two verifiers take milliseconds. */
async function read(bytes: Uint8Array, intact: VerifiedContainer): Promise<void> {
  const front = intact.sectionsOffset
  const isSameFront = equalBytes(bytes.subarray(0, front), intactBytes(intact).subarray(0, front))
  if (isSameFront) opened(bytes)
  await verifyWhole(isSameFront ? { ...intact, source: sourceOf(bytes) } : verified(bytes), inlinePool)
}

const known = new WeakMap<VerifiedContainer, Uint8Array>()
const intactBytes = (container: VerifiedContainer): Uint8Array => known.get(container) ?? new Uint8Array(0)

async function small(): Promise<{ bytes: Uint8Array; intact: VerifiedContainer }> {
  const bytes = await smallBundle()
  const intact = verified(bytes)
  known.set(intact, bytes)
  await verifyWhole(intact, inlinePool)
  return { bytes, intact }
}

describe('a bundle of a few KiB', () => {
  test('is refused with a code and a part for every single bit that is turned', async () => {
    const { bytes, intact } = await small()
    expect(bytes.length).toBeLessThanOrEqual(4096)
    const accepted: string[] = []
    for (let at = 0; at < bytes.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const turned = Uint8Array.from(bytes)
        turned[at] = (turned[at] ?? 0) ^ (1 << bit)
        const { code, part } = await problemOf(() => read(turned, intact))
        if (code === 'none' || part === '') accepted.push(`${at}.${bit} ${code}`)
      }
    expect(accepted).toEqual([])
    console.log(`${bytes.length * 8} bits turned:`, Object.fromEntries(codesSeen))
  })

  test('is refused with a code and a part at every length below its own', async () => {
    const { bytes, intact } = await small()
    const accepted: string[] = []
    for (let length = 0; length < bytes.length; length++) {
      const { code, part } = await problemOf(() => read(bytes.slice(0, length), intact))
      const isRight = length === 0 ? code === 'CONTAINER_NOT_ONE' : code === 'CONTAINER_TRUNCATED'
      if (!isRight || part === '') accepted.push(`${length} ${code} ${part}`)
    }
    expect(accepted).toEqual([])
  })

  test('is refused when one byte follows its end', async () => {
    const { bytes, intact } = await small()
    for (const more of [0, 255])
      expect(await problemOf(() => read(concatBytes([bytes, Uint8Array.of(more)]), intact))).toEqual({
        code: 'CONTAINER_DAMAGED',
        part: 'end',
      })
  })
})

describe('signature blocks', () => {
  const withSignatures = async (change: (section: Uint8Array) => Uint8Array) => {
    const { bytes, intact } = await small()
    const at = intact.sectionsOffset - intact.prelude.signaturesBytes
    const section = change(bytes.slice(at, intact.sectionsOffset))
    const spliced = concatBytes([bytes.subarray(0, at), section, bytes.subarray(intact.sectionsOffset)])
    viewOf(spliced).setUint32(16, section.length, true)
    return problemOf(() => verified(spliced))
  }
  const damaged = (part: string) => ({ code: 'CONTAINER_DAMAGED', part })

  test('are refused when there is one more than the head names, or a byte more', async () => {
    expect(await withSignatures((section) => concatBytes([section, section]))).toEqual(damaged('signatures'))
    expect(await withSignatures((section) => concatBytes([section, Uint8Array.of(0)]))).toEqual(
      damaged('signatures'),
    )
  })

  test('are refused when one is missing, or reaches beyond the rest', async () => {
    expect(await withSignatures(() => new Uint8Array(0))).toEqual(damaged('signature 1'))
    for (const length of [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1])
      expect(
        await withSignatures((section) => {
          viewOf(section).setUint32(0, length, true)
          return section
        }),
      ).toEqual(damaged('signature 1'))
  })

  test('are refused when they are not text, or text in another form', async () => {
    expect(await withSignatures((section) => section.with(10, 0xff))).toEqual(damaged('signature 1'))
    const longer = (section: Uint8Array): Uint8Array => {
      const grown = concatBytes([section, encodeUtf8('\n')])
      viewOf(grown).setUint32(0, grown.length - 4, true)
      return grown
    }
    expect((await withSignatures(longer)).code).toBe('TRUST_SIGNATURE_INVALID')
  })
})

describe('splices of two bundles by the same key', () => {
  const two = async () => {
    const parts = { manifests: [encodeUtf8('m')] }
    const a = await buildBundle({ ...parts, contents: [noise(500, 1)] })
    let b = a
    for (let seed = 2; b === a || b.length !== a.length; seed++)
      b = await buildBundle({ ...parts, contents: [noise(500, seed)] })
    return { a, b, inA: verified(a) }
  }

  test('the signatures of one do not fit the head of the other', async () => {
    const { a, b, inA } = await two()
    const at = inA.sectionsOffset - inA.prelude.signaturesBytes
    const spliced = concatBytes([
      a.subarray(0, at),
      b.subarray(at, inA.sectionsOffset),
      a.subarray(inA.sectionsOffset),
    ])
    expect(await problemOf(() => verified(spliced))).toEqual({
      code: 'TRUST_SIGNATURE_INVALID',
      part: 'signature 1 of head',
    })
  })

  test('the head of one does not fit the prelude of the other', async () => {
    const { a, b } = await two()
    const spliced = concatBytes([a.subarray(0, 64), b.subarray(64)])
    expect(await problemOf(() => opened(spliced))).toEqual({ code: 'CONTAINER_DAMAGED', part: 'head' })
  })

  test('the frames of one do not fit the tables of the other', async () => {
    const { a, b, inA } = await two()
    const spliced = concatBytes([a.subarray(0, inA.framesOffset), b.subarray(inA.framesOffset)])
    expect(await problemOf(() => verifyWhole(verified(spliced), inlinePool))).toEqual({
      code: 'CONTAINER_DAMAGED',
      part: 'frame 0',
    })
  })

  test('the sections of one do not fit the head of the other', async () => {
    const { a, b, inA } = await two()
    const spliced = concatBytes([
      a.subarray(0, inA.sectionsOffset),
      b.subarray(inA.sectionsOffset, inA.framesOffset),
      a.subarray(inA.framesOffset),
    ])
    const { code, part } = await problemOf(() => verifyWhole(verified(spliced), inlinePool))
    expect([code, part.startsWith('section ')]).toEqual(['CONTAINER_DAMAGED', true])
  })
})

test('a medium whose second read differs is refused by the digest, not decoded', async () => {
  const bytes = Uint8Array.from(await buildBundle({ contents: [encodeUtf8('abc'.repeat(400))] }))
  const container = verified(bytes)
  const reader = chunkReader(container, inlinePool)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  const { digestOf } = await import('../../../src/base/digest.ts')
  const { code } = await problemOf(() => reader.get(digestOf(encodeUtf8('abc'.repeat(400)))))
  expect(code).toBe('CONTAINER_DAMAGED')
})
