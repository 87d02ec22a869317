import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { MossError } from '../../../src/base/error.ts'
import type { ContainerId } from '../../../src/base/ids.ts'
import { limits } from '../../../src/base/limits.ts'
import { kinds, type Kind } from '../../../src/container/kinds.ts'
import { viewOf } from '../../../src/container/little-endian.ts'
import { decodePrelude, encodePrelude, type Prelude } from '../../../src/container/prelude.ts'

const prelude: Prelude = {
  kind: 'bundle',
  headBytes: 300,
  signaturesBytes: 304,
  id: digestOf<ContainerId>(encodeUtf8('head')),
}

const refusal = (bytes: Uint8Array): MossError => {
  try {
    decodePrelude(bytes, 'a.moss')
  } catch (error) {
    if (error instanceof MossError) return error
    throw error
  }
  throw new Error('was accepted')
}

const changed = (change: (view: DataView) => void): Uint8Array => {
  const bytes = encodePrelude(prelude)
  change(viewOf(bytes))
  return bytes
}

test('a prelude of every kind has 64 bytes and comes back as it was', () => {
  for (const kind of Object.keys(kinds) as Kind[]) {
    const bytes = encodePrelude({ ...prelude, kind })
    expect(bytes.length).toBe(64)
    expect(decodePrelude(bytes, 'a.moss')).toEqual({ ...prelude, kind })
  }
})

test('a volume is read as one', () => {
  const volume = { number: 2, count: 3, firstFrame: 1, endFrame: 4 }
  expect(decodePrelude(encodePrelude({ ...prelude, volume }), 'a.moss')).toEqual({ ...prelude, volume })
})

test('the kinds keep their numbers', () => {
  expect(Object.entries(kinds).map(([kind, { number }]) => [kind, number])).toEqual([
    ['bundle', 1],
    ['package', 2],
    ['state', 3],
    ['channel', 4],
    ['root', 5],
    ['audit', 6],
    ['grant', 7],
  ])
})

describe('a prelude is refused', () => {
  test('when the file is empty or something else', () => {
    expect(refusal(new Uint8Array(0)).code).toBe('CONTAINER_NOT_ONE')
    expect(refusal(encodeUtf8('PK\u0003\u0004'.repeat(20))).code).toBe('CONTAINER_NOT_ONE')
  })

  test('when a copy made as text ate its line ends or high bits, and says so', () => {
    const bytes = encodePrelude(prelude)
    const eaten = [...bytes].filter((byte, index) => !(byte === 0x0d && index === 5))
    const stripped = bytes.map((byte) => byte & 0x7f)
    for (const copy of [Uint8Array.from(eaten), stripped])
      expect(refusal(copy).message).toContain('as by a copy made as text')
  })

  test('when it is cut short', () => {
    for (let length = 1; length < 64; length++)
      expect(refusal(encodePrelude(prelude).subarray(0, length)).code).toBe('CONTAINER_TRUNCATED')
  })

  test('politely when its version is newer, before anything else in it is judged', () => {
    const newer = changed((view) => {
      view.setUint32(60, 2, true)
      view.setUint16(8, 77, true)
    })
    expect(refusal(newer)).toMatchObject({
      code: 'CONTAINER_TOO_NEW',
      details: { path: 'a.moss', version: 2 },
    })
    expect(refusal(changed((view) => view.setUint32(60, 0, true))).code).toBe('CONTAINER_DAMAGED')
  })

  test.each([
    ['an unknown kind', (view: DataView) => view.setUint16(8, 8, true)],
    ['kind 0', (view: DataView) => view.setUint16(8, 0, true)],
    ['volume 2', (view: DataView) => view.setUint16(10, 2, true)],
    ['no head', (view: DataView) => view.setUint32(12, 0, true)],
    ['a head above its limit', (view: DataView) => view.setUint32(12, limits.headBytes + 1, true)],
    ['a head of 2^31', (view: DataView) => view.setUint32(12, 2 ** 31, true)],
    ['signatures of 2^31, as RAUC once took them', (view: DataView) => view.setUint32(16, 2 ** 31, true)],
    [
      'signatures above their limit',
      (view: DataView) => view.setUint32(16, limits.signaturesBytes + 1, true),
    ],
    ['signatures of 2^32 - 1', (view: DataView) => view.setUint32(16, 2 ** 32 - 1, true)],
    [
      'a volume of what has no frames',
      (view: DataView) => {
        view.setUint16(8, 3, true)
        view.setUint8(55, 1)
        view.setUint16(58, 2, true)
      },
    ],
    ['a byte that must be zero', (view: DataView) => view.setUint8(59, 1)],
  ])('for %s', (_, change) => {
    expect(refusal(changed(change))).toMatchObject({
      code: 'CONTAINER_DAMAGED',
      details: { part: 'prelude' },
    })
  })
})
