import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { encodeCbor, type CborValue } from '../../../src/base/cbor.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { MossError } from '../../../src/base/error.ts'
import type { KeyId } from '../../../src/base/ids.ts'
import { limits } from '../../../src/base/limits.ts'
import { decodeHead, encodeHead, type Head } from '../../../src/container/head.ts'
import type { Kind } from '../../../src/container/kinds.ts'

const key = (name: string): KeyId => digestOf<KeyId>(encodeUtf8(name))
const raw = (name: string): Uint8Array => Uint8Array.fromHex(key(name))

const section = (name: string, more: Record<string, CborValue> = {}) => ({
  name,
  codec: 0,
  digest: raw(name),
  plain: 10,
  stored: 10,
  ...more,
})

const fields = {
  about: { channel: 'test' },
  created: 1_700_000_000,
  frames: { count: 0, stored: 0 },
  sections: [section('summary'), section('manifests')],
  signers: [raw('a')],
}

const headOf = (
  more: Record<string, CborValue | undefined> = {},
  kind: Kind = 'bundle',
  text = `moss-${kind} 1\n`,
) => concatBytes([encodeUtf8(text), encodeCbor({ ...fields, ...more })])

const refusal = (bytes: Uint8Array, kind: Kind = 'bundle'): string => {
  try {
    decodeHead(bytes, kind)
  } catch (error) {
    if (!(error instanceof MossError)) throw error
    return `${error.code} ${(error.details as { part: string }).part}`
  }
  return 'accepted'
}

test('a head comes back as it was, and begins with its kind in plain text', () => {
  const head: Head = {
    kind: 'package',
    created: 1,
    signers: [key('a'), key('b')],
    about: { name: 'bash', list: [1, 2] },
    sections: [
      { name: 'frames', codec: 2, storedBytes: 5, plainBytes: 64, digest: digestOf(encodeUtf8('x')) },
    ],
    frames: { count: 1, storedBytes: 2 ** 52 },
  }
  const bytes = encodeHead(head)
  expect(new TextDecoder().decode(bytes.subarray(0, 15))).toBe('moss-package 1\n')
  expect(decodeHead(bytes, 'package')).toEqual(head)
})

test('the head made by hand here is accepted, so each refusal below has one cause', () => {
  expect(refusal(headOf())).toBe('accepted')
  for (const name of ['chunks', 'contents', 'links'])
    expect(refusal(headOf({ sections: [section(name, { codec: 2, plain: limits.longTableBytes })] }))).toBe(
      'accepted',
    )
})

