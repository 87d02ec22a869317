// Chains of trust roots: each vouched for by enough of the one before and of itself. The cases are those of TUF's
// specification, section 5.3, and the published mistakes of its implementations, by number.
import { describe, expect, test } from 'vitest'
import { compareText, concatBytes } from '../../../src/base/bytes.ts'
import { encodeRootFile, absentSigner, withBlocks } from '../../../src/container/root-file.ts'
import { encodeRoots, followRoots, readCarriedRoots } from '../../../src/container/root-chain.ts'
import { verifySelfSignedRoot } from '../../../src/container/verify.ts'
import { type SecretKey, signerOf } from '../../../src/trust/keys.ts'
import { fingerprintOf } from '../../../src/trust/fingerprint.ts'
import { rootDigest } from '../../../src/trust/root.ts'
import type { RoleKeys, Root } from '../../../src/trust/root.ts'
import { buildBundle, opened, testKey, testSigner } from '../../support/containers.ts'
import { outcomeOf, problemOf } from '../trust/sample-keys.ts'

const ids = (keys: readonly SecretKey[]) => keys.map((key) => key.publicKey.id).sort(compareText)

/** Keys by role; who is not named has key 9. */
interface Shape {
  readonly version: number
  readonly epoch?: number
  readonly created?: number
  readonly root: readonly number[]
  readonly threshold?: number
  readonly channel?: readonly number[]
}

function rootOf({ version, epoch = 1, created = 1000, root, threshold = 1, channel = [9] }: Shape): Root {
  const role = (numbers: readonly number[], least = 1): RoleKeys => ({
    keys: ids(numbers.map(testKey)),
    threshold: least,
  })
  const numbers = [...new Set([...root, ...channel, 9])]
  return {
    version,
    epoch,
    created,
    keys: numbers.map((n) => testKey(n).publicKey).sort((a, b) => compareText(a.id, b.id)),
    roles: { root: role(root, threshold), channel: role(channel), packager: role([9]), exporter: role([9]) },
  }
}

const signed = (shape: Shape, ...by: readonly number[]): Uint8Array =>
  encodeRootFile(
    rootOf(shape),
    by.map((n) => signerOf(testKey(n))),
  )

const first = rootOf({ version: 1, root: [1, 2, 3], threshold: 2 })
const second: Shape = { version: 2, root: [2, 3, 4], threshold: 2 }
const third: Shape = { version: 3, root: [4, 5, 6], threshold: 2 }

const newest = (...files: readonly Uint8Array[]): number | undefined =>
  followRoots(first, files).at(-1)?.root.version
const refused = (...files: readonly Uint8Array[]): unknown => outcomeOf(() => newest(...files))

describe('a chain is followed', () => {
  test('where both thresholds signed', () => {
    expect(newest(signed(second, 2, 3))).toBe(2)
    expect(newest(signed(second, 1, 2, 3, 4))).toBe(2)
    expect(newest(signed(second, 2, 3), signed(third, 2, 4, 5, 3))).toBe(3)
    expect(newest()).toBeUndefined()
  })

  test.each([1, 2, 63, 64])('over %i roots, each with keys of its own', (length) => {
    const keyOf = (version: number): number => 10 + version
    const start = rootOf({ version: 1, root: [keyOf(1)] })
    const files = Array.from({ length }, (_, index) => {
      const version = index + 2
      return signed({ version, root: [keyOf(version)] }, keyOf(version - 1), keyOf(version))
    })
    const roots = followRoots(start, files)
    expect(roots.map(({ root }) => root.version)).toEqual(files.map((_, index) => index + 2))
    expect(encodeRoots(files).length).toBeLessThan(1024 * 1024)
    for (const at of [0, length - 1]) {
      const gap = files.filter((_, index) => index !== at)
      expect(outcomeOf(() => followRoots(start, gap).length)).toBe(
        at === length - 1 ? length - 1 : 'TRUST_ROOT_ORDER',
      )
    }
  })

  test('roots that this machine has overtaken say nothing, whoever signed them', () => {
    const old = signed({ version: 1, root: [8] }, 8)
    expect(newest(old, signed(second, 2, 3))).toBe(2)
    expect(newest(old)).toBeUndefined()
  })

  test('nor is it looked at what keys they have, which would take time', () => {
    const bad = { ...rootOf({ version: 1, root: [8] }) }
    const [key, ...others] = bad.keys
    const small = { ...bad, keys: [{ ...key!, bytes: new Uint8Array(32) }, ...others] }
    expect(newest(encodeRootFile(small, [signerOf(testKey(8))]), signed(second, 2, 3))).toBe(2)
  })
})

