// Random keys, roots, signer sets and offers: the rules of trust hold for all of them, not only for examples.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8, toHex } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import { isMossError } from '../../src/base/error.ts'
import type { KeyId } from '../../src/base/ids.ts'
import { acceptSnapshot, type Counters, decodeCounters, encodeCounters } from '../../src/trust/counters.ts'
import { keyFromSeed, type SecretKey, signerOf } from '../../src/trust/keys.ts'
import { formatPublicKey, formatSecretKey, parsePublicKey, parseSecretKey } from '../../src/trust/minisign.ts'
import { decodeRoot, encodeRoot, type Root } from '../../src/trust/root.ts'
import { scryptCost } from '../../src/trust/scrypt-cost.ts'
import { verifySignature } from '../../src/trust/signatures.ts'
import { verifyThresholds } from '../../src/trust/threshold.ts'

const bytesOf = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })
const anyKey = fc.tuple(bytesOf(32), bytesOf(8)).map(([seed, label]) => keyFromSeed(seed, label))
const anyMessage = fc
  .uint8Array({ maxLength: 300 })
  .map((rest) => concatBytes([encodeUtf8('moss-bundle 1\n'), rest]))

const codeOf = (action: () => unknown): string => {
  try {
    action()
    return 'accepted'
  } catch (error) {
    if (isMossError(error)) return error.code
    throw error
  }
}

const keys: readonly SecretKey[] = Array.from({ length: 6 }, (_, n) =>
  keyFromSeed(new Uint8Array(32).fill(n + 1), new Uint8Array(8).fill(n + 1)),
).toSorted((a, b) => (a.publicKey.id < b.publicKey.id ? -1 : 1))

/** The first five keys in a root; any subset of them is the channel role, the sixth is a stranger. */
const anyRoot = fc
  .tuple(fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 1000 }))
  .map(([members, pick, epoch]): Root => {
    const ids = keys.slice(0, 5).map((key) => key.publicKey.id)
    const all = { keys: ids, threshold: 1 }
    const channel = {
      keys: members.map((n) => ids[n] as KeyId).toSorted(),
      threshold: 1 + (pick % members.length),
    }
    return {
      version: 1,
      epoch,
      created: 1_700_000_000,
      keys: keys.slice(0, 5).map((key) => key.publicKey),
      roles: { root: all, channel, packager: all, exporter: all },
    }
  })

describe('keys and signatures', () => {
  test('any key file reads back as the key it was written from', () => {
    fc.assert(
      fc.property(anyKey, (secret) => {
        expect(parsePublicKey(formatPublicKey(secret.publicKey))).toEqual(secret.publicKey)
        expect(parseSecretKey(formatSecretKey(secret, undefined, new Uint8Array(32)))).toEqual(secret)
      }),
      { numRuns: 30 },
    )
  })

  test('any signature is genuine for its message and key, and for no other', () => {
    fc.assert(
      fc.property(anyKey, anyMessage, anyMessage, (secret, message, other) => {
        const block = signerOf(secret).sign(message)
        const key = secret.publicKey
        verifySignature({ part: 'head', message, block, key })
        if (digestOf(message) !== digestOf(other))
          expect(codeOf(() => verifySignature({ part: 'head', message: other, block, key }))).toBe(
            'TRUST_SIGNATURE_INVALID',
          )
      }),
      { numRuns: 40 },
    )
  })

  test('any text is a key or a block, or refused with a code: never a fault', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .tuple(fc.string(), fc.uint8Array({ maxLength: 170 }))
        .map(([comment, bytes]) => `untrusted comment: ${comment}\n${bytes.toBase64()}\n`),
    )
    fc.assert(
      fc.property(anyText, (text) => {
        expect(codeOf(() => parsePublicKey(text))).toMatch(/^(accepted|KEY_INVALID)$/)
        expect(codeOf(() => parseSecretKey(text, new Uint8Array(), { allowedBytes: 2 ** 20 }))).toMatch(
          /^(accepted|KEY_[A-Z_]+)$/,
        )
        const key = keys[0]?.publicKey
        if (key === undefined) return
        const message = encodeUtf8('moss-bundle 1\n')
        expect(codeOf(() => verifySignature({ part: 'head', message, block: text, key }))).toBe(
          'TRUST_SIGNATURE_INVALID',
        )
      }),
      { numRuns: 150 },
    )
  })

  test('what unlocking costs is never less than the memory it takes', () => {
    const number64 = fc
      .tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(63))
      .map(([number, fewer]) => number >> BigInt(fewer))
    fc.assert(
      fc.property(number64, number64, (opsLimit, memLimit) => {
        const { logN, r, p, costBytes } = scryptCost({ opsLimit, memLimit })
        expect(logN).toBeGreaterThanOrEqual(1)
        expect(p).toBeGreaterThanOrEqual(1)
        expect(costBytes).toBeGreaterThanOrEqual(128 * r * 2 ** logN)
        expect(costBytes).toBeGreaterThanOrEqual(128 * r * p)
      }),
    )
  })
})