describe('a head is refused', () => {
  test('under the kind of another', () => {
    expect(refusal(headOf(), 'package')).toBe('CONTAINER_DAMAGED head')
    expect(refusal(headOf({}, 'bundle', 'moss-bundle 2\n'))).toBe('CONTAINER_DAMAGED head')
  })

  test('with bytes after its end, an unknown field, a missing one, or a float', () => {
    expect(refusal(concatBytes([headOf(), Uint8Array.of(0)]))).toBe('CBOR_INVALID head')
    expect(refusal(headOf({ more: 1 }))).toBe('SHAPE_INVALID head.more')
    expect(refusal(headOf({ created: undefined }))).toBe('SHAPE_INVALID head.created')
    expect(refusal(headOf({ created: -1 }))).toBe('SHAPE_INVALID head.created')
  })

  test.each<[string, Record<string, CborValue>, string]>([
    ['no signer', { signers: [] }, 'CONTAINER_DAMAGED head'],
    ['a signer twice', { signers: [raw('a'), raw('a')] }, 'CONTAINER_DAMAGED head'],
    [
      'more signers than anybody needs',
      { signers: Array.from({ length: 65 }, (_, i) => raw(`${i}`)) },
      'SHAPE_INVALID head.signers',
    ],
    ['a section twice', { sections: [section('summary'), section('summary')] }, 'CONTAINER_DAMAGED head'],
    [
      'sections out of order',
      { sections: [section('manifests'), section('summary')] },
      'CONTAINER_DAMAGED head',
    ],
    ['an unknown section', { sections: [section('extra')] }, 'SHAPE_INVALID head.sections[0].name'],
    ['a section of another kind', { sections: [section('record')] }, 'CONTAINER_DAMAGED head'],
    [
      'an empty section',
      { sections: [section('summary', { plain: 0, stored: 0 })] },
      'SHAPE_INVALID head.sections[0].plain',
    ],
    [
      'a stored section of two sizes',
      { sections: [section('summary', { stored: 9 })] },
      'CONTAINER_DAMAGED head',
    ],
    [
      'a packed section that is not smaller',
      { sections: [section('summary', { codec: 2 })] },
      'CONTAINER_DAMAGED head',
    ],
    [
      'a digest of 31 bytes',
      { sections: [section('summary', { digest: raw('a').slice(1) })] },
      'SHAPE_INVALID head.sections[0].digest',
    ],
    [
      'a section above its limit',
      { sections: [section('summary', { plain: limits.sectionBytes + 1 })] },
      'SHAPE_INVALID head.sections[0].plain',
    ],
    [
      'a root chain above its limit',
      { sections: [section('roots', { plain: 2 ** 20 + 1, stored: 2 ** 20 + 1 })] },
      'CONTAINER_DAMAGED head',
    ],
    ...['chunks', 'contents', 'links'].map((name): [string, Record<string, CborValue>, string] => [
      `a table ${name} above its limit`,
      { sections: [section(name, { codec: 2, plain: limits.longTableBytes + 1 })] },
      'CONTAINER_DAMAGED head',
    ]),
    ['bytes of frames without a frame', { frames: { count: 0, stored: 1 } }, 'CONTAINER_DAMAGED head'],
    ['more frames than bytes', { frames: { count: 2, stored: 1 } }, 'CONTAINER_DAMAGED head'],
    [
      'frames to 2^53 - 1, whose end is beyond',
      { frames: { count: 1, stored: 2 ** 53 - 1 } },
      'CONTAINER_DAMAGED head',
    ],
    ['2^32 frames', { frames: { count: 2 ** 32, stored: 2 ** 33 } }, 'SHAPE_INVALID head.frames.count'],
    [
      'an unknown codec',
      { sections: [section('summary', { codec: 5 })] },
      'CONTAINER_DAMAGED section summary',
    ],
  ])('for %s', (_, more, expected) => {
    expect(refusal(headOf(more))).toBe(expected)
  })

  test('politely for the codecs that will come, and those of frames: 1 and 4', () => {
    for (const codec of [1, 4])
      expect(refusal(headOf({ sections: [section('summary', { codec })] }))).toBe(
        'CONTAINER_CODEC_UNKNOWN section summary',
      )
  })

  test.each([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1])(
    'for a section of %d bytes',
    (size) => {
      expect(refusal(headOf({ sections: [section('summary', { plain: size, stored: size })] }))).toMatch(
        /^SHAPE_INVALID head.sections\[0\]/,
      )
    },
  )

  test('when a state, channel or root has frames, other sections, or no record', () => {
    for (const kind of ['state', 'channel', 'root'] as const) {
      expect(refusal(headOf({ sections: [section('record')] }, kind), kind)).toBe('accepted')
      expect(refusal(headOf({ sections: [] }, kind), kind)).toBe('CONTAINER_DAMAGED head')
      expect(refusal(headOf({}, kind), kind)).toBe('CONTAINER_DAMAGED head')
      const withFrames = { sections: [section('record')], frames: { count: 1, stored: 1 } }
      expect(refusal(headOf(withFrames, kind), kind)).toBe('CONTAINER_DAMAGED head')
    }
  })

  test('when a root needs a decoder before anything can vouch for it', () => {
    const packed = { sections: [section('record', { codec: 2, plain: 20 })] }
    expect(refusal(headOf(packed, 'state'), 'state')).toBe('accepted')
    expect(refusal(headOf(packed, 'root'), 'root')).toBe('CONTAINER_DAMAGED head')
  })
})

test('a state, which anybody can sign, has a small record: nothing large is unpacked on its own word', () => {
  const stateOf = (plain: number): Uint8Array =>
    headOf({ sections: [section('record', { codec: 2, plain })] }, 'state')
  expect(refusal(stateOf(limits.stateBytes), 'state')).toBe('accepted')
  expect(refusal(stateOf(limits.stateBytes + 1), 'state')).toBe('CONTAINER_DAMAGED head')
})
