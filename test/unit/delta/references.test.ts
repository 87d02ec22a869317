// What a program refers to is found, and told right after it has moved.
import { expect, test } from 'vitest'
import { decodeDelta } from '../../../src/delta/decode-delta.ts'
import { form } from '../../../src/delta/delta-forms.ts'
import { streamBytes } from '../../../src/delta/delta-streams.ts'
import { encodeDelta } from '../../../src/delta/encode-delta.ts'
import { findReferences } from '../../support/find-references.ts'
import { seededRandom } from '../../sim/random.ts'
import { elfProgram, type TestFunction } from '../../support/elf-program.ts'
import { knownBytes } from '../../support/known-bytes.ts'

/** Bytes that look like no instruction with a reference. */
const plainBody = (length: number, seed: number): Uint8Array =>
  knownBytes(length, seed).map((byte) => byte | (0xc0 & 0xd7))

function functionsOf(count: number): readonly TestFunction[] {
  const random = seededRandom(7)
  return Array.from({ length: count }, (_, index) => ({
    name: `function_${index}`,
    body: plainBody(40 + random.below(200), index + 1),
    calls: Array.from({ length: random.below(6) }, () => `function_${random.below(count)}`),
  }))
}

const before = functionsOf(400)
const added: TestFunction = { name: 'quite_new', body: plainBody(333, 999), calls: ['function_3'] }
const after = [...before.slice(0, 100), added, ...before.slice(100)]

for (const isRelocatable of [false, true]) {
  const kind = isRelocatable ? 'a relocatable file' : 'a program'
  const base = elfProgram(before, isRelocatable)
  const target = elfProgram(after, isRelocatable)

  test(`in ${kind} every call, symbol and pointer is a reference, in order and without overlap`, () => {
    const found = findReferences(base)
    const calls = before.reduce((sum, each) => sum + each.calls.length, 0)
    expect(found?.count).toBeGreaterThanOrEqual(calls + 3 * before.length - 2)
    for (let i = 1; i < found!.count; i++)
      expect(found!.fields[i]! - found!.fields[i - 1]!).toBeGreaterThanOrEqual(4)
  })

  test(`${kind} into which a function was put costs little more than that function`, () => {
    const streams = encodeDelta([{ base, target }])
    expect(streams.forms).toEqual(Uint8Array.of(form.references))
    const unknown = encodeDelta([{ base: base.with(0, 0), target: target.with(0, 0) }])
    expect(unknown.forms).toEqual(Uint8Array.of(form.plain))
    expect(10 * streams.differences.length).toBeLessThan(unknown.differences.length)
    expect(streamBytes(streams)).toBeLessThan(1500)
    const plain = decodeDelta({ streams, bases: [base], plainBytes: target.length, part: 'a test' })
    expect(Buffer.compare(plain, target)).toBe(0)
  })
}

test('a file that only looks like a program has no references, or some, but does no harm', () => {
  const random = seededRandom(11)
  const program = elfProgram(before.slice(0, 30))
  for (let round = 0; round < 1000; round++) {
    const bytes = program.slice(0, random.below(4) === 0 ? random.below(program.length) : program.length)
    const tableAt = program.length - 7 * 64
    for (let change = random.below(6); change >= 0 && bytes.length > 0; change--)
      bytes[(random.below(2) === 0 ? random.below(64) : tableAt + random.below(7 * 64)) % bytes.length] =
        random.pick([0, 1, 2, 4, 0x7f, 0xff, random.below(256)])
    const found = findReferences(bytes)
    if (found === undefined) continue
    for (let i = 0; i < found.count; i++) {
      expect(found.fields[i]! + 4).toBeLessThanOrEqual(bytes.length)
      if (i > 0) expect(found.fields[i]).toBeGreaterThanOrEqual(found.fields[i - 1]! + 4)
    }
    const streams = encodeDelta([{ base: bytes, target: program }])
    const plain = decodeDelta({ streams, bases: [bytes], plainBytes: program.length, part: 'a test' })
    expect(Buffer.compare(plain, program)).toBe(0)
  }
})

