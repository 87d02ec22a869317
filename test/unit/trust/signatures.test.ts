import { createPrivateKey, sign } from 'node:crypto'
import { Point, verify } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8, fromHex } from '../../../src/base/bytes.ts'
import type { Digest } from '../../../src/base/ids.ts'
import { enrolKey, signerOf } from '../../../src/trust/keys.ts'
import {
  formatSignatureBlock,
  parseSignatureBlock,
  prehash,
  signatureBlockBytes,
  signedComment,
} from '../../../src/trust/signature-block.ts'
import {
  acceptedByNoble,
  acceptedByOpenssl,
  type GenuineClaims,
  verifySignature,
} from '../../../src/trust/signatures.ts'
import { outcomeOf, problemOf, sampleKey, sampleMessage } from './sample-keys.ts'

const secret = sampleKey(7)
const key = secret.publicKey
const block = signerOf(secret).sign(sampleMessage)
const check = (text: string, message = sampleMessage) =>
  verifySignature({ part: 'head', message, block: text, key })

const order = 2n ** 252n + 27742317777372353535851937790883648493n
const toNumber = (bytes: Uint8Array) => BigInt(`0x${bytes.toReversed().toHex()}`)
const toBytes = (value: bigint) => fromHex(value.toString(16).padStart(64, '0')).toReversed()
const challenge = (r: Uint8Array, message: Uint8Array) =>
  toNumber(sha512(concatBytes([r, key.bytes, message]))) % order

/** RFC 8032's secret scalar. */
function scalar(): bigint {
  const hashed = sha512(secret.seed).slice(0, 32)
  hashed[0] = (hashed[0] ?? 0) & 248
  hashed[31] = ((hashed[31] ?? 0) & 63) | 64
  return toNumber(hashed) % order
}

/** What the owner of the key could make with any commitment R = r·B + extra, encoded as told. */
function craft(options: { r: bigint; encodedR: Uint8Array }, message: Uint8Array): Uint8Array {
  const s = (options.r + challenge(options.encodedR, message) * scalar()) % order
  return concatBytes([options.encodedR, toBytes(s)])
}

const sealed = (signature: Uint8Array) => {
  const der = concatBytes([fromHex('302e020100300506032b657004220420'), secret.seed])
  const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
  const commentSignature = sign(null, signedComment(signature), privateKey)
  return formatSignatureBlock({ minisignId: key.minisignId, signature, commentSignature })
}

const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')

