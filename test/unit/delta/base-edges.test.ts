// A decoder reads its base up to the last byte, and nothing beside it: whether the base is in memory whole, as short ones
// are, or is asked for in pages.
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { isMossError } from '../../../src/base/error.ts'
import { decodePieces } from '../../../src/delta/decode-delta.ts'
import { form } from '../../../src/delta/delta-forms.ts'
import { StreamWriter } from '../../../src/delta/delta-streams.ts'
import { encodeDelta } from '../../../src/delta/encode-delta.ts'
import { seededRandom } from '../../sim/random.ts'
import { programPair } from '../../support/delta-pairs.ts'
import { elfFile } from '../../support/elf-file.ts'
import { findReferences } from '../../support/find-references.ts'
import { knownBytes } from '../../support/known-bytes.ts'
import { strictBase } from '../../support/strict-base.ts'

const pageBytes = 64 * 1024
const slots = 256
const none = new Uint8Array(0)

interface Segment {
  /** From the end of the segment before. */
  readonly seek: number
  readonly copied: number
}

interface Reads {
  readonly base: Uint8Array
  /** 0: in pages. */
  readonly heldBytes?: number
}

/** A file of these segments, no byte of which differs; undefined if it is refused. */
function made(segments: readonly Segment[], { base, heldBytes }: Reads): Uint8Array | undefined {
  const [control, seeks] = [new StreamWriter(), new StreamWriter()]
  const plainBytes = segments.reduce((sum, { copied }) => sum + copied, 0)
  control.number(plainBytes)
  for (const { seek, copied } of segments) {
    seeks.number(seek < 0 ? -2 * seek - 1 : 2 * seek)
    control.number(copied)
    control.number(0)
  }
  const streams = {
    forms: Uint8Array.of(form.plain),
    control: control.finish(),
    seeks: seeks.finish(),
    gaps: none,
    runs: none,
    differences: none,
    extra: none,
  }
  const input = { streams, plainBytes, part: 'a frame', ...(heldBytes !== undefined && { heldBytes }) }
  try {
    return concatBytes(Array.from(decodePieces(input, [strictBase(base)]), (piece) => piece.slice()))
  } catch (error) {
    if (isMossError(error, 'CONTAINER_DAMAGED')) return undefined
    throw error
  }
}