/** Byte after byte, as man/moss-bundle.5 says it: offsets of the fields in the code, which is section 1. */
function plainlyFound(program: Uint8Array): readonly number[] {
  const view = new DataView(program.buffer)
  const sections = Array.from({ length: 7 }, (_, section) => {
    const at = program.length - (7 - section) * 64
    const number = (offset: number): number => Number(view.getBigUint64(at + offset, true))
    const [flags, start, offset, size] = [number(8), number(16), number(24), number(32)]
    return { flags, start, offset, end: start + size, size }
  })
  const isAt = (address: number, flag: number): boolean =>
    sections.some(
      ({ flags, start, end }) =>
        (flags & 2) !== 0 && (flags & flag) === flag && address >= start && address < end,
    )
  const { start, offset, size } = sections[1]!
  const found: number[] = []
  for (let at = offset; at < offset + size - 5; at++) {
    const byte = program[at]!
    const isLong = byte === 0x0f && (program[at + 1]! & 0xf0) === 0x80
    if (!isLong && (byte & 0xc7) !== 0x05 && (byte & 0xfe) !== 0xe8) continue
    const field = at + (isLong ? 2 : 1)
    const address = field - offset + start + 4 + view.getInt32(field, true)
    if (!isAt(address, (byte & 0xc7) === 0x05 ? 2 : 4)) continue
    found.push(field)
    at = field + 3
  }
  return found
}

/** The code, or what is loaded beside it, so that operands reach from the one to the other by numbers of any highest byte. */
function moveFarAway(program: Uint8Array, address: number, isCode: boolean): void {
  const view = new DataView(program.buffer)
  const headerOf = (section: number): number => program.length - (7 - section) * 64
  const isLoaded = (section: number): boolean => (view.getUint32(headerOf(section) + 8, true) & 2) !== 0
  const data = headerOf([2, 3, 4, 5, 6].find(isLoaded)!)
  view.setBigUint64((isCode ? headerOf(1) : data) + 16, BigInt(address), true)
  // Long, and without bytes: nothing in it is looked at.
  view.setUint32(data + 4, 8, true)
  view.setBigUint64(data + 32, 2n ** 25n, true)
}

test('in long code that is full of what may begin a reference, none is missed and none invented', () => {
  const starts = [0x05, 0x0d, 0xe8, 0xe9, 0x0f]
  const near = [0, 0, 0, 1, 2, 0x80, 0xff]
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed)
    const body = new Uint8Array(420_000 + random.below(64))
    for (let at = 0; at < body.length; at++)
      body[at] =
        random.below(3) === 0 ? random.pick(starts) : seed % 2 === 0 ? random.below(256) : random.pick(near)
    const program = elfProgram([{ name: 'long', body, calls: [] }])
    if (seed % 2 === 0)
      moveFarAway(program, 2 ** 24 * (3 + random.below(120)) + random.below(2 ** 24), seed % 4 === 2)
    const references = findReferences(program)!
    const isInCode = (field: number): boolean => references.kinds[field]?.origin === 'field'
    const found = [...references.fields].filter((_, i) => isInCode(references.kindOf[i]!))
    const expected = plainlyFound(program)
    expect(expected.length).toBeGreaterThan(seed % 2 === 0 ? 100 : 10_000)
    expect(found).toEqual(expected)
  }
})

test('nothing points into a section without bytes as into a table, or into one of no type', () => {
  const program = elfProgram(before.slice(0, 30))
  const view = new DataView(program.buffer)
  const headerOf = (section: number): number => program.length - (7 - section) * 64
  const [none, code, strings] = [0, 1, 3].map(headerOf) as [number, number, number]
  const fromNames = (): number => {
    const found = findReferences(program)!
    const origin = Number(view.getBigUint64(strings + 0x18, true))
    const kinds = found.kindOf.subarray(0, found.count)
    return kinds.filter((kind) => found.kinds[kind]!.origin === origin).length
  }
  expect(fromNames()).toBe(30)
  view.setUint32(strings + 4, 8, true)
  view.setBigUint64(strings + 0x20, 2n ** 32n, true)
  expect(fromNames()).toBe(0)

  const targets = (): readonly number[] => {
    const { count, targets: found } = findReferences(program)!
    return [...found.subarray(0, count)]
  }
  const withCode = targets().length
  program.copyWithin(none + 8, code + 8, code + 0x28)
  view.setUint32(code + 8, 4, true)
  expect(targets().length).toBeLessThan(withCode / 2)
})

test('references of a base that has none are refused', () => {
  const streams = encodeDelta([{ base: elfProgram(before), target: elfProgram(after) }])
  const decode = () =>
    decodeDelta({
      streams,
      bases: [knownBytes(500_000)],
      plainBytes: elfProgram(after).length,
      part: 'frame 3',
    })
  expect(decode).toThrow(expect.objectContaining({ code: 'CONTAINER_DAMAGED' }))
})
