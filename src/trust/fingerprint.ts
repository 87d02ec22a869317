// How people compare a trust root or a key on paper or by telephone: its digest in hexadecimal, or the beginning of it in
// words.
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { equalBytes, fromHex } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'

/** Sixteen groups of four digits. */
export const fingerprintOf = (digest: Digest): string => (digest.match(/.{4}/g) ?? []).join(' ')

/** Of 2048 words that differ in their first four letters (BIP 39): eleven bits each. */
const bitsOfWord = 11
const wordCount = 8

/** The first 88 bits: to find something else of the same words takes 2^88 tries. */
export function fingerprintWords(digest: Digest): string {
  const bits = [...fromHex(digest)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return Array.from({ length: wordCount }, (_, index) => {
    const at = index * bitsOfWord
    return wordlist[Number.parseInt(bits.slice(at, at + bitsOfWord), 2)] ?? ''
  }).join(' ')
}

export const spellingsOf = (digest: Digest): { readonly fingerprint: string; readonly words: string } => ({
  fingerprint: fingerprintOf(digest),
  words: fingerprintWords(digest),
})

/**
 * In digits or in words. Spaces, dashes, colons and case do not matter, nor what follows a word's first four letters; a part
 * of a fingerprint does not match.
 */
export function matchesFingerprint(typed: string, digest: Digest): boolean {
  const digits = typed.replace(/[\s:-]/g, '').toLowerCase()
  if (/^[0-9a-f]{64}$/.test(digits)) return equalBytes(fromHex(digits), fromHex(digest))
  const words = typed
    .toLowerCase()
    .split(/[\s:-]+/)
    .filter((word) => word !== '')
  const wanted = fingerprintWords(digest).split(' ')
  return words.length === wordCount && words.every((word, index) => isWord(word, wanted[index] ?? ''))
}

/** Nothing where nobody has typed one. Throws TRUST_FINGERPRINT, which says what it is in both spellings. */
export function assertFingerprint(
  { what, digest }: { readonly what: string; readonly digest: Digest },
  typed: string | undefined,
): void {
  if (typed === undefined || matchesFingerprint(typed, digest)) return
  throw new MossError('TRUST_FINGERPRINT', {
    what,
    expected: typed,
    actual: `${fingerprintWords(digest)} (${fingerprintOf(digest)})`,
  })
}

const isWord = (typed: string, wanted: string): boolean =>
  typed === wanted || (typed.length >= 4 && wanted.startsWith(typed))
