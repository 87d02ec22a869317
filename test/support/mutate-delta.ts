// Damages a delta as a stick or a liar might: its streams, its stored bytes, or its bases. Each way is one that some check
// of the decoders stands against, and most of what comes out is still nearly right. The seed decides everything.
import { concatBytes } from '../../src/base/bytes.ts'
import { type DeltaStreams, streamNames, StreamWriter } from '../../src/delta/delta-streams.ts'
import type { Random } from '../sim/random.ts'

type Mutation = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array

/** Numbers that are too large, too long, or end where the number after them should begin. */
const numbers = [
  [0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xfe, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0x3f],
  [0x80, 0x80, 0x80, 0x20],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0x80, 0x80, 0x00],
  [0x80],
  [0],
]

const place = (random: Random, bytes: Uint8Array): number => random.below(bytes.length + 1)
const fewBytes = (random: Random): Uint8Array =>
  Uint8Array.from({ length: 1 + random.below(8) }, () =>
    random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]),
  )
const replaced = (bytes: Uint8Array, at: number, by: Uint8Array, removed: number): Uint8Array =>
  concatBytes([bytes.subarray(0, at), by, bytes.subarray(Math.min(bytes.length, at + removed))])

const flip: Mutation = (random, bytes) => {
  const flipped = bytes.slice()
  for (let count = random.pick([1, 1, 1, 2, 9]); count > 0 && bytes.length > 0; count--)
    flipped[random.below(bytes.length)]! ^= 2 ** random.below(8)
  return flipped
}
const setByte: Mutation = (random, bytes) =>
  replaced(bytes, place(random, bytes), fewBytes(random).subarray(0, 1), 1)
const remove: Mutation = (random, bytes) =>
  replaced(bytes, place(random, bytes), new Uint8Array(0), 1 + random.below(8))
const insert: Mutation = (random, bytes) => replaced(bytes, place(random, bytes), fewBytes(random), 0)
const cutShort: Mutation = (random, bytes) => bytes.slice(0, place(random, bytes))
const repeat: Mutation = (random, bytes) => {
  const at = place(random, bytes)
  return replaced(bytes, at, bytes.subarray(at, at + 1 + random.below(30)), 0)
}
const splice: Mutation = (random, bytes, other) =>
  concatBytes([bytes.subarray(0, place(random, bytes)), other.subarray(place(random, other))])
const exchange: Mutation = (_random, _bytes, other) => other.slice()
const number: Mutation = (random, bytes) =>
  replaced(bytes, place(random, bytes), Uint8Array.from(random.pick(numbers)), random.below(4))

function numbersOf(bytes: Uint8Array): number[] {
  const found: number[] = []
  let value = 0
  let factor = 1
  for (const byte of bytes) {
    value += (byte % 128) * factor
    factor *= 128
    if (byte >= 128 && factor < 2 ** 35) continue
    found.push(value)
    value = 0
    factor = 1
  }
  return found
}

function bytesOf(values: readonly number[]): Uint8Array {
  const writer = new StreamWriter()
  for (const value of values) writer.number(Math.min(2 ** 35 - 1, Math.max(0, value)))
  return writer.finish()
}

/** A number is a little more or less, doubled, or one that stands elsewhere. */
const renumber: Mutation = (random, bytes) => {
  const values = numbersOf(bytes)
  const which = random.below(values.length)
  const value = values[which] ?? 0
  const changes = [
    value + 1,
    value - 1,
    value + 2,
    value - 2,
    2 * value,
    value + random.below(600),
    random.pick(values) ?? 0,
  ]
  if (values.length > 0) values[which] = random.pick(changes)
  return bytesOf(values)
}
/** What one number loses another gains: sums stay right, so that such a list is read to its end. */
const shift: Mutation = (random, bytes) => {
  const values = numbersOf(bytes)
  if (values.length < 2) return bytes
  const from = random.below(values.length)
  const to = (from + random.pick([1, 2, 3, random.below(values.length)])) % values.length
  const moved = Math.min(
    values[from]!,
    random.pick([1, 2, random.below(40), random.below(1 + values[from]!)]),
  )
  values[from]! -= moved
  values[to]! += moved
  return bytesOf(values)
}

const mutations: readonly Mutation[] = [
  flip,
  flip,
  setByte,
  setByte,
  remove,
  insert,
  cutShort,
  repeat,
  splice,
  number,
  number,
  renumber,
  renumber,
  shift,
  shift,
]

/** One to three of its streams, or places in them, are other; `other` is what parts come from. */
export function mutateStreams(random: Random, streams: DeltaStreams, other: DeltaStreams): DeltaStreams {
  const filled = streamNames.filter((name) => streams[name].length > 0)
  let mutated = streams
  for (let count = random.pick([1, 1, 2, 3]); count > 0; count--) {
    const name = random.below(8) === 0 || filled.length === 0 ? random.pick(streamNames) : random.pick(filled)
    const kind = random.below(24)
    if (kind === 0) {
      const second = random.pick(streamNames)
      mutated = { ...mutated, [name]: mutated[second], [second]: mutated[name] }
    } else if (kind === 1) mutated = { ...mutated, [name]: exchange(random, mutated[name], other[name]) }
    else mutated = { ...mutated, [name]: random.pick(mutations)(random, mutated[name], other[name]) }
  }
  return mutated
}

const sizeFields = 2 * streamNames.length

/** The header's sizes, or any byte, of a stored frame; half of the time somewhere behind the header. */
export function mutateStored(random: Random, stored: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.below(3) === 0) return mutateHeader(random, stored.slice())
  if (random.below(2) === 0) return random.pick(mutations)(random, stored, other)
  const headerBytes = 4 * sizeFields
  const body = random.pick([flip, flip, setByte])(random, stored.subarray(headerBytes), other)
  return concatBytes([stored.subarray(0, headerBytes), body])
}

function mutateHeader(random: Random, stored: Uint8Array): Uint8Array {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.length)
  const field = (): number => 4 * random.below(sizeFields)
  for (let count = random.pick([1, 1, 2]); count > 0; count--) {
    const at = field()
    const value = view.getUint32(at, true)
    const to = field()
    const values = [0, 1, 0xffff_ffff, 0x0180_0000, view.getUint32(to, true), random.below(2 ** 32)]
    view.setUint32(
      at,
      random.below(2) === 0 ? value + random.pick([-1, 1, 2, -7]) : random.pick(values),
      true,
    )
    // Sizes that still fill the frame, but another way.
    if (random.below(3) === 0)
      view.setUint32(to, view.getUint32(to, true) + value - view.getUint32(at, true), true)
  }
  return stored
}

/** Another file, or the same with a few bytes other, or shorter. */
export function mutateBase(random: Random, base: Uint8Array, other: Uint8Array): Uint8Array {
  return random.pick([flip, setByte, remove, insert, cutShort, exchange, splice])(random, base, other)
}
