import { describe, expect, test } from 'vitest'
import { compareText, fromHex } from '../../../src/base/bytes.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../../../src/base/cbor.ts'
import { enrolKey } from '../../../src/trust/keys.ts'
import { decodeRoot, encodeRoot, makeSoleRoot, type Root } from '../../../src/trust/root.ts'
import { outcomeOf, problemOf, sampleKey, sampleRoot } from './sample-keys.ts'

type Fields = Record<string, CborValue>

/** The root's CBOR with some change that encodeRoot would never make. */
function forged(change: (root: Fields, roles: Record<string, Fields>, keys: Fields[]) => void): Uint8Array {
  const root = decodeCbor(encodeRoot(sampleRoot()), 'root') as Fields
  change(root, root['roles'] as Record<string, Fields>, root['keys'] as unknown as Fields[])
  return encodeCbor(root)
}

describe('root', () => {
  test('a root reads back as it was written', () => {
    expect(decodeRoot(encodeRoot(sampleRoot()))).toEqual(sampleRoot())
    const sole = makeSoleRoot(sampleKey(1).publicKey, 1_700_000_000)
    expect(decodeRoot(encodeRoot(sole))).toEqual(sole)
  })

  test('a sole root gives its one key every role', () => {
    const { publicKey } = sampleKey(1)
    const root = makeSoleRoot(publicKey, 5)
    for (const role of Object.values(root.roles)) expect(role).toEqual({ keys: [publicKey.id], threshold: 1 })
    expect(root).toMatchObject({ version: 1, epoch: 1, created: 5 })
  })

  test.each<[string, (root: Fields, roles: Record<string, Fields>, keys: Fields[]) => void]>([
    ['another format', (root) => (root['format'] = 'moss-boot')],
    ['an unknown field', (root) => (root['more'] = 1)],
    ['a missing field', (root) => delete root['epoch']],
    ['version 0', (root) => (root['version'] = 0)],
    ['an unknown role', (_, roles) => (roles['owner'] = roles['root'] ?? {})],
    ['a missing role', (_, roles) => delete roles['exporter']],
    [
      'CVE-2026-23992 (go-tuf): a threshold of 0',
      (_, roles) => (roles['root'] = { ...roles['root'], threshold: 0 }),
    ],
    ['a threshold nobody can reach', (_, roles) => (roles['root'] = { ...roles['root'], threshold: 2 })],
    ['a role without keys', (_, roles) => (roles['root'] = { keys: [], threshold: 1 })],
    ['keys out of order', (_, __, keys) => keys.reverse()],
    ['a key twice', (_, __, keys) => keys.push(keys[4] ?? {})],
    ['a key without a role', (_, roles) => (roles['exporter'] = roles['packager'] ?? {})],
    [
      'a role key that is not there',
      (_, roles) => (roles['exporter'] = { keys: [new Uint8Array(32)], threshold: 1 }),
    ],
    [
      'a role with a key twice',
      (_, roles) => {
        const [first = null, ...rest] = (roles['channel'] ?? {})['keys'] as readonly CborValue[]
        roles['channel'] = { keys: [first, first, ...rest], threshold: 2 }
      },
    ],
  ])('%s is refused', (_, change) => {
    expect(outcomeOf(() => decodeRoot(forged(change)))).toBe('SHAPE_INVALID')
  })

  test('a root with an unusable key is refused, and the key named', () => {
    const bytes = forged((_, __, keys) => (keys[1] = { ...keys[1], key: new Uint8Array(32) }))
    expect(outcomeOf(() => decodeRoot(bytes))).toBe('KEY_INVALID')
    expect(problemOf(() => decodeRoot(bytes))).toContain('key 2 of root')
  })

  test('the same key under two labels is one key, so the root is refused', () => {
    const bytes = forged((_, __, keys) => {
      keys.splice(1, 0, { ...keys[0], minisign: new Uint8Array(8).fill(200) })
    })
    expect(outcomeOf(() => decodeRoot(bytes))).toBe('SHAPE_INVALID')
  })

  test('the same 32 bytes as a key of a file and as that of a token are one key, so the root is refused', () => {
    const { bytes: key, minisignId } = sampleKey(5).publicKey
    const token = enrolKey(key, minisignId, 'token', 'ssh:')
    const keys = [...sampleRoot().keys, token].toSorted((a, b) => compareText(a.id, b.id))
    const bytes = forged((root, roles) => {
      root['keys'] = keys.map((each) => ({
        key: each.bytes,
        minisign: each.minisignId,
        ...(each === token && { application: 'ssh:' }),
      }))
      const both = [sampleKey(5).publicKey.id, token.id].toSorted(compareText)
      roles['exporter'] = { keys: both.map(fromHex), threshold: 2 }
    })
    expect(problemOf(() => decodeRoot(bytes))).toContain('a key is named twice, in a token and out of it')
  })

  test('writing a root that breaks a rule is a bug', () => {
    const root: Root = { ...sampleRoot(), keys: [] }
    expect(() => encodeRoot(root)).toThrow('broken promise')
  })
})