describe('roots and thresholds', () => {
  test('any root reads back, and any changed byte gives another root or a refusal', () => {
    fc.assert(
      fc.property(anyRoot, fc.nat(), fc.integer({ min: 1, max: 255 }), (root, place, change) => {
        const encoded = encodeRoot(root)
        expect(decodeRoot(encoded)).toEqual(root)
        const at = place % encoded.length
        encoded[at] = (encoded[at] ?? 0) ^ change
        const outcome = codeOf(() => {
          expect(toHex(encodeRoot(decodeRoot(encoded)))).toBe(toHex(encoded))
        })
        expect(outcome).toMatch(/^(accepted|CBOR_INVALID|SHAPE_INVALID|KEY_INVALID)$/)
      }),
      { numRuns: 60 },
    )
  })

  test('a set of signers passes exactly when enough distinct members signed, and nobody unknown', () => {
    const message = encodeUtf8('moss-channel 1\nx')
    const blocks = keys.map((key) => signerOf(key).sign(message))
    fc.assert(
      fc.property(anyRoot, fc.array(fc.nat(5), { maxLength: 6 }), (root, picks) => {
        const signers = picks.map((n) => keys[n]?.publicKey.id as KeyId)
        const signed = { part: 'head', message, signers, blocks: picks.map((n) => blocks[n] ?? '') }
        const members = signers.filter((id) => root.roles.channel.keys.includes(id))
        const isDistinct = new Set(signers).size === signers.length
        const expected =
          signers.length === 0 || !isDistinct
            ? 'TRUST_SIGNATURE_INVALID'
            : picks.includes(5)
              ? 'TRUST_UNKNOWN_KEY'
              : members.length < root.roles.channel.threshold
                ? 'TRUST_THRESHOLD'
                : 'accepted'
        expect(codeOf(() => verifyThresholds(signed, [{ role: 'channel', root }]))).toBe(expected)
      }),
      { numRuns: 80 },
    )
  })
})

describe('counters', () => {
  const anyOffer = fc.record({
    channel: fc.constantFrom('stable', 'testing'),
    epoch: fc.constantFrom(1, 2, 3),
    serial: fc.oneof(fc.nat(12), fc.constantFrom(2 ** 20, 2 ** 21, 2 ** 32, Number.MAX_SAFE_INTEGER)),
    snapshot: fc.constantFrom(digestOf(encodeUtf8('a')), digestOf(encodeUtf8('b'))),
    created: fc.oneof(fc.nat(1000), fc.constantFrom(2 ** 40, Number.MAX_SAFE_INTEGER)),
  })

  test('T5: no sequence of offers lowers epoch, serial or time floor, and a retry always passes', () => {
    fc.assert(
      fc.property(fc.array(anyOffer, { maxLength: 40 }), (offers) => {
        let counters: Counters = { rootVersion: 1, epoch: 2, serials: {}, timeFloor: 500, used: [] }
        for (const offered of offers) {
          const before = counters
          const code = codeOf(() => {
            counters = acceptSnapshot(before, offered, 100)
          })
          expect(counters.epoch).toBe(2)
          expect(counters.timeFloor).toBeGreaterThanOrEqual(before.timeFloor)
          expect(counters.timeFloor).toBeLessThan(2 ** 30)
          for (const [channel, { serial, snapshot }] of Object.entries(before.serials)) {
            const now = counters.serials[channel]
            expect(now?.serial).toBeGreaterThanOrEqual(serial)
            if (now?.serial === serial) expect(now.snapshot).toBe(snapshot)
          }
          if (code === 'accepted') expect(acceptSnapshot(counters, offered, 0)).toBe(counters)
          expect(decodeCounters(encodeCounters(counters))).toEqual(counters)
        }
      }),
    )
  })
})
