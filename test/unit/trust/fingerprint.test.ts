import { wordlist } from '@scure/bip39/wordlists/english.js'
import { describe, expect, test } from 'vitest'
import { fromHex } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { fingerprintOf, fingerprintWords, matchesFingerprint } from '../../../src/trust/fingerprint.ts'
import { encodeRoot, makeSoleRoot, rootDigest } from '../../../src/trust/root.ts'
import { sampleKey, sampleRoot } from './sample-keys.ts'

describe('fingerprint', () => {
  const root = sampleRoot()
  const shown = fingerprintOf(rootDigest(root))
  const words = fingerprintWords(rootDigest(root))

  test('it is the digest of the encoded root in groups of four', () => {
    expect(shown).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/)
    expect(shown.replaceAll(' ', '')).toBe(digestOf(encodeRoot(root)))
    expect(rootDigest(root)).toBe(digestOf(encodeRoot(root)))
  })

  test('case, spaces, dashes and colons do not matter', () => {
    for (const typed of [
      shown,
      shown.toUpperCase(),
      shown.replaceAll(' ', ''),
      shown.replaceAll(' ', '-'),
      shown.replaceAll(' ', ':'),
      `  ${shown}\n`,
    ])
      expect(matchesFingerprint(typed, rootDigest(root))).toBe(true)
  })

  test('anything else does not match', () => {
    const sole = makeSoleRoot(sampleKey(1).publicKey, 0)
    for (const typed of [
      '',
      shown.slice(0, 39),
      `${shown} 0000`,
      fingerprintOf(rootDigest(sole)),
      shown.replace(/.$/, 'g'),
    ])
      expect(matchesFingerprint(typed, rootDigest(root))).toBe(false)
  })

  test('eight words say its first 88 bits', () => {
    const bits = [...fromHex(rootDigest(root))].map((byte) => byte.toString(2).padStart(8, '0')).join('')
    const spelled = words.split(' ').map((word) => wordlist.indexOf(word).toString(2).padStart(11, '0'))
    expect(spelled.join('')).toBe(bits.slice(0, 88))
  })

  test('words are matched by their first four letters, in order, all eight of them', () => {
    const list = words.split(' ')
    for (const typed of [
      words,
      words.toUpperCase(),
      list.join('-'),
      ` ${list.join('  ')}\n`,
      list.map((word) => word.slice(0, 4)).join(' '),
    ])
      expect(matchesFingerprint(typed, rootDigest(root)), typed).toBe(true)
    for (const typed of [
      list.slice(1).join(' '),
      [...list, list[0]].join(' '),
      list.toReversed().join(' '),
      list.map((word) => word.slice(0, 3)).join(' '),
      list.map((word, index) => (index === 7 ? 'zoo' : word)).join(' '),
      list.map((word) => `${word}x`).join(' '),
      fingerprintWords(rootDigest(makeSoleRoot(sampleKey(1).publicKey, 0))),
    ])
      expect(matchesFingerprint(typed, rootDigest(root)), typed).toBe(false)
  })

  test('every part of a root is in it', () => {
    expect(fingerprintOf(rootDigest({ ...root, epoch: 3 }))).not.toBe(shown)
    expect(fingerprintOf(rootDigest({ ...root, created: root.created + 1 }))).not.toBe(shown)
    expect(fingerprintWords(rootDigest({ ...root, floor: 1 }))).not.toBe(words)
  })
})
