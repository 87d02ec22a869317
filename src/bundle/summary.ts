// What `inspect` shows of a bundle without reading further: hosts, packages with their versions, and where the
// bytes went. Written by the exporter and signed with the head; nothing is decided by it.
import { compareText, fromHex } from '../base/bytes.ts'
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import type { HostId, PackageId } from '../base/ids.ts'
import { hostId } from '../base/names.ts'
import { digest, integer, list, record, text } from '../base/shape.ts'

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
  readonly packages: readonly { readonly id: PackageId; readonly name: string; readonly version: string }[]
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
  packages: list(record({ id: digest<PackageId>(), name: text(255, 1), version: text(255, 1) })),
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
      .sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id))
      .map(({ id, name, version }) => ({ id: fromHex(id), name, version })),
    bytes: { ...summary.bytes },
  })

/** Throws SHAPE_INVALID, CBOR_INVALID. */
export const decodeSummary = (bytes: Uint8Array): Summary =>
  shape(decodeCbor(bytes, 'section summary'), 'summary')
