import { scryptSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import {
  formatPublicKey,
  formatSecretKey,
  minisignName,
  parsePublicKey,
  parseSecretKey,
} from '../../../src/trust/minisign.ts'
import {
  defaultAllowedBytes,
  minisignAllowedBytes,
  ourCost,
  scryptCost,
} from '../../../src/trust/scrypt-cost.ts'
import { outcomeOf, problemOf, sampleKey } from './sample-keys.ts'

const secret = sampleKey(9)
const salt = new Uint8Array(32).fill(3)
const passphrase = encodeUtf8('correct horse')
const plain = formatSecretKey(secret, undefined, salt)
const sealed = formatSecretKey(secret, passphrase, salt)

function changePayload(text: string, change: (bytes: Uint8Array) => void): string {
  const [comment = '', line = ''] = text.split('\n')
  const bytes = Uint8Array.fromBase64(line)
  change(bytes)
  return `${comment}\n${bytes.toBase64()}\n`
}

const setLimits = (text: string, opsLimit: bigint, memLimit: bigint) =>
  changePayload(text, (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    view.setBigUint64(38, opsLimit, true)
    view.setBigUint64(46, memLimit, true)
  })

describe('public key files', () => {
  const text = formatPublicKey(secret.publicKey)

  test('a public key reads back as it was written', () => {
    expect(parsePublicKey(text)).toEqual(secret.publicKey)
    expect(formatPublicKey(parsePublicKey(text))).toBe(text)
  })

  test('any comment, Windows line ends, no last line end, or the key alone are read', () => {
    const line = text.split('\n')[1] ?? ''
    for (const form of [
      `untrusted comment: mine\n${line}`,
      `untrusted comment: mine\r\n${line}\r\n`,
      line,
      `${line}\n`,
    ])
      expect(parsePublicKey(form)).toEqual(secret.publicKey)
  })

  test('the label is shown as minisign shows it', () => {
    const key = parsePublicKey('RWQJ860fnkFpzNUfkLSOQpUDqD0eM6cud37O38+pM1NpHkH9Duaa2WKE')
    expect(minisignName(key)).toBe('CC69419E1FADF309')
    expect(minisignName(sampleKey(1).publicKey)).toBe('101010101010101')
  })

  test('what is not a public key file is refused', () => {
    for (const bad of [
      '',
      '\n',
      'hello',
      `${text}more\n`,
      text.replace('untrusted', 'trusted'),
      text.replace('RW', 'rW'),
      text.slice(0, -4),
      text.replace(/\n$/, '=\n'),
      plain,
      'x'.repeat(5000),
      changePayload(text, (bytes) => bytes.fill(0, 10)),
      text.replace('RW', 'R W'),
      text.replace('RW', 'RW '),
      text.replaceAll('+', '-').replaceAll('/', '_'),
    ])
      expect(outcomeOf(() => parsePublicKey(bad))).toBe('KEY_INVALID')
  })
})

describe('secret key files', () => {
  test('a plain key reads back', () => {
    expect(parseSecretKey(plain)).toEqual(secret)
    expect(parseSecretKey(plain, passphrase)).toEqual(secret)
  })

  test('a sealed key reads back with its passphrase alone', () => {
    expect(parseSecretKey(sealed, passphrase)).toEqual(secret)
    expect(problemOf(() => parseSecretKey(sealed))).toContain('protected by a passphrase')
    expect(problemOf(() => parseSecretKey(sealed, encodeUtf8('correct house')))).toContain('wrong passphrase')
    expect(problemOf(() => parseSecretKey(sealed, new Uint8Array()))).toContain('wrong passphrase')
  })

  test('a sealed file holds the seed nowhere', () => {
    const bytes = Buffer.from(sealed.split('\n')[1] ?? '', 'base64')
    expect(bytes.includes(secret.seed.subarray(0, 8))).toBe(false)
    expect(Buffer.from(plain.split('\n')[1] ?? '', 'base64').includes(secret.seed)).toBe(true)
  })

  test('another salt gives another file', () => {
    expect(formatSecretKey(secret, passphrase, new Uint8Array(32))).not.toBe(sealed)
  })

  test('a sealed key with any changed byte is refused', () => {
    for (const at of [0, 2, 4, 6, 37, 54, 62, 100, 126, 157]) {
      const changed = changePayload(sealed, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 1
      })
      expect(
        outcomeOf(() => parseSecretKey(changed, passphrase)),
        `byte ${at}`,
      ).toMatch(/^KEY_/)
    }
  })

  test('a plain key whose halves do not belong together is refused', () => {
    for (const at of [62, 94, 126])
      expect(
        outcomeOf(() =>
          parseSecretKey(
            changePayload(plain, (bytes) => {
              bytes[at] = (bytes[at] ?? 0) ^ 1
            }),
          ),
        ),
      ).toBe('KEY_INVALID')
  })

  test('what is not a secret key file is refused', () => {
    const line = plain.split('\n')[1] ?? ''
    for (const bad of ['', line, formatPublicKey(secret.publicKey), plain.slice(0, -3), `${plain}x\n`])
      expect(outcomeOf(() => parseSecretKey(bad))).toBe('KEY_INVALID')
  })
})

