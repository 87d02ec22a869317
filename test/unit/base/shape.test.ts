import { describe, expect, test } from 'vitest'
import type { CborValue } from '../../../src/base/cbor.ts'
import { isMossError } from '../../../src/base/error.ts'
import {
  boolean,
  bytes,
  dictionary,
  digest,
  integer,
  list,
  oneOf,
  optional,
  record,
  type Shape,
  text,
} from '../../../src/base/shape.ts'

/** Where and why a value is refused. */
function refusal(shape: Shape<unknown>, value: unknown): string {
  try {
    shape(value as CborValue, 'head')
    return 'accepted'
  } catch (error) {
    if (!isMossError(error, 'SHAPE_INVALID')) throw error
    return `${error.details.part}: ${error.details.problem}`
  }
}

const host = record({ id: text(16, 1), serial: integer(), pinned: optional(boolean) })
const head = record({
  kind: oneOf('bundle', 'state'),
  hosts: list(host, 3),
  marks: optional(dictionary(integer())),
})

describe('a shape', () => {
  test('gives the typed value of what it describes, without the optional fields that are absent', () => {
    const value = {
      kind: 'bundle',
      hosts: [
        { id: 'a', serial: 1, pinned: true },
        { id: 'b', serial: 2 },
      ],
    }
    const read = head(value, 'head')
    expect(read).toEqual(value)
    expect('marks' in read).toBe(false)
    expect('pinned' in (read.hosts[1] as object)).toBe(false)
  })

  test.each<readonly [string, Shape<unknown>, unknown, string]>([
    ['an unknown field', head, { kind: 'state', hosts: [], extra: 1 }, 'head.extra: unknown field'],
    ['a missing field', head, { hosts: [] }, 'head.kind: expected one of bundle, state'],
    ['a missing list', head, { kind: 'state' }, 'head.hosts: expected a list'],
    [
      'the place within',
      head,
      { kind: 'state', hosts: [{ id: '', serial: 1 }] },
      'head.hosts[0].id: expected text of 1 to 16 characters',
    ],
    ['too many items', head, { kind: 'state', hosts: [0, 0, 0, 0] }, 'head.hosts: more than 3 items'],
    ['a list for a map', head, [], 'head: expected a map'],
    ['bytes for a map', head, new Uint8Array(1), 'head: expected a map'],
    ['null for a map', head, null, 'head: expected a map'],
    ['nothing for a map', head, undefined, 'head: missing'],
    ['a map for a list', list(integer()), {}, 'head: expected a list'],
    ['text for a number', integer(), '1', 'head: expected a whole number from 0 to 9007199254740991'],
    ['a number that is too small', integer(1, 2), 0, 'head: expected a whole number from 1 to 2'],
    ['a number that is too great', integer(1, 2), 3, 'head: expected a whole number from 1 to 2'],
    ['half a number', integer(0, 2), 0.5, 'head: expected a whole number from 0 to 2'],
    ['text that is too long', text(2), 'abc', 'head: expected text of 0 to 2 characters'],
    ['a choice by another type', oneOf('a'), 1, 'head: expected one of a'],
    ['a number for a truth', boolean, 1, 'head: expected true or false'],
    ['bytes of another length', bytes(4, 4), new Uint8Array(3), 'head: expected 4 bytes'],
    ['too many bytes', bytes(4), new Uint8Array(5), 'head: expected 0 to 4 bytes'],
    ['a digest of 31 bytes', digest(), new Uint8Array(31), 'head: expected 32 bytes'],
    [
      'a wrong entry of a dictionary',
      dictionary(integer()),
      { a: 1, b: 'x' },
      'head.b: expected a whole number from 0 to 9007199254740991',
    ],
    ['a dictionary that is too large', dictionary(integer(), 1), { a: 1, b: 2 }, 'head: more than 1 entries'],
  ])('refuses %s and says where', (_, shape, value, problem) => {
    expect(refusal(shape, value)).toBe(problem)
  })

  test('never takes a field from what every object inherits', () => {
    expect(refusal(record({ constructor: boolean, toString: boolean }), {})).not.toBe('accepted')
    expect(Object.keys(record({ toString: optional(boolean) })({}, 'head'))).toEqual([])
    expect(refusal(record({}), { toString: 1 })).toBe('head.toString: unknown field')
  })

  test('gives digests as 64 lower-case digits', () => {
    expect(digest()(new Uint8Array(32).fill(0xab), 'head')).toBe('ab'.repeat(32))
  })
})