describe('a chain is refused', () => {
  test('where too few of the root before signed', () => {
    expect(refused(signed(second, 3, 4))).toBe('TRUST_THRESHOLD')
    expect(refused(signed(third, 4, 5))).toBe('TRUST_ROOT_ORDER')
    expect(refused(signed({ ...third, version: 2 }, 4, 5, 6))).toBe('TRUST_THRESHOLD')
  })

  test('where too few of the new root signed: it could not be followed by anybody', () => {
    expect(refused(signed({ ...second, root: [3, 4, 5] }, 1, 2, 3))).toBe('TRUST_THRESHOLD')
    expect(refused(signed({ ...second, root: [7], threshold: 1 }, 1, 2))).toBe('TRUST_THRESHOLD')
  })

  test('where a key signed that neither root has', () => {
    expect(refused(signed(second, 2, 3, 8))).toBe('TRUST_UNKNOWN_KEY')
  })

  test('where one listed signature is missing or wrong, though the others are enough', () => {
    const file = encodeRootFile(rootOf(second), [
      signerOf(testKey(2)),
      signerOf(testKey(3)),
      absentSigner(testKey(4).publicKey),
    ])
    expect(refused(file)).toBe('TRUST_SIGNATURE_INVALID')
    const other = opened(signed(second, 2, 3, 4))
    const [a = '', b = ''] = other.blocks
    expect(refused(withBlocks(other, [a, b, b]))).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('CVE-2025-2885 (tough): where a version is left out, or comes twice or in another order', () => {
    const [two, three] = [signed(second, 2, 3), signed(third, 2, 3, 4, 5)]
    expect(refused(three)).toBe('TRUST_ROOT_ORDER')
    expect(refused(three, two)).toBe('TRUST_ROOT_ORDER')
    expect(refused(two, two)).toBe('TRUST_ROOT_ORDER')
    expect(problemOf(() => newest(three))).toBe('trust root 3 does not follow root 1, which this machine has')
  })

  test('CVE-2020-15163 (python-tuf): where one of several is bad: then none of them counts', () => {
    expect(refused(signed(second, 2, 3), signed({ ...third, version: 3 }, 5, 6))).toBe('TRUST_THRESHOLD')
  })

  test('where it is dated before the root it follows', () => {
    expect(refused(signed({ ...second, created: 999 }, 2, 3))).toBe('TRUST_ROOT_REFUSED')
  })

  test('where the epoch falls, leaps, or rises with the same channel keys', () => {
    expect(newest(signed({ ...second, epoch: 2, channel: [7] }, 2, 3))).toBe(2)
    expect(newest(signed({ ...second, epoch: 1, channel: [7] }, 2, 3))).toBe(2)
    expect(refused(signed({ ...second, epoch: 3, channel: [7] }, 2, 3))).toBe('TRUST_ROOT_REFUSED')
    expect(refused(signed({ ...second, epoch: 2 }, 2, 3))).toBe('TRUST_ROOT_REFUSED')
    const later = rootOf({ version: 1, epoch: 5, root: [1] })
    const back = signed({ version: 2, epoch: 4, root: [1], channel: [7] }, 1)
    expect(outcomeOf(() => followRoots(later, [back]))).toBe('TRUST_ROOT_REFUSED')
  })

  test('where it is another kind of file', async () => {
    expect(refused(await buildBundle())).toBe('CONTAINER_NOT_ONE')
    expect(refused(new Uint8Array(0))).toBe('CONTAINER_NOT_ONE')
  })

  test('where any bit of it is another', () => {
    const file = signed({ version: 2, root: [1, 2, 3], threshold: 2 }, 1, 2)
    for (let at = 0; at < file.length; at++) {
      const changed = file.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      expect(typeof refused(changed), `bit ${at % 8} of byte ${at}`).toBe('string')
    }
  })

  test('where it is cut short or goes on', () => {
    const file = signed(second, 2, 3)
    for (let length = 0; length < file.length; length += 7)
      expect(typeof refused(file.subarray(0, length)), `${length} bytes`).toBe('string')
    expect(refused(concatBytes([file, Uint8Array.of(0)]))).toBe('CONTAINER_DAMAGED')
  })
})

test('in a bundle they stand plain in the first section, and are read before anybody vouches for it', async () => {
  const files = [signed(second, 2, 3), signed(third, 2, 3, 4, 5)]
  const bundle = opened(
    await buildBundle({ sections: [{ name: 'roots', bytes: encodeRoots(files) }], signers: [testSigner] }),
  )
  expect(bundle.head.sections[0]).toMatchObject({ name: 'roots', codec: 0 })
  expect(readCarriedRoots(bundle)).toEqual(files)
  expect(readCarriedRoots(opened(await buildBundle()))).toEqual([])
})

test('a first root may bear the signatures of the root before it, which mean nothing to who has none', () => {
  const file = signed(second, 1, 2, 3)
  expect(fingerprintOf(rootDigest(verifySelfSignedRoot(opened(file))))).toBe(
    fingerprintOf(rootDigest(rootOf(second))),
  )
  expect(outcomeOf(() => verifySelfSignedRoot(opened(signed(second, 1, 2))))).toBe('TRUST_THRESHOLD')
  expect(outcomeOf(() => verifySelfSignedRoot(opened(signed(second, 1, 8))))).toBe('TRUST_UNKNOWN_KEY')
})
