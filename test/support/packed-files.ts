// Gzip and zip files for tests, made field by field, so that every oddity of a header can be had.
import { concatBytes } from '../../src/base/bytes.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

export interface GzipParts {
  readonly packed: Uint8Array
  /** The byte that says how hard the maker tried; 2 is level 9, 4 is level 1. */
  readonly effort?: number
  readonly system?: number
  readonly extra?: Uint8Array
  readonly name?: string
  readonly comment?: string
  readonly hasHeaderCheck?: boolean
}

/** The trailer is not right: nothing here reads it. */
export function gzipFile(parts: GzipParts): Uint8Array {
  const { packed, effort = 2, system = 3, extra, name, comment, hasHeaderCheck = false } = parts
  const flags =
    Number(hasHeaderCheck) * 2 +
    Number(extra !== undefined) * 4 +
    Number(name !== undefined) * 8 +
    Number(comment !== undefined) * 16
  return concatBytes([
    Uint8Array.of(0x1f, 0x8b, 8, flags, 1, 2, 3, 4, effort, system),
    ...(extra === undefined ? [] : [Uint8Array.of(extra.length % 256, extra.length / 256), extra]),
    ...(name === undefined ? [] : [text(`${name}\0`)]),
    ...(comment === undefined ? [] : [text(`${comment}\0`)]),
    ...(hasHeaderCheck ? [Uint8Array.of(7, 7)] : []),
    packed,
    text('trailer.'),
  ])
}

export interface ZipEntry {
  readonly name: string
  readonly bytes: Uint8Array
  /** 8 is deflate, 0 none. */
  readonly method?: number
  readonly flags?: number
  /** In place of the true one, in the directory. */
  readonly packedBytes?: number
}

export function zipFile(entries: readonly ZipEntry[], comment = ''): Uint8Array {
  const locals: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const { name, bytes, method = 8, flags = 0, packedBytes = bytes.length } of entries) {
    const local = fields([
      [0x04034b50, 4],
      [20, 2],
      [flags, 2],
      [method, 2],
      ...[0, 0, 0, 0].map((value) => [value, 4] as const),
      [name.length, 2],
      [3, 2],
    ])
    directory.push(
      fields([
        [0x02014b50, 4],
        [20, 2],
        [20, 2],
        [flags, 2],
        [method, 2],
        [0, 4],
        [0, 4],
        [packedBytes, 4],
        [0, 4],
        [name.length, 2],
        ...[0, 0, 0, 0].map((value) => [value, 2] as const),
        [0, 4],
        [at, 4],
      ]),
      text(name),
    )
    const piece = concatBytes([local, text(`${name}abc`), bytes])
    locals.push(piece)
    at += piece.length
  }
  const listed = concatBytes(directory)
  const end = fields([
    [0x06054b50, 4],
    [0, 4],
    [entries.length, 2],
    [entries.length, 2],
    [listed.length, 4],
    [at, 4],
    [comment.length, 2],
  ])
  return concatBytes([...locals, listed, end, text(comment)])
}

function fields(values: readonly (readonly [value: number, sizeBytes: number])[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap(([value, sizeBytes]) =>
      Array.from({ length: sizeBytes }, (_, i) => Math.floor(value / 256 ** i) % 256),
    ),
  )
}
