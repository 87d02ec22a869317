// What `inspect` shows of a bundle without reading further: hosts, packages with their versions, and where the
// bytes went. Written by the exporter and signed with the head; nothing is decided by it.
import { compareText } from '../base/bytes.ts'
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { MossError } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import { hostId } from '../base/names.ts'
import { integer, list, record, type Shape, text } from '../base/shape.ts'

export interface SummaryHost {
  readonly host: HostId
  /** What the machine calls itself; may be empty. */
  readonly name: string
  readonly packages: number
  /** Plain bytes carried for it, were it alone. */
  readonly carriedBytes: number
}

export interface Summary {
  /** Sorted by id. */
  readonly hosts: readonly SummaryHost[]
  /** Those whose manifests are carried, by name. */
  readonly packages: readonly { readonly name: string; readonly version: string }[]
  /** Plain sizes as in a carry plan. */
  readonly bytes: {
    readonly all: number
    readonly changed: number
    readonly shared: number
    readonly chunks: number
    /** Stored sizes: frames of deltas, and of whole chunks. */
    readonly deltas: number
    readonly whole: number
  }
}

/** A summary is never packed, so keys would be most of it: name and version as a pair. */
const pair: Shape<{ readonly name: string; readonly version: string }> = (value, place) => {
  const [name, version, ...more] = list(text(255, 1))(value, place)
  if (name !== undefined && version !== undefined && more.length === 0) return { name, version }
  throw new MossError('SHAPE_INVALID', { part: place, problem: 'expected a name and a version' })
}

const shape = record({
  hosts: list(
    record({
      host: hostId,
      name: text(255),
      packages: integer(),
      carriedBytes: integer(),
    }),
    10_000,
  ),
  packages: list(pair),
  bytes: record({
    all: integer(),
    changed: integer(),
    shared: integer(),
    chunks: integer(),
    deltas: integer(),
    whole: integer(),
  }),
})

export const encodeSummary = (summary: Summary): Uint8Array =>
  encodeCbor({
    hosts: summary.hosts.map((host) => ({ ...host })),
    packages: [...summary.packages]
      .sort((a, b) => compareText(a.name, b.name) || compareText(a.version, b.version))
      .map(({ name, version }) => [name, version]),
    bytes: { ...summary.bytes },
  })

/** Throws SHAPE_INVALID, CBOR_INVALID. */
export const decodeSummary = (bytes: Uint8Array): Summary =>
  shape(decodeCbor(bytes, 'section summary'), 'summary')
