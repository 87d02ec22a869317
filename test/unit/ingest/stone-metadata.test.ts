import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { isMossError } from '../../../src/base/error.ts'
import { readCatalogue } from '../../../src/channel/catalogue.ts'
import { encodeCatalogue } from '../../../src/channel/encode-catalogue.ts'
import { readStoneMetadata } from '../../../src/ingest/stone-metadata.ts'
import { formatCapability, formatRelation } from '../../../src/manifest/capability.ts'
import { solveIn } from '../../../src/solve/solve.ts'
import { modelOf } from '../../support/universe.ts'

/** Big-endian numbers of so many bytes each. */
function numbers(...values: readonly (readonly [bytes: number, value: number])[]): Buffer {
  return Buffer.concat(
    values.map(([bytes, value]) => {
      const each = Buffer.alloc(bytes)
      if (bytes === 8) each.writeBigUInt64BE(BigInt(value))
      else each.writeUIntBE(value, 0, bytes)
      return each
    }),
  )
}

const record = (tag: number, type: number, value: Buffer): Buffer =>
  Buffer.concat([numbers([4, value.length], [2, tag], [1, type], [1, 0]), value])
const text = (tag: number, value: string): Buffer => record(tag, 9, Buffer.from(`${value}\0`))
const capability = (tag: number, kind: number, name: string): Buffer =>
  record(tag, 10, Buffer.from(`${String.fromCharCode(kind)}${name}\0`))

const nano = [
  text(1, 'nano'),
  text(2, 'x86_64'),
  text(3, '8.4'),
  text(4, 'GNU Text Editor'),
  record(11, 8, numbers([8, 34])),
  capability(8, 1, 'libc.so.6(x86_64)'),
  capability(9, 6, 'rnano'),
  text(99, 'what a later version tells'),
]

interface Payload {
  readonly records: readonly Buffer[]
  readonly kind?: number
  readonly isPacked?: boolean
}

function stoneOf(payloads: readonly Payload[]): Uint8Array {
  return concatBytes([
    numbers([4, 0x006d6f73], [2, payloads.length]),
    Buffer.alloc(22),
    numbers([4, 1]),
    ...payloads.flatMap(({ records, kind = 1, isPacked = true }) => {
      const plain = Buffer.concat(records)
      const body = isPacked ? zstdCompressSync(plain) : plain
      const header = numbers([8, body.length], [8, plain.length], [8, 0], [4, records.length])
      return [header, numbers([2, 1], [1, kind], [1, isPacked ? 2 : 1]), body]
    }),
  ])
}

const read = (bytes: Uint8Array) => [...readStoneMetadata(bytes, 'a.stone')].map(({ manifest }) => manifest)

describe('the metadata of a .stone', () => {
  test.each([true, false])(
    'says what a package is (packed: %s), and other payloads are passed over',
    (isPacked) => {
      const bytes = stoneOf([
        { records: [text(1, 'no')], kind: 3 },
        { records: nano, isPacked },
      ])
      const [manifest] = read(bytes)
      expect(manifest).toMatchObject({
        name: 'nano',
        version: '8.4-34',
        scheme: 'moss',
        architecture: 'x86_64',
        summary: 'GNU Text Editor',
      })
      expect(manifest?.provides.map(formatCapability)).toEqual(['binary(rnano)'])
      expect(manifest?.requires.flat().map(formatRelation)).toEqual(['soname(libc.so.6(x86_64))'])
    },
  )

  test('is refused where it is none, cut short, larger than it says, or of an unknown kind', () => {
    expect(() => read(Buffer.alloc(64))).toThrow('not a .stone')
    const whole = stoneOf([{ records: nano }])
    for (let length = 0; length < whole.length; length++)
      expect(() => read(whole.subarray(0, length))).toThrow(/not a .stone|cut short/)
    const small = Uint8Array.from(whole)
    small[32 + 15]!--
    expect(() => read(small)).toThrow('the size it should have')
    const huge = Uint8Array.from(whole)
    huge[32 + 11] = 255
    expect(() => read(huge)).toThrow('more than')
    const unknown = stoneOf([{ records: [...nano, capability(8, 99, 'x')] }])
    expect(() => read(unknown)).toThrow('a capability of unknown kind 99')
  })

  test('with any byte changed ends in a value or in plain words', () => {
    const whole = stoneOf([{ records: nano, isPacked: false }])
    let refused = 0
    for (let at = 0; at < whole.length; at++)
      for (const value of [0, 1, 127, 255]) {
        const bytes = Uint8Array.from(whole)
        bytes[at] = value
        try {
          read(bytes)
        } catch (error) {
          expect(isMossError(error, 'PACKAGE_UNREADABLE')).toBe(true)
          refused++
        }
      }
    expect(refused).toBeGreaterThan(whole.length)
  })
})

const published = join(import.meta.dirname, '../../../../shared/data/stone-manifests.tar.zst')
const isThere = existsSync(published)
if (!isThere) console.warn('skipped: the published manifests of a distribution are not beside this project')

/** The files of a plain tar. */
function* filesOf(tar: Buffer): Generator<Buffer> {
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const sizeBytes = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8)
    if (tar[at + 156] === 0x30) yield tar.subarray(at + 512, at + 512 + sizeBytes)
    at += 512 + Math.ceil(sizeBytes / 512) * 512
  }
}

describe.skipIf(!isThere)('3,993 packages of a distribution that others published', () => {
  const packages = isThere
    ? [...filesOf(zstdDecompressSync(readFileSync(published)))].flatMap((file) => [
        ...readStoneMetadata(file, 'manifest.bin'),
      ])
    : []
  const catalogue = readCatalogue(
    encodeCatalogue(packages.map(({ id, manifest }) => ({ id, manifest, sizeBytes: 0 }))),
  )

  test.each([
    ['bash', 10],
    ['systemd', 63],
    ['firefox', 263],
  ])('%s and all that it needs are %i packages', (name, count) => {
    expect(solveIn(catalogue, { model: modelOf([name]), installed: [] }).chosen).toHaveLength(count)
  })

  test('what 10 of their requirements ask for nothing provides, and each is told', () => {
    const dangling = packages.flatMap(({ manifest: { name, requires } }) =>
      requires
        .filter(([relation]) => relation !== undefined && catalogue.find(relation).length === 0)
        .map(([relation]) => ({ name, wanted: formatRelation(relation!) })),
    )
    console.log(dangling.map(({ name, wanted }) => `${name} requires ${wanted}`).join('\n'))
    expect(packages).toHaveLength(3993)
    expect(dangling).toHaveLength(10)
    for (const { name, wanted } of dangling)
      expect(() => solveIn(catalogue, { model: modelOf([name]), installed: [] })).toThrow(
        `requires ${wanted.replace(/^name\((.*)\)$/, '$1')}, which nothing provides`,
      )
  })
})