describe.each([
  ['held whole', undefined],
  ['read in pages', 0],
])('a base that is %s', (_, heldBytes) => {
  const how = heldBytes === undefined ? {} : { heldBytes }

  test.each([1, 5000, pageBytes - 1, pageBytes, pageBytes + 1, 3 * pageBytes + 7])(
    'gives its last of %d bytes, and no byte before the first or behind the last',
    (length) => {
      const base = knownBytes(length, length)
      const of = (...segments: readonly Segment[]) => made(segments, { base, ...how })
      const last = base.subarray(-1)
      expect(of({ seek: 0, copied: length })).toEqual(base)
      expect(of({ seek: length - 1, copied: 1 })).toEqual(last)
      expect(of({ seek: length, copied: 0 }, { seek: -1, copied: 1 })).toEqual(last)
      expect(of({ seek: length, copied: 0 }, { seek: -length, copied: length })).toEqual(base)
      expect(of({ seek: 0, copied: length + 1 })).toBeUndefined()
      expect(of({ seek: 1, copied: length })).toBeUndefined()
      expect(of({ seek: length, copied: 1 })).toBeUndefined()
      expect(of({ seek: length + 1, copied: 0 }, { seek: -1, copied: 1 })).toBeUndefined()
      expect(of({ seek: -1, copied: 1 })).toBeUndefined()
      expect(of({ seek: 0, copied: length }, { seek: -length - 1, copied: 1 })).toBeUndefined()
    },
  )

  test('that is empty gives nothing', () => {
    expect(made([{ seek: 0, copied: 1 }], { base: none, ...how })).toBeUndefined()
    expect(made([{ seek: -1, copied: 1 }], { base: none, ...how })).toBeUndefined()
  })

  test('has the references of a program as far as its tables lie in it, and no further', () => {
    const { base } = programPair(seededRandom(5), 3000)
    expect(base.length).toBeGreaterThan(pageBytes)
    expect(findReferences(base, heldBytes)?.count).toBeGreaterThan(1000)
    const view = new DataView(base.buffer, base.byteOffset)
    const [tableAt, count] = [view.getUint32(0x28, true), view.getUint16(0x3c, true)]
    expect(tableAt + 64 * count).toBe(base.length)
    view.setUint16(0x3c, count + 1, true)
    expect(findReferences(base, heldBytes)).toBeUndefined()
    view.setUint16(0x3c, count, true)
    view.setUint32(0x28, tableAt + 1, true)
    expect(findReferences(base, heldBytes)).toBeUndefined()
  })

  test('has sections up to its last byte, and names, and none beyond', () => {
    // Calls of what follows them.
    const bytes = Uint8Array.from({ length: pageBytes + 100 }, (_byte, at) => (at % 5 === 0 ? 0xe8 : 0))
    const base = elfFile([{ name: '.text', type: 1, flags: 6, bytes }])
    const view = new DataView(base.buffer)
    const [codeAt, namesAt] = [1, 2].map((section) => view.getUint32(0x28, true) + 64 * section)
    const setSize = (at: number, sizeBytes: number) => view.setUint32(at + 0x20, sizeBytes, true)
    const toEnd = (at: number): number => base.length - view.getUint32(at + 0x18, true)
    setSize(codeAt!, toEnd(codeAt!))
    setSize(namesAt!, toEnd(namesAt!))
    expect(findReferences(base, heldBytes)?.count).toBeGreaterThan(100)
    for (const at of [codeAt!, namesAt!]) {
      setSize(at, toEnd(at) + 1)
      expect(findReferences(base, heldBytes)).toBeUndefined()
      setSize(at, toEnd(at))
    }
    // Of a section of no type nothing is asked; if its names are not there, there are none.
    view.setUint32(namesAt! + 4, 0, true)
    setSize(namesAt!, toEnd(namesAt!) + 1)
    expect(findReferences(base, heldBytes)?.count).toBeGreaterThan(100)
  })
})

test('a base of more pages than are kept gives the right ones, as one that is held does', () => {
  const base = knownBytes((slots + 3) * pageBytes + 11, 9)
  const far = slots * pageBytes
  const segments = [
    { seek: 0, copied: 100 },
    { seek: far - 100, copied: 2 * pageBytes },
    { seek: -far - 2 * pageBytes, copied: pageBytes + 5 },
    { seek: base.length - pageBytes - 15, copied: 10 },
  ]
  const [inPages, held] = [{}, { heldBytes: base.length }].map((how) => made(segments, { base, ...how }))
  const parts = [base.subarray(0, 100), base.subarray(far, far + 2 * pageBytes)]
  const right = concatBytes([...parts, base.subarray(0, pageBytes + 5), base.subarray(-10)])
  expect(Buffer.compare(inPages ?? none, right)).toBe(0)
  expect(Buffer.compare(held ?? none, right)).toBe(0)
})

test('programs with references are made from a base in pages as from one that is held', () => {
  for (const seed of [1, 2, 3, 4]) {
    const { base, target } = programPair(seededRandom(seed), 4000)
    expect(base.length).toBeGreaterThan(2 * pageBytes)
    const streams = encodeDelta([{ base, target }])
    expect(streams.forms[0]).toBe(form.references)
    expect(findReferences(base, 0)).toEqual(findReferences(base))
    for (const how of [{}, { heldBytes: 0 }]) {
      const input = { streams, plainBytes: target.length, part: 'a frame', ...how }
      const pieces = Array.from(decodePieces(input, [strictBase(base)]), (piece) => piece.slice())
      expect(Buffer.compare(concatBytes(pieces), target)).toBe(0)
    }
  }
})
