// The bytes of a catalogue: a line that says what they are, the length of each column, then the columns, each from a
// multiple of four bytes. A column is numbers of 32 bits, little-endian, or text in UTF-8, or digests. So a catalogue is
// not decoded: its numbers are looked at where they lie. catalogue.ts says what each column means.
import { concatBytes, encodeUtf8, equalBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'

export const idBytes = 32

const magic = encodeUtf8('moss-catalogue 2\n\0\0\0')

/** Texts are two columns: where each ends, in UTF-16 units, and all of them together. */
const textNames = ['kinds', 'names', 'versions', 'architectures', 'summaries', 'folders'] as const
export type TextName = (typeof textNames)[number]

/** Lists are two columns: where each ends, and the items of all. */
const listNames = [
  'alternatives',
  'provides',
  'requires',
  'recommends',
  'conflicts',
  'replaces',
  'files',
] as const
export type ListName = (typeof listNames)[number]

const numberNames = [
  'kindEnds',
  'relationCapability',
  'relationOperator',
  'relationVersion',
  'packageName',
  'packageVersion',
  'packageScheme',
  'packageArchitecture',
  'packageSize',
  'providesVersion',
] as const
export type NumberName = (typeof numberNames)[number]

export type Numbers = Uint32Array<ArrayBuffer>

export interface Columns {
  readonly texts: Readonly<Record<TextName, { readonly ends: Numbers; readonly bytes: Uint8Array }>>
  readonly lists: Readonly<Record<ListName, { readonly ends: Numbers; readonly items: Numbers }>>
  readonly numbers: Readonly<Record<NumberName, Numbers>>
  /** Each with a slash after it, which no name has. */
  readonly fileNames: Uint8Array
  /** 32 bytes of each package. */
  readonly ids: Uint8Array
}

export function refuseCatalogue(problem: string): never {
  throw new MossError('SHAPE_INVALID', { part: 'catalogue', problem })
}

const padded = (length: number): number => Math.ceil(length / 4) * 4

export function writeColumns({ texts, lists, numbers, fileNames, ids }: Columns): Uint8Array {
  const columns = [
    ...textNames.flatMap((name) => [bytesOf(texts[name].ends), texts[name].bytes]),
    ...listNames.flatMap((name) => [bytesOf(lists[name].ends), bytesOf(lists[name].items)]),
    ...numberNames.map((name) => bytesOf(numbers[name])),
    fileNames,
    ids,
  ]
  const lengths = Uint32Array.from(columns, ({ length }) => length)
  return concatBytes([
    magic,
    bytesOf(lengths),
    ...columns.flatMap((column) => [column, new Uint8Array(padded(column.length) - column.length)]),
  ])
}

const columnCount = 2 * textNames.length + 2 * listNames.length + numberNames.length + 2

/** Views of `bytes`, or of a copy where those do not lie at a multiple of four. Throws SHAPE_INVALID. */
export function readColumns(bytes: Uint8Array): Columns {
  if (!equalBytes(bytes.subarray(0, magic.length), magic)) refuseCatalogue('it does not begin as one')
  const whole = bytes.byteOffset % 4 === 0 ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes)
  let at = magic.length + 4 * columnCount
  if (whole.length < at) refuseCatalogue('it is cut short')
  const lengths = numbersIn(whole.subarray(magic.length, at))
  let column = 0
  const next = (): Uint8Array<ArrayBuffer> => {
    const length = lengths[column++] as number
    if (length > whole.length - at) refuseCatalogue('it is cut short')
    at += padded(length)
    return whole.subarray(at - padded(length), at - padded(length) + length)
  }
  const columns: Columns = {
    texts: eachOf(textNames, () => ({ ends: numbersIn(next()), bytes: next() })),
    lists: eachOf(listNames, () => ({ ends: numbersIn(next()), items: numbersIn(next()) })),
    numbers: eachOf(numberNames, () => numbersIn(next())),
    fileNames: next(),
    ids: next(),
  }
  if (at !== whole.length) refuseCatalogue('it goes on after its end')
  return columns
}

function eachOf<Name extends string, T>(names: readonly Name[], make: () => T): Readonly<Record<Name, T>> {
  return Object.fromEntries(names.map((name) => [name, make()])) as Record<Name, T>
}

/** A machine with the other order of bytes is none that moss runs on. */
function numbersIn(bytes: Uint8Array<ArrayBuffer>): Numbers {
  if (bytes.length % 4 !== 0) refuseCatalogue('a column of numbers that ends inside one')
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}

const bytesOf = (numbers: Numbers): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
