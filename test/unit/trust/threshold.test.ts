import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../../src/base/bytes.ts'
import type { KeyId } from '../../../src/base/ids.ts'
import { signerOf } from '../../../src/trust/keys.ts'
import type { Role } from '../../../src/trust/root.ts'
import { mostSigners, verifyOwnSignature, verifyThresholds } from '../../../src/trust/threshold.ts'
import { verifiedByKey, verifiedByRoles } from '../../../src/trust/verified.ts'
import { outcomeOf, problemOf, sampleKey, sampleMessage as message, sampleRoot } from './sample-keys.ts'

const root = sampleRoot()
const id = (n: number): KeyId => sampleKey(n).publicKey.id
const block = (n: number): string => signerOf(sampleKey(n)).sign(message)
const signedBy = (...numbers: readonly number[]) => ({
  part: 'head',
  message,
  signers: numbers.map(id),
  blocks: numbers.map(block),
})
const verify = (role: Role, ...numbers: readonly number[]) =>
  verifyThresholds(signedBy(...numbers), [{ role, root }])

describe('threshold', () => {
  test('enough keys of the role pass, in any order, and are given back', () => {
    expect(verify('channel', 2, 3)).toEqual([id(2), id(3)])
    expect(verify('channel', 4, 2)).toEqual([id(4), id(2)])
    expect(verify('channel', 2, 3, 4)).toHaveLength(3)
    expect(verify('exporter', 5)).toEqual([id(5)])
  })

  test('too few do not pass', () => {
    expect(outcomeOf(() => verify('channel', 2))).toBe('TRUST_THRESHOLD')
    expect(problemOf(() => verify('channel', 2))).toContain('head has 1 of the 2')
  })

  test('genuine signatures of another role do not count', () => {
    expect(outcomeOf(() => verify('channel', 2, 5))).toBe('TRUST_THRESHOLD')
    expect(outcomeOf(() => verify('root', 2, 3, 4, 5))).toBe('TRUST_THRESHOLD')
    expect(verify('channel', 2, 3, 5)).toHaveLength(3)
  })

  test.each<[string, Role]>([
    ['CVE-2020-6174 (python-tuf), CVE-2020-15093 (tough)', 'channel'],
    ['CVE-2026-6966 (tough), of a role that another delegates to', 'packager'],
  ])('%s: one signer twice does not reach a threshold of two', (_, role) => {
    const twoOf = { keys: [id(2), id(3)], threshold: 2 }
    const strict = { ...root, roles: { ...root.roles, [role]: twoOf } }
    const verifyStrict = (...numbers: readonly number[]) =>
      outcomeOf(() => verifyThresholds(signedBy(...numbers), [{ role, root: strict }]))
    expect(verifyStrict(2, 2)).toBe('TRUST_SIGNATURE_INVALID')
    expect(verifyStrict(2)).toBe('TRUST_THRESHOLD')
    expect(verifyStrict(2, 3)).toEqual([id(2), id(3)])
  })

  test('go-tuf 369: one key under two ids counts once', () => {
    const twin = { ...sampleKey(2).publicKey, id: id(9) }
    const doubled = {
      ...root,
      keys: [...root.keys, twin],
      roles: { ...root.roles, channel: { keys: [id(2), id(9)], threshold: 2 } },
    }
    const signed = { part: 'head', message, signers: [id(2), id(9)], blocks: [block(2), block(2)] }
    expect(outcomeOf(() => verifyThresholds(signed, [{ role: 'channel', root: doubled }]))).toBe(
      'TRUST_THRESHOLD',
    )
  })

  test('every listed signature must be valid, though enough others are', () => {
    const signed = signedBy(2, 3, 4)
    const wrong = { ...signed, blocks: [block(2), block(3), block(3)] }
    expect(problemOf(() => verifyThresholds(wrong, [{ role: 'channel', root }]))).toContain(
      'signature 3 of head',
    )
  })

  test('blocks in another order than their signers are refused', () => {
    const swapped = { ...signedBy(2, 3), blocks: [block(3), block(2)] }
    expect(outcomeOf(() => verifyThresholds(swapped, [{ role: 'channel', root }]))).toBe(
      'TRUST_SIGNATURE_INVALID',
    )
  })

  test('a signer the root does not have is unknown, whoever else signed', () => {
    expect(outcomeOf(() => verify('channel', 2, 3, 8))).toBe('TRUST_UNKNOWN_KEY')
    expect(problemOf(() => verify('exporter', 8))).toContain(id(8))
  })

  test('no signers, or signers and blocks that do not pair, are refused', () => {
    expect(outcomeOf(() => verify('channel'))).toBe('TRUST_SIGNATURE_INVALID')
    for (const blocks of [[block(2)], [block(2), block(3), block(4)]])
      expect(
        outcomeOf(() => verifyThresholds({ ...signedBy(2, 3), blocks }, [{ role: 'channel', root }])),
      ).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('a crowd of signers is refused before anything is computed', () => {
    const crowd = Array.from({ length: mostSigners + 1 }, (_, n) => n.toString(16).padStart(64, '0') as KeyId)
    const signed = { part: 'head', message, signers: crowd, blocks: crowd.map(() => '') }
    expect(problemOf(() => verifyThresholds(signed, [{ role: 'channel', root }]))).toContain('more than')
  })

  test('GHSA-fphv-w9fq-2525 (go-tuf): a threshold of 0 verifies nothing, it is a bug', () => {
    const roles = { ...root.roles, exporter: { keys: [], threshold: 0 } }
    expect(() => verifyThresholds(signedBy(5), [{ role: 'exporter', root: { ...root, roles } }])).toThrow(
      'broken promise',
    )
  })

  test('an own signature is checked against the one enrolled key', () => {
    const claim = { part: 'state', message, block: block(7), key: sampleKey(7).publicKey }
    expect(verifyOwnSignature(claim)).toBe(id(7))
    expect(outcomeOf(() => verifyOwnSignature({ ...claim, key: sampleKey(6).publicKey }))).toBe(
      'TRUST_SIGNATURE_INVALID',
    )
  })
})

describe('verified values', () => {
  const decode = (bytes: Uint8Array) => ({ text: decodeUtf8(bytes) ?? '' })

  test('they are decoded from the bytes that were verified', () => {
    const value = verifiedByRoles(signedBy(5), [{ role: 'exporter', root }], decode)
    expect(value.text).toBe('moss-bundle 1\nwhat is signed')
  })

  test('nothing is decoded before it is verified', () => {
    let decoded = false
    const spy = () => (decoded = true)
    const forged = { ...signedBy(5), message: encodeUtf8('moss-bundle 1\nforged') }
    expect(outcomeOf(() => verifiedByRoles(forged, [{ role: 'exporter', root }], spy))).toBe(
      'TRUST_SIGNATURE_INVALID',
    )
    expect(outcomeOf(() => verifiedByKey(forged, sampleKey(5).publicKey, spy))).toBe(
      'TRUST_SIGNATURE_INVALID',
    )
    expect(decoded).toBe(false)
  })

  test('what a host says of itself has its one signature and no other', () => {
    const { publicKey } = sampleKey(7)
    expect(verifiedByKey(signedBy(7), publicKey, decode).text).toContain('what is signed')
    expect(outcomeOf(() => verifiedByKey(signedBy(6), publicKey, decode))).toBe('TRUST_UNKNOWN_KEY')
    expect(outcomeOf(() => verifiedByKey(signedBy(7, 6), publicKey, decode))).toBe('TRUST_SIGNATURE_INVALID')
    expect(outcomeOf(() => verifiedByKey(signedBy(), publicKey, decode))).toBe('TRUST_SIGNATURE_INVALID')
  })
})
