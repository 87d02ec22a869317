// Signatures of OpenSSH: made by its own program, and every departure from what it writes is refused.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { enrolKey, keyIdOf, type PublicKey, signerOf } from '../../../src/trust/keys.ts'
import { parsePublicKey } from '../../../src/trust/minisign.ts'
import { verifySignature } from '../../../src/trust/signatures.ts'
import { decodeRoot, encodeRoot, makeSoleRoot } from '../../../src/trust/root.ts'
import { formatSshPublicKey, parseSshSignature } from '../../../src/trust/sshsig.ts'
import { oracle } from '../../support/oracle.ts'
import { tokenKey } from '../../support/ssh-key.ts'
import { outcomeOf, sampleKey, sampleMessage as message } from './sample-keys.ts'

const part = 'signature 1 of head'

describe.skipIf(!oracle('ssh-keygen'))('OpenSSH', () => {
  let folder: string
  let key: PublicKey
  const run = (...args: readonly string[]) => {
    const ran = spawnSync('ssh-keygen', args, { cwd: folder, encoding: 'utf8' })
    expect(ran.status, ran.stderr).toBe(0)
  }
  const signed = (bytes: Uint8Array, ...how: readonly string[]): string => {
    writeFileSync(join(folder, 'message'), bytes)
    rmSync(join(folder, 'message.sig'), { force: true })
    run('-q', '-Y', 'sign', '-f', 'id', ...how, 'message')
    return readFileSync(join(folder, 'message.sig'), 'utf8')
  }
  const verify = (block: string, by = key, bytes = message) =>
    outcomeOf(() => verifySignature({ part, message: bytes, block, key: by }))

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sshsig-'))
    run('-q', '-t', 'ed25519', '-N', '', '-C', 'a comment', '-f', 'id')
    key = parsePublicKey(readFileSync(join(folder, 'id.pub'), 'utf8'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('its signatures are accepted, by either hash', () => {
    expect(verify(signed(message, '-n', 'moss'))).toBeUndefined()
    expect(verify(signed(message, '-n', 'moss', '-O', 'hashalg=sha256'))).toBeUndefined()
    expect(key.id).toBe(keyIdOf(key.bytes))
  })

  test('and it accepts what we say it signed', () => {
    const block = signed(message, '-n', 'moss')
    writeFileSync(join(folder, 'block'), block)
    const signers = `somebody namespaces="moss" ${readFileSync(join(folder, 'id.pub'), 'utf8')}`
    writeFileSync(join(folder, 'signers'), signers)
    const args = ['-Y', 'verify', '-f', 'signers', '-I', 'somebody', '-n', 'moss', '-s', 'block']
    const ran = spawnSync('ssh-keygen', args, { cwd: folder, input: message, encoding: 'utf8' })
    expect(ran.stdout).toContain('Good "moss" signature')
  })

  test('another namespace, key, message or purpose is refused', () => {
    expect(verify(signed(message, '-n', 'file'))).toBe('TRUST_SIGNATURE_INVALID')
    const block = signed(message, '-n', 'moss')
    expect(verify(block, sampleKey(1).publicKey)).toBe('TRUST_SIGNATURE_INVALID')
    expect(verify(block, key, encodeUtf8('moss-bundle 1\nsomething else'))).toBe('TRUST_SIGNATURE_INVALID')
    const plain = encodeUtf8('no purpose')
    expect(verify(signed(plain, '-n', 'moss'), key, plain)).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('every changed, missing or added character is refused', () => {
    const block = signed(message, '-n', 'moss')
    for (let at = 0; at < block.length; at++) {
      const other = block[at] === 'A' ? 'B' : 'A'
      expect(verify(block.slice(0, at) + other + block.slice(at + 1)), `changed at ${at}`).toBe(
        'TRUST_SIGNATURE_INVALID',
      )
      expect(verify(block.slice(0, at) + block.slice(at + 1)), `missing at ${at}`).toBe(
        'TRUST_SIGNATURE_INVALID',
      )
      expect(verify(`${block.slice(0, at)} ${block.slice(at)}`), `added at ${at}`).toBe(
        'TRUST_SIGNATURE_INVALID',
      )
    }
    for (const more of ['\n', 'x', block]) expect(verify(block + more)).toBe('TRUST_SIGNATURE_INVALID')
    expect(verify(block.replaceAll('\n', '\r\n'))).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('signatures of a token: those that OpenSSH accepts are accepted', () => {
    for (const application of ['ssh:', 'ssh:moss']) {
      const token = tokenKey(application)
      const tokenPublic = parsePublicKey(token.line)
      expect(tokenPublic.application).toBe(application)
      for (const flags of [1, 5]) {
        const block = token.sign(message, { flags })
        writeFileSync(join(folder, 'block'), block)
        writeFileSync(join(folder, 'signers'), `somebody namespaces="moss" ${token.line}`)
        const args = ['-Y', 'verify', '-f', 'signers', '-I', 'somebody', '-n', 'moss', '-s', 'block']
        const ran = spawnSync('ssh-keygen', args, { cwd: folder, input: message, encoding: 'utf8' })
        expect(ran.stdout, ran.stderr).toContain('Good "moss" signature')
        expect(verify(block, tokenPublic)).toBeUndefined()
      }
    }
  })

  test('keys of other kinds are refused', () => {
    for (const [kind, ...how] of [['rsa', '-b', '2048'], ['ecdsa']]) {
      run('-q', '-t', kind as string, ...how, '-N', '', '-f', kind as string)
      const text = readFileSync(join(folder, `${kind}.pub`), 'utf8')
      expect(outcomeOf(() => parsePublicKey(text))).toBe('KEY_INVALID')
    }
    const [type, encoded] = readFileSync(join(folder, 'id.pub'), 'utf8').split(' ')
    for (const text of [
      `${type} ${encoded}A`,
      `${type} ${encoded?.slice(0, -4)}`,
      `${type}`,
      `ssh-rsa ${encoded}`,
    ])
      expect(
        outcomeOf(() => parsePublicKey(text)),
        text,
      ).toBe('KEY_INVALID')
  })
})

describe('a key in a token', () => {
  const token = tokenKey()
  const key = parsePublicKey(token.line)
  const verify = (block: string, by = key) =>
    outcomeOf(() => verifySignature({ part, message, block, key: by }))

  test('is another key than the same bytes in a file, or for something else', () => {
    const plain = enrolKey(key.bytes, key.minisignId)
    const elsewhere = enrolKey(key.bytes, key.minisignId, 'it', 'ssh:else')
    expect(new Set([key.id, plain.id, elsewhere.id]).size).toBe(3)
    for (const other of [plain, elsewhere])
      expect(verify(token.sign(message), other)).toBe('TRUST_SIGNATURE_INVALID')
    expect(parsePublicKey(formatSshPublicKey(key))).toEqual(key)
    expect(outcomeOf(() => enrolKey(key.bytes, key.minisignId, 'it', 'a b'))).toBe('KEY_INVALID')
  })

  test('signs only when it was touched, and with nothing unknown', () => {
    for (let flags = 0; flags < 256; flags++)
      expect(verify(token.sign(message, { flags })), `flags ${flags}`).toBe(
        flags === 1 || flags === 5 ? undefined : 'TRUST_SIGNATURE_INVALID',
      )
    expect(verify(token.sign(message, { namespace: 'file' }))).toBe('TRUST_SIGNATURE_INVALID')
    expect(verify(signerOf(sampleKey(1)).sign(message))).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('signs nothing of which a character was changed, taken out or added', () => {
    const block = token.sign(message)
    expect(verify(block)).toBeUndefined()
    for (let at = 0; at < block.length; at++) {
      const other = block[at] === 'A' ? 'B' : 'A'
      for (const changed of [
        block.slice(0, at) + other + block.slice(at + 1),
        block.slice(0, at) + block.slice(at + 1),
        `${block.slice(0, at)} ${block.slice(at)}`,
      ])
        expect(verify(changed), `at ${at}`).toBe('TRUST_SIGNATURE_INVALID')
    }
    const line = token.line.split(' ')[1] ?? ''
    for (let at = 0; at < line.length; at += 3)
      expect(
        outcomeOf(() =>
          parsePublicKey(`sk-ssh-ed25519@openssh.com ${line.slice(0, at)}${line.slice(at + 1)}`),
        ),
      ).toBe('KEY_INVALID')
  })

  test('keeps what it is for in a root', () => {
    const root = makeSoleRoot(key, 1)
    expect(decodeRoot(encodeRoot(root)).keys).toEqual([key])
    expect(decodeRoot(encodeRoot(makeSoleRoot(sampleKey(1).publicKey, 1))).keys[0]).not.toHaveProperty(
      'application',
    )
  })
})

test('a block that is only shaped like one is refused, whatever its length', () => {
  const shaped = (body: string) => `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`
  for (const body of ['', 'A', 'AAAA', 'U1NIU0lH', 'A'.repeat(400), 'A'.repeat(100_000), '='.repeat(80)])
    expect(outcomeOf(() => parseSshSignature(shaped(body), part))).toBe('TRUST_SIGNATURE_INVALID')
})
