// Oracle: the program minisign, both ways. It reads a passphrase from standard input when that is no terminal.
import { spawnSync } from 'node:child_process'
import { scryptSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { signerOf } from '../../../src/trust/keys.ts'
import {
  formatPublicKey,
  formatSecretKey,
  parsePublicKey,
  parseSecretKey,
} from '../../../src/trust/minisign.ts'
import { minisignAllowedBytes, ourCost, scryptCost } from '../../../src/trust/scrypt-cost.ts'
import { oracle } from '../../support/oracle.ts'
import { outcomeOf, sampleKey, sampleMessage } from './sample-keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'moss-minisign-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content)
  return at(name)
}
const text = (name: string) => readFileSync(at(name), 'utf8')

function minisign(args: readonly string[], input = '') {
  const ran = spawnSync('minisign', args, { input, encoding: 'utf8', cwd: folder })
  return { status: ran.status, output: ran.stdout + ran.stderr }
}

const secret = sampleKey(11)
const passphrase = 'a passphrase with ünïcode'
const salt = new Uint8Array(32).fill(5)

describe.skipIf(!oracle('minisign'))('minisign', () => {
  put('message', sampleMessage)
  put('our.pub', formatPublicKey(secret.publicKey))
  const verify = (message: string, block: string, key = at('our.pub')) =>
    minisign(['-V', '-p', key, '-m', message, '-x', block])

  test('it verifies our blocks with our public key file and shows the fixed comment', () => {
    const block = put('block', signerOf(secret).sign(sampleMessage))
    const judged = verify(at('message'), block)
    expect(judged.status, judged.output).toBe(0)
    expect(judged.output).toContain('Signature and comment signature verified')
    expect(judged.output).toContain('Trusted comment: head of a moss container')
  })

  test('it verifies with the bare key too, as -P', () => {
    const block = put('block', signerOf(secret).sign(sampleMessage))
    const bare = text('our.pub').split('\n')[1] ?? ''
    expect(minisign(['-V', '-P', bare, '-m', at('message'), '-x', block]).status).toBe(0)
  })

  test('it refuses our block over another message', () => {
    const block = put('block', signerOf(secret).sign(sampleMessage))
    expect(verify(put('other', 'moss-bundle 1\nwhat was signed'), block).status).not.toBe(0)
  })

  test('it signs with our plain and our sealed secret key', () => {
    for (const sealing of [undefined, encodeUtf8(passphrase)]) {
      put('our.key', formatSecretKey(secret, sealing, salt))
      rmSync(at('theirs'), { force: true })
      const signed = minisign(
        ['-S', '-s', at('our.key'), '-m', at('message'), '-x', at('theirs')],
        sealing === undefined ? '' : `${passphrase}\n`,
      )
      expect(signed.status, signed.output).toBe(0)
      expect(verify(at('message'), at('theirs')).status).toBe(0)
    }
  })

  test('it refuses a wrong passphrase for our sealed key', () => {
    put('our.key', formatSecretKey(secret, encodeUtf8(passphrase), salt))
    const signed = minisign(['-S', '-s', at('our.key'), '-m', at('message'), '-x', at('x')], 'wrong\n')
    expect(signed.status).not.toBe(0)
  })

  test('it recreates our public key from our secret key', () => {
    put('our.key', formatSecretKey(secret, undefined, salt))
    const made = minisign(['-R', '-s', at('our.key'), '-p', at('again.pub')])
    expect(made.status, made.output).toBe(0)
    expect(text('again.pub')).toBe(text('our.pub'))
  })

  test('we read its plain keys (-G -W), and it verifies what they sign', () => {
    expect(minisign(['-G', '-W', '-f', '-p', at('w.pub'), '-s', at('w.key')]).status).toBe(0)
    const theirs = parseSecretKey(text('w.key'))
    expect(theirs.publicKey).toEqual(parsePublicKey(text('w.pub')))
    expect(formatPublicKey(theirs.publicKey)).toBe(text('w.pub'))
    expect(formatSecretKey(theirs, undefined, salt)).toBe(text('w.key'))
    const block = put('block', signerOf(theirs).sign(sampleMessage))
    expect(verify(at('message'), block, at('w.pub')).status).toBe(0)
  })

  test('we read its sealed keys (-G), which cost 1 GiB, only when that is allowed', () => {
    const input = `${passphrase}\n${passphrase}\n`
    expect(minisign(['-G', '-f', '-p', at('s.pub'), '-s', at('s.key')], input).status).toBe(0)
    const bytes = encodeUtf8(passphrase)
    expect(outcomeOf(() => parseSecretKey(text('s.key'), bytes))).toBe('KEY_TOO_COSTLY')
    const theirs = parseSecretKey(text('s.key'), bytes, { allowedBytes: minisignAllowedBytes })
    expect(theirs.publicKey).toEqual(parsePublicKey(text('s.pub')))
  })

  test('a signature that minisign made with its own comments is not one of ours', () => {
    put('our.key', formatSecretKey(secret, undefined, salt))
    minisign(['-S', '-s', at('our.key'), '-m', at('message'), '-x', at('theirs')])
    const comments = ['-c', 'signature made by moss', '-t', 'head of a moss container']
    const ours = ['-S', '-s', at('our.key'), '-m', at('message'), '-x', at('ours')]
    expect(minisign([...ours, ...comments]).status).toBe(0)
    expect(text('theirs')).not.toBe(text('ours'))
    expect(text('ours')).toBe(signerOf(secret).sign(sampleMessage))
  })

  // (operations, memory) pairs that take each branch of libsodium's choice of scrypt's numbers
  test.each([
    [524_288n, 16_777_216n],
    [32_768n, 16_777_216n],
    [1n, 4_194_304n],
    [1_048_576n, 16_777_216n],
    [4_000_000n, 5_000_000n],
    [2_000_000n, 16_777_216n],
    [100_000n, 1_048_576n],
    [524_287n, 16_777_216n],
  ])('it takes the same scrypt numbers from operations %d and memory %d', (opsLimit, memLimit) => {
    const stream = (numbers: { logN: number; r: number; p: number }) =>
      scryptSync(encodeUtf8(passphrase), salt, 104, {
        N: 2 ** numbers.logN,
        r: numbers.r,
        p: numbers.p,
        maxmem: 2 ** 28,
      })
    const [comment = '', line = ''] = formatSecretKey(secret, encodeUtf8(passphrase), salt).split('\n')
    const bytes = Uint8Array.fromBase64(line)
    const ours = scryptCost({ opsLimit: BigInt(ourCost.opsLimit), memLimit: BigInt(ourCost.memLimit) })
    const before = stream(ours)
    const after = stream(scryptCost({ opsLimit, memLimit }))
    for (let n = 0; n < 104; n++) bytes[54 + n] = (bytes[54 + n] ?? 0) ^ (before[n] ?? 0) ^ (after[n] ?? 0)
    const view = new DataView(bytes.buffer)
    view.setBigUint64(38, opsLimit, true)
    view.setBigUint64(46, memLimit, true)
    put('made.key', `${comment}\n${bytes.toBase64()}\n`)
    rmSync(at('theirs'), { force: true })
    const signed = minisign(
      ['-S', '-s', at('made.key'), '-m', at('message'), '-x', at('theirs')],
      `${passphrase}\n`,
    )
    expect(signed.status, signed.output).toBe(0)
    const opened = parseSecretKey(text('made.key'), encodeUtf8(passphrase), { allowedBytes: 2 ** 28 })
    expect(opened).toEqual(secret)
  })
})
