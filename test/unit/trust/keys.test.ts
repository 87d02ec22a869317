import { Point } from '@noble/ed25519'
import { describe, expect, test } from 'vitest'
import { encodeUtf8, fromHex, toHex } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { enrolKey, keyFromSeed, keyIdOf, signerOf } from '../../../src/trust/keys.ts'
import { outcomeOf, problemOf, sampleKey } from './sample-keys.ts'

const label = new Uint8Array(8)

/** A point of order eight, and with it the whole small subgroup. */
const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
const smallPoints = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => torsion.multiply(BigInt(n), false))

/** Encodings of small points that are not canonical: y from p, or a sign bit on x = 0. */
const nonCanonical = [
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]

describe('keys', () => {
  test('the public key of a seed is the one of RFC 8032', () => {
    const secret = keyFromSeed(
      fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
      label,
    )
    expect(toHex(secret.publicKey.bytes)).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    )
  })

  test('a key is named by the digest of its algorithm and bytes, not by its label', () => {
    const { publicKey } = sampleKey(1)
    const renamed = enrolKey(publicKey.bytes, new Uint8Array(8).fill(77))
    expect(renamed.id).toBe(publicKey.id)
    expect(publicKey.id).toBe(digestOf(new Uint8Array([...encodeUtf8('Ed'), ...publicKey.bytes])))
    expect(keyIdOf(publicKey.bytes)).toBe(publicKey.id)
  })

  test('the subgroup of the test has eight distinct points', () => {
    expect(new Set(smallPoints.map((point) => point.toHex())).size).toBe(8)
  })

  test.each(smallPoints.map((point) => point.toHex()))('a key of small order is refused: %s', (hex) => {
    expect(problemOf(() => enrolKey(fromHex(hex), label))).toContain('small order')
  })

  test.each(nonCanonical)('a key that is not canonical is refused, though ZIP 215 takes it: %s', (hex) => {
    expect(() => Point.fromHex(hex, true)).not.toThrow()
    expect(problemOf(() => enrolKey(fromHex(hex), label))).toContain('canonical')
  })

  test('a key outside the prime subgroup is refused', () => {
    const mixed = Point.fromBytes(sampleKey(1).publicKey.bytes).add(torsion)
    expect(problemOf(() => enrolKey(mixed.toBytes(), label))).toContain('prime subgroup')
  })

  test('a key that is no point, or has a wrong length, is refused', () => {
    const noPoint = fromHex('0200000000000000000000000000000000000000000000000000000000000000')
    expect(outcomeOf(() => enrolKey(noPoint, label))).toBe('KEY_INVALID')
    expect(outcomeOf(() => enrolKey(new Uint8Array(31), label))).toBe('KEY_INVALID')
    expect(outcomeOf(() => enrolKey(sampleKey(1).publicKey.bytes, new Uint8Array(7)))).toBe('KEY_INVALID')
  })

  test('a text that does not say what it is for is never signed', () => {
    const signer = signerOf(sampleKey(1))
    for (const text of ['', 'hello', 'moss-bundle\n', 'moss-bundle 0\n', 'moss-bundle 1', ' moss-bundle 1\n'])
      expect(() => signer.sign(encodeUtf8(text))).toThrow('format, kind and version')
    expect(() => signer.sign(encodeUtf8('moss-state 12\n'))).not.toThrow()
  })

  test('signing the same twice gives the same block', () => {
    const text = encodeUtf8('moss-state 1\nx')
    expect(signerOf(sampleKey(1)).sign(text)).toBe(signerOf(sampleKey(1)).sign(text))
  })
})