describe('the cost of unlocking', () => {
  test('moss writes keys of 16 MiB, and minisign its own of 1 GiB', () => {
    const ours = scryptCost({ opsLimit: BigInt(ourCost.opsLimit), memLimit: BigInt(ourCost.memLimit) })
    expect(ours).toEqual({ logN: 14, r: 8, p: 1, costBytes: 16 * 2 ** 20 })
    const theirs = scryptCost({ opsLimit: 33_554_432n, memLimit: 1_073_741_824n })
    expect(theirs).toEqual({ logN: 20, r: 8, p: 1, costBytes: 2 ** 30 })
    expect(theirs.costBytes).toBe(minisignAllowedBytes)
  })

  test('a key that asks for more than allowed is refused before any work', () => {
    const most = 2n ** 64n - 1n
    for (const [opsLimit, memLimit] of [
      [33_554_432n, 1_073_741_824n],
      [most, most],
      [most, 16_777_216n],
      [524_288n * 8n, 16_777_216n],
      [2n ** 31n, 2n ** 32n],
      [2n ** 53n, 2n ** 53n],
    ] as const) {
      const costly = setLimits(sealed, opsLimit, memLimit)
      const started = performance.now()
      expect(outcomeOf(() => parseSecretKey(costly, passphrase))).toBe('KEY_TOO_COSTLY')
      expect(performance.now() - started).toBeLessThan(50)
    }
  })

  test('numbers that ask for next to nothing give a refusal, not a fault', () => {
    for (const [opsLimit, memLimit] of [
      [0n, 0n],
      [1n, 1n],
      [2n ** 64n - 1n, 0n],
      [0n, 2n ** 64n - 1n],
    ] as const)
      expect(outcomeOf(() => parseSecretKey(setLimits(sealed, opsLimit, memLimit), passphrase))).toMatch(
        /^KEY_/,
      )
  })

  test('with an allowance a costlier key opens', () => {
    const view = scryptCost({ opsLimit: 4_194_304n, memLimit: 134_217_728n })
    expect(view.costBytes).toBe(2 * defaultAllowedBytes)
    const stream = (N: number) => scryptSync(passphrase, salt, 104, { N, r: 8, p: 1, maxmem: 2 ** 28 })
    const before = stream(2 ** 14)
    const after = stream(2 ** view.logN)
    const costly = changePayload(setLimits(sealed, 4_194_304n, 134_217_728n), (bytes) => {
      for (let at = 0; at < 104; at++)
        bytes[54 + at] = (bytes[54 + at] ?? 0) ^ (before[at] ?? 0) ^ (after[at] ?? 0)
    })
    expect(outcomeOf(() => parseSecretKey(costly, passphrase))).toBe('KEY_TOO_COSTLY')
    expect(parseSecretKey(costly, passphrase, { allowedBytes: 2 ** 27 })).toEqual(secret)
  })
})