describe('signatures', () => {
  test('what a key signed is genuine', () => {
    expect(block).toHaveLength(signatureBlockBytes)
    expect(() => check(block)).not.toThrow()
    expect(formatSignatureBlock(parseSignatureBlock(block))).toBe(block)
  })

  test('every changed character of a block is refused', () => {
    for (let at = 0; at < block.length; at++) {
      for (const other of [block[at] === 'A' ? 'B' : 'A', ' ', '\n'].filter((one) => one !== block[at])) {
        const changed = block.slice(0, at) + other + block.slice(at + 1)
        expect(
          outcomeOf(() => check(changed)),
          `character ${at}`,
        ).toBe('TRUST_SIGNATURE_INVALID')
      }
    }
  })

  test('every bit of both signatures counts', () => {
    const parsed = parseSignatureBlock(block)
    for (let bit = 0; bit < 512; bit++)
      for (const field of ['signature', 'commentSignature'] as const) {
        const bytes = Uint8Array.from(parsed[field])
        const at = Math.floor(bit / 8)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8))
        const text = formatSignatureBlock({ ...parsed, [field]: bytes })
        expect(outcomeOf(() => check(text))).toBe('TRUST_SIGNATURE_INVALID')
      }
  })

  test('what is known is not judged once more, and only what was found genuine becomes known', () => {
    const asked: Digest[] = []
    const known = new Set<Digest>()
    const claims: GenuineClaims = {
      has: (claim) => asked.push(claim) > 0 && known.has(claim),
      add: (claim) => known.add(claim),
    }
    const changed = concatBytes([sampleMessage, encodeUtf8('!')])
    const forged = { part: 'head', message: changed, block, key, known: claims }
    const judged = (): unknown => outcomeOf(() => verifySignature(forged))
    expect(judged()).toBe('TRUST_SIGNATURE_INVALID')
    expect(known.size).toBe(0)
    verifySignature({ ...forged, message: sampleMessage })
    expect(known.size).toBe(1)
    expect(judged()).toBe('TRUST_SIGNATURE_INVALID')
    known.add(asked[0]!)
    expect(judged()).toBeUndefined()
    const other = { ...key, minisignId: key.minisignId.with(0, 1) }
    expect(outcomeOf(() => verifySignature({ ...forged, key: other }))).toBe('TRUST_SIGNATURE_INVALID')
    expect(outcomeOf(() => verifySignature({ ...forged, key: sampleKey(8).publicKey }))).toBe(
      'TRUST_SIGNATURE_INVALID',
    )
  })

  test('every shortening and any addition is refused', () => {
    for (let size = 0; size < block.length; size++)
      expect(outcomeOf(() => check(block.slice(0, size)))).toBe('TRUST_SIGNATURE_INVALID')
    for (const more of ['\n', ' ', 'x', block])
      expect(outcomeOf(() => check(block + more))).toBe('TRUST_SIGNATURE_INVALID')
    expect(outcomeOf(() => check(block.replaceAll('\n', '\r\n')))).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('every changed bit of the message is refused', () => {
    for (let bit = 0; bit < sampleMessage.length * 8; bit++) {
      const changed = Uint8Array.from(sampleMessage)
      const at = Math.floor(bit / 8)
      changed[at] = (changed[at] ?? 0) ^ (1 << (bit % 8))
      expect(outcomeOf(() => check(block, changed))).toBe('TRUST_SIGNATURE_INVALID')
    }
  })

  test('a signature cannot be moved to another kind or version', () => {
    for (const line of ['moss-state 1\n', 'moss-bundle 2\n', 'moss-bundle 11\n'])
      expect(outcomeOf(() => check(block, encodeUtf8(`${line}what is signed`)))).toBe(
        'TRUST_SIGNATURE_INVALID',
      )
  })

  test('a genuine signature over a text without its purpose is refused', () => {
    const message = encodeUtf8('pay the bearer')
    const signature = craft({ r: 5n, encodedR: Point.BASE.multiply(5n).toBytes() }, prehash(message))
    expect(acceptedByOpenssl(signature, prehash(message), key)).toBe(true)
    expect(problemOf(() => check(sealed(signature), message))).toContain('what it is for')
  })

  test('a legacy signature, not prehashed, is refused', () => {
    const lines = block.split('\n')
    const first = Uint8Array.fromBase64(lines[1] ?? '')
    first[1] = 'd'.charCodeAt(0)
    const text = [lines[0], first.toBase64(), ...lines.slice(2)].join('\n')
    expect(problemOf(() => check(text))).toContain('not written as moss writes it')
  })

  test('another key with the same label does not pass', () => {
    const other = enrolKey(sampleKey(8).publicKey.bytes, key.minisignId)
    const claim = { part: 'head', message: sampleMessage, block, key: other }
    expect(problemOf(() => verifySignature(claim))).toContain('does not match')
  })

  test('the same key under another label does not pass', () => {
    const other = enrolKey(key.bytes, new Uint8Array(8))
    const claim = { part: 'head', message: sampleMessage, block, key: other }
    expect(problemOf(() => verifySignature(claim))).toContain('labelled with another key')
  })

  test('RFC 8032: both verifiers accept its vectors', () => {
    const vectors = [
      [
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
      [
        'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
        'af82',
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      ],
    ] as const
    for (const [publicKey, message, signature] of vectors) {
      const vectorKey = enrolKey(fromHex(publicKey), new Uint8Array(8))
      expect(acceptedByOpenssl(fromHex(signature), fromHex(message), vectorKey)).toBe(true)
      expect(acceptedByNoble(fromHex(signature), fromHex(message), vectorKey)).toBe(true)
    }
  })
})

describe('crafted signatures, made with the very key', () => {
  const hashed = prehash(sampleMessage)

  test('the crafting itself is sound: an ordinary one passes', () => {
    const signature = craft({ r: 99n, encodedR: Point.BASE.multiply(99n).toBytes() }, hashed)
    expect(() => check(sealed(signature))).not.toThrow()
  })

  test('S plus the order of the group is refused by both', () => {
    const { signature } = parseSignatureBlock(block)
    const grown = concatBytes([signature.subarray(0, 32), toBytes(toNumber(signature.subarray(32)) + order)])
    expect(acceptedByOpenssl(grown, hashed, key)).toBe(false)
    expect(acceptedByNoble(grown, hashed, key)).toBe(false)
    expect(problemOf(() => check(sealed(grown)))).toContain('does not match')
  })

  test('an R with a part of small order splits the verifiers: refused, and said so', () => {
    const encodedR = Point.BASE.multiply(99n).add(torsion).toBytes()
    const signature = craft({ r: 99n, encodedR }, hashed)
    expect(acceptedByOpenssl(signature, hashed, key)).toBe(false)
    expect(acceptedByNoble(signature, hashed, key)).toBe(true)
    expect(outcomeOf(() => check(sealed(signature)))).toBe('TRUST_SIGNATURE_INVALID')
    expect(problemOf(() => check(sealed(signature)))).toContain('two verifiers do not agree')
  })

  test('an R that is not canonical passes ZIP 215 and neither of ours', () => {
    const encodedR = fromHex('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
    const signature = craft({ r: 0n, encodedR }, hashed)
    expect(verify(signature, hashed, key.bytes, { zip215: true })).toBe(true)
    expect(acceptedByOpenssl(signature, hashed, key)).toBe(false)
    expect(acceptedByNoble(signature, hashed, key)).toBe(false)
    expect(outcomeOf(() => check(sealed(signature)))).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('a signature of zeros, and one of ones, is refused', () => {
    for (const byte of [0, 1, 255])
      expect(outcomeOf(() => check(sealed(new Uint8Array(64).fill(byte))))).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('a genuine signature beside a comment signature of another block is refused', () => {
    const other = parseSignatureBlock(signerOf(secret).sign(encodeUtf8('moss-bundle 1\nother')))
    const text = formatSignatureBlock({
      ...parseSignatureBlock(block),
      commentSignature: other.commentSignature,
    })
    expect(problemOf(() => check(text))).toContain('trusted comment')
  })
})
