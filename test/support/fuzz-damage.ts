// Run by a test as a process of its own: hands one reader many damaged inputs and says how that went, as one line of JSON.
// Each input is a valid one changed as a liar or a bad stick would: bits, bytes, numbers at their limits, parts left out,
// repeated or taken from another; and for CBOR well-formed with another value in it. The seed decides everything.
import { concatBytes } from '../../src/base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../src/base/cbor.ts'
import { type Random, seededRandom } from '../sim/random.ts'
import { isRefusal, readerOf } from './fuzz-readers.ts'

const few = [0, 1, 0x7f, 0x80, 0xff]
const numbers = [
  0,
  1,
  23,
  24,
  255,
  256,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
]

function damaged(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1)
  const length = 1 + random.below(random.pick([2, 9, 70]))
  const changed = bytes.slice()
  const view = new DataView(changed.buffer, changed.byteOffset, changed.length)
  switch (random.below(9)) {
    case 0:
      for (let n = random.pick([1, 1, 2, 8]); n > 0 && bytes.length > 0; n--)
        changed[random.below(bytes.length)]! ^= 1 << random.below(8)
      return changed
    case 1:
      if (at < bytes.length) changed[at] = random.pick([...few, random.below(256)])
      return changed
    case 2:
      if (at + 8 <= bytes.length) view.setBigUint64(at, BigInt(random.pick(numbers)), random.below(2) === 0)
      return changed
    case 3:
      if (at + 4 <= bytes.length) view.setUint32(at, random.pick(numbers) % 2 ** 32, random.below(2) === 0)
      return changed
    case 4:
      return bytes.slice(0, at)
    case 5:
      return concatBytes([bytes.subarray(0, at), bytes.subarray(at + length)])
    case 6:
      return concatBytes([bytes.subarray(0, at + length), bytes.subarray(at)])
    case 7:
      return concatBytes([
        bytes.subarray(0, at),
        Uint8Array.from({ length }, () => random.below(256)),
        bytes.subarray(at),
      ])
    default:
      return concatBytes([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))])
  }
}

/** A value with its encoding, and those of its parts: what is changed in one part is then not encoded again as a whole. */
interface Item {
  readonly value: CborValue
  readonly bytes: Uint8Array
  /** Of a list that is not empty. */
  readonly items?: readonly Item[]
  /** Of a map. */
  readonly entries?: readonly Entry[]
}

interface Entry {
  readonly key: string
  readonly keyBytes: Uint8Array
  readonly item: Item
}

function itemOf(value: CborValue): Item {
  const item = { value, bytes: encodeCbor(value) }
  if (Array.isArray(value) && value.length > 0)
    return { ...item, items: (value as readonly CborValue[]).map((each) => itemOf(each)) }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || Array.isArray(value))
    return item
  const entries = Object.entries(value as Readonly<Record<string, CborValue>>)
  return {
    ...item,
    entries: inOrder(entries.map(([key, each]) => ({ key, keyBytes: encodeCbor(key), item: itemOf(each) }))),
  }
}

/** Of keys that are ASCII. */
const inOrder = (entries: readonly Entry[]): readonly Entry[] =>
  entries.toSorted((a, b) => a.key.length - b.key.length || (a.key < b.key ? -1 : 1))

function encodedMap(entries: readonly Entry[]): Uint8Array {
  if (entries.length > 23) throw new Error('a seed has a map of more entries than one byte counts')
  return concatBytes([
    Uint8Array.of(0xa0 + entries.length),
    ...entries.flatMap(({ keyBytes, item }) => [keyBytes, item.bytes]),
  ])
}

/** The bytes of the whole with another part in place of one that ends `after` bytes before their end. */
const withPart = (whole: Uint8Array, part: Item, other: Uint8Array, after: number): Uint8Array =>
  concatBytes([
    whole.subarray(0, whole.length - after - part.bytes.length),
    other,
    whole.subarray(whole.length - after),
  ])

/** Well-formed still: some value in it is another. */
function otherItem({ value, bytes, items, entries }: Item, random: Random): Uint8Array {
  if (items !== undefined && random.below(4) > 0) {
    const at = random.below(items.length)
    const item = items[at]!
    let after = 0
    for (let n = at + 1; n < items.length; n++) after += items[n]!.bytes.length
    return withPart(bytes, item, otherItem(item, random), after)
  }
  if (entries !== undefined) {
    const at = random.below(entries.length)
    const chosen = entries[at]
    if (chosen === undefined) return encodeCbor({ more: 1 })
    const { key, item } = chosen
    const how = random.below(8)
    if (how === 0) return encodedMap(entries.filter((entry) => entry !== chosen))
    if (how === 1) {
      const more = `${key}x`
      if (entries.some((entry) => entry.key === more)) return bytes
      return encodedMap(inOrder([...entries, { key: more, keyBytes: encodeCbor(more), item }]))
    }
    let after = 0
    for (let n = at + 1; n < entries.length; n++)
      after += entries[n]!.keyBytes.length + entries[n]!.item.bytes.length
    return withPart(bytes, item, otherItem(item, random), after)
  }
  return encodeCbor(
    random.pick<CborValue>([
      random.pick(numbers),
      -1,
      true,
      null,
      '',
      'x'.repeat(random.below(300)),
      '../..',
      '\u202e',
      [],
      {},
      new Uint8Array(random.below(40)),
      [value, value],
      { value },
    ]),
  )
}

// Errors are what comes out as a rule: their stacks would take longer than the reading.
Error.stackTraceLimit = 0

const [name = '', count = '0', seed = '1'] = process.argv.slice(2)
const { seeds, isCbor = false } = await readerOf(name)
const random = seededRandom(Number(seed))
/** Of CBOR half of the inputs are made from them. */
const items = isCbor ? seeds.map(({ bytes }) => itemOf(decodeCbor(bytes, 'seed'))) : []
const failures: string[] = []
const slowMs = 1000
let refused = 0
const started = performance.now()
for (let n = 0; n < Number(count) && failures.length < 5; n++) {
  const chosen = random.below(seeds.length)
  const { bytes: valid, read } = seeds[chosen]!
  const item = items[chosen]
  const bytes =
    item !== undefined && random.below(2) === 0
      ? otherItem(item, random)
      : damaged(valid, random.pick(seeds).bytes, random)
  const before = n % 64 === 0 ? performance.now() : 0
  try {
    const result = read(bytes)
    if (result instanceof Promise) await result
  } catch (error) {
    if (isRefusal(error)) refused++
    else
      failures.push(
        `input ${n}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`.slice(
          0,
          600,
        ),
      )
  }
  if (before > 0 && performance.now() - before > slowMs)
    failures.push(`input ${n} took more than ${slowMs} ms`)
}

const seconds = (performance.now() - started) / 1000
const peakBytes = process.resourceUsage().maxRSS * 1024
console.log(
  JSON.stringify({
    inputs: Number(count),
    refused,
    perSecond: Math.round(Number(count) / seconds),
    peakBytes,
    failures,
  }),
)
