// Foreign packages made by hand, so that tests can make wrong ones: tar entries, ar files, whole .debs.
import { gzipSync } from 'node:zlib'

export interface TarPart {
  readonly name: string | Uint8Array
  readonly kind?: string
  readonly body?: string | Uint8Array
  readonly target?: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly modified?: number
  /** Instead of the body's size. */
  readonly size?: number
}

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? Buffer.from(text) : text

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`

/** One entry: header, body, padding. */
export function tarEntry(part: TarPart): Uint8Array {
  const body = bytesOf(part.body ?? '')
  const header = Buffer.alloc(512)
  header.set(bytesOf(part.name).subarray(0, 100), 0)
  header.write(octal(part.mode ?? 0o644, 8), 100, 'latin1')
  header.write(octal(part.uid ?? 0, 8), 108, 'latin1')
  header.write(octal(part.gid ?? 0, 8), 116, 'latin1')
  header.write(octal(part.size ?? body.length, 12), 124, 'latin1')
  header.write(octal(part.modified ?? 1_700_000_000, 12), 136, 'latin1')
  header.write(part.kind ?? '0', 156, 'latin1')
  header.write(part.target ?? '', 157, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  return Buffer.concat([withSum(header), body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

export function withSum(header: Buffer): Buffer {
  header.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of header) sum += byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

export const tarOf = (parts: readonly (TarPart | Uint8Array)[]): Uint8Array =>
  Buffer.concat([
    ...parts.map((part) => (part instanceof Uint8Array ? part : tarEntry(part))),
    Buffer.alloc(1024),
  ])

export const paxRecord = (key: string, value: string | Uint8Array): Uint8Array => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), bytesOf(value), Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

export interface ArPart {
  readonly name: string
  readonly bytes: Uint8Array
}

export const arOf = (parts: readonly ArPart[]): Uint8Array =>
  Buffer.concat([
    Buffer.from('!<arch>\n'),
    ...parts.flatMap(({ name, bytes }) => [
      Buffer.from(
        `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`,
        'latin1',
      ),
      bytes,
      Buffer.alloc(bytes.length % 2, '\n'),
    ]),
  ])

export const plainControl = `Package: tide
Version: 1.0-1
Architecture: amd64
Maintainer: Nobody <nobody@example.org>
Description: reads tide tables
 And says when to sail.
`

/** Compressed with gzip, from which every other way differs in the decompressor alone. */
export const debOf = (
  data: readonly (TarPart | Uint8Array)[],
  control: Readonly<Record<string, string>> = { control: plainControl },
): Uint8Array =>
  arOf([
    { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
    {
      name: 'control.tar.gz',
      bytes: gzipSync(tarOf(Object.entries(control).map(([name, body]) => ({ name: `./${name}`, body })))),
    },
    { name: 'data.tar.gz', bytes: gzipSync(tarOf(data)) },
  ])

/** A 64-bit little-endian library of so many bytes; its dynamic section and strings stand where told. */
export function elfLibrary(options: {
  readonly soname?: string
  /** One library. */
  readonly needed?: string
  readonly bits?: 32 | 64
  readonly isLittle?: boolean
  readonly dynamicAt?: number
  readonly stringsAt?: number
  readonly sizeBytes?: number
}): Uint8Array {
  const {
    soname,
    needed,
    bits = 64,
    isLittle = true,
    dynamicAt = 1024,
    stringsAt = 512,
    sizeBytes = 4096,
  } = options
  const file = new Uint8Array(sizeBytes)
  const view = new DataView(file.buffer)
  const half = (at: number, value: number): void => view.setUint16(at, value, isLittle)
  const word = (at: number, value: number): void => view.setUint32(at, value, isLittle)
  const long = (at: number, value: number): void =>
    bits === 64 ? view.setBigUint64(at, BigInt(value), isLittle) : word(at, value)
  const wide = bits === 64
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, isLittle ? 1 : 2, 1])
  half(16, 3)
  half(18, wide ? 62 : 3)
  const table = wide ? 64 : 52
  const each = wide ? 56 : 32
  long(wide ? 32 : 28, table)
  half(wide ? 54 : 42, each)
  half(wide ? 56 : 44, 2)
  // Addresses differ from offsets by a page, as they do in most libraries.
  const segments = [
    { type: 1, offset: 0, address: 0x1000, size: sizeBytes },
    {
      type: 2,
      offset: dynamicAt,
      address: 0x1000 + dynamicAt,
      size: (bits / 8) * (needed === undefined ? 6 : 8),
    },
  ]
  segments.forEach(({ type, offset, address, size }, index) => {
    const at = table + index * each
    word(at, type)
    long(at + (wide ? 8 : 4), offset)
    long(at + (wide ? 16 : 8), address)
    long(at + (wide ? 32 : 16), size)
  })
  const tags = [
    ...(soname === undefined ? [] : [14, 1]),
    ...(needed === undefined ? [] : [1, 2 + (soname?.length ?? 0)]),
  ]
  const dynamic = [5, 0x1000 + stringsAt, ...tags, 0, 0]
  dynamic.forEach((value, index) => long(dynamicAt + (index * bits) / 8, value))
  if (soname !== undefined || needed !== undefined)
    file.set(Buffer.from(`\0${soname ?? ''}\0${needed === undefined ? '' : `${needed}\0`}`), stringsAt)
  return file
}
