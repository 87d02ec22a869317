import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { isMossError } from '../../../src/base/error.ts'
import { encodeFront, type ContainerDraft } from '../../../src/container/encode.ts'
import { peekSection } from '../../../src/container/peek.ts'
import { checkStored, openContainer } from '../../../src/container/read.ts'
import { readSection } from '../../../src/container/sections.ts'
import { verifyContainer, verifyOwnContainer, verifySelfSignedRoot } from '../../../src/container/verify.ts'
import { signerOf, type Signer } from '../../../src/trust/keys.ts'
import { encodeRoot, makeSoleRoot } from '../../../src/trust/root.ts'
import {
  buildBundle,
  noise,
  opened,
  sourceOf,
  testKey,
  testRoot,
  testSigner,
} from '../../support/containers.ts'

const other = signerOf(testKey(2))
const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (isMossError(error)) return error.code
    throw error
  }
  return 'accepted'
}

const encode = (draft: Partial<ContainerDraft>, ...signers: Signer[]): Uint8Array =>
  encodeFront(
    {
      kind: 'state',
      created: 5,
      about: {},
      sections: [{ name: 'record', bytes: encodeUtf8('record '.repeat(20)) }],
      ...draft,
    },
    signers,
  ).bytes

const exporter = { role: 'exporter', root: testRoot } as const

describe('a container by role', () => {
  test('is verified when the role’s key signed it', async () => {
    expect(verifyContainer(opened(await buildBundle()), exporter).head.created).toBe(1_700_000_000)
  })

  test('is refused when another key signed it, alone or too', async () => {
    expect(codeOf(() => verifyContainer(opened(encode({}, other)), exporter))).toBe('TRUST_UNKNOWN_KEY')
    expect(codeOf(() => verifyContainer(opened(encode({}, testSigner, other)), exporter))).toBe(
      'TRUST_UNKNOWN_KEY',
    )
  })

  test('is refused when a signature is missing, doubled, or in another place', async () => {
    const bytes = encode({}, testSigner, other)
    const container = opened(bytes)
    const twice = { ...container, blocks: [container.blocks[0] ?? '', container.blocks[0] ?? ''] }
    const swapped = { ...container, blocks: container.blocks.toReversed() }
    const root = {
      ...testRoot,
      keys: [testKey(1).publicKey, testKey(2).publicKey].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    }
    const by = { role: 'exporter', root } as const
    expect(codeOf(() => verifyContainer(container, by))).toBe('accepted')
    expect(codeOf(() => verifyContainer(twice, by))).toBe('TRUST_SIGNATURE_INVALID')
    expect(codeOf(() => verifyContainer(swapped, by))).toBe('TRUST_SIGNATURE_INVALID')
    expect(codeOf(() => verifyContainer({ ...container, blocks: [] }, by))).toBe('TRUST_SIGNATURE_INVALID')
  })

  test('cannot be passed off as another kind: the signed text names it', () => {
    const bytes = Uint8Array.from(encode({}, testSigner))
    bytes[8] = 4
    expect(codeOf(() => opened(bytes))).toBe('CONTAINER_DAMAGED')
  })
})

describe('a host’s own container', () => {
  test('is verified by its key alone', () => {
    const container = verifyOwnContainer(opened(encode({}, other)), testKey(2).publicKey)
    expect(readSection(container, 'record')).toEqual(encodeUtf8('record '.repeat(20)))
    expect(codeOf(() => verifyOwnContainer(opened(encode({}, other)), testKey(1).publicKey))).toBe(
      'TRUST_UNKNOWN_KEY',
    )
    expect(
      codeOf(() => verifyOwnContainer(opened(encode({}, other, testSigner)), testKey(2).publicKey)),
    ).toBe('TRUST_SIGNATURE_INVALID')
  })
})

describe('a first root', () => {
  const draft = (bytes: Uint8Array): Partial<ContainerDraft> => ({
    kind: 'root',
    sections: [{ name: 'record', bytes }],
  })

  test('is verified by the keys it names itself', () => {
    expect(verifySelfSignedRoot(opened(encode(draft(encodeRoot(testRoot)), testSigner)))).toEqual(testRoot)
  })

  test('is refused when others signed it, or when it is no root', () => {
    const theirs = encodeRoot(makeSoleRoot(testKey(2).publicKey, 0))
    expect(codeOf(() => verifySelfSignedRoot(opened(encode(draft(theirs), testSigner))))).toBe(
      'TRUST_UNKNOWN_KEY',
    )
    expect(codeOf(() => verifySelfSignedRoot(opened(encode({}, testSigner))))).toBe('CONTAINER_DAMAGED')
    expect(codeOf(() => verifySelfSignedRoot(opened(encode(draft(encodeUtf8('no')), testSigner))))).toBe(
      'CBOR_INVALID',
    )
  })

  test('is refused when its record was exchanged under the signed head', () => {
    const bytes = encode(draft(encodeRoot(testRoot)), testSigner)
    const record = encodeRoot(testRoot)
    record[record.length - 1] = (record.at(-1) ?? 0) ^ 1
    const changed = concatBytes([bytes.subarray(0, bytes.length - record.length), record])
    expect(codeOf(() => verifySelfSignedRoot(opened(changed)))).toBe('CONTAINER_DAMAGED')
  })
})

test('a source that gives few bytes at a time is read whole', async () => {
  const source = sourceOf(await buildBundle())
  const slow = { ...source, read: (into: Uint8Array, at: number) => source.read(into.subarray(0, 7), at) }
  const { openContainer } = await import('../../../src/container/read.ts')
  expect(verifyContainer(openContainer(slow), exporter).kind).toBe('bundle')
})

test('a summary can be looked at before anybody is trusted; a packed section cannot', async () => {
  const long = encodeUtf8('word '.repeat(100))
  const container = opened(
    await buildBundle({
      sections: [
        { name: 'summary', bytes: long },
        { name: 'notes', bytes: long },
      ],
    }),
  )
  expect(peekSection(container, 'summary')).toEqual(long)
  expect(peekSection(container, 'notes')).toBeUndefined()
})

test('sections of a head that nobody vouches for are checked a piece at a time', () => {
  const record = noise(3_000_000, 5)
  const bytes = encode({ sections: [{ name: 'record', bytes: record }] }, testSigner)
  const check = (from: Uint8Array): number => {
    let longest = 0
    const source = sourceOf(from)
    const container = openContainer({
      name: source.name,
      read: (into, at) => {
        longest = Math.max(longest, into.length)
        return source.read(into, at)
      },
      [Symbol.dispose]: () => {},
    })
    for (const entry of container.head.sections) checkStored(container, entry)
    return longest
  }
  expect(check(bytes)).toBeLessThanOrEqual(1024 * 1024)
  const changed = Uint8Array.from(bytes)
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  expect(codeOf(() => check(changed))).toBe('CONTAINER_DAMAGED')
  expect(codeOf(() => check(bytes.subarray(0, -1)))).toBe('CONTAINER_TRUNCATED')
})
