// A snapshot: what a channel offers at one serial, as a signed list that pins every package by its id. Its
// container's head names channel, epoch and serial; the record holds the packages, by name, then by id. Whatever
// a bundle carries must be named here: that is what binds an exporter to its channel.
import { compareText, fromHex } from '../base/bytes.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../base/cbor.ts'
import { MossError } from '../base/error.ts'
import type { ContentDigest, PackageId } from '../base/ids.ts'
import { channelName } from '../base/names.ts'
import { digest, integer, list, optional, record, text } from '../base/shape.ts'

/** A package as a snapshot names it; the manifest that `id` pins says the rest. */
export interface OfferedPackage {
  readonly id: PackageId
  readonly name: string
  readonly version: string
  readonly architecture: string
}

/** What a channel says of versions that it offered: its own word, under its own signature. */
export interface Advisory {
  /** A package's name. */
  readonly package: string
  /** Versions before this one, by the package's own scheme, have the problem. */
  readonly before: string
  readonly text: string
}

export interface Snapshot {
  readonly channel: string
  readonly epoch: number
  readonly serial: number
  /** Whole seconds since 1970; the date of everything made from it. */
  readonly created: number
  /** Seconds since 1970: afterwards a host may want to hear something newer. */
  readonly expires?: number
  readonly packages: readonly OfferedPackage[]
  readonly advisories: readonly Advisory[]
  /** Of its catalogue; snapshots from before there were any name none. */
  readonly catalogue?: ContentDigest
}

export const longestAdvisory = 1000
export const mostAdvisories = 10_000

const aboutShape = record({
  channel: channelName,
  epoch: integer(),
  serial: integer(1),
  expires: optional(integer()),
})

const recordShape = record({
  packages: list(
    record({
      id: digest<PackageId>(),
      name: text(255, 1),
      version: text(255, 1),
      architecture: text(255, 1),
    }),
  ),
  advisories: optional(
    list(
      record({ package: text(255, 1), before: text(255, 1), text: text(longestAdvisory, 1) }),
      mostAdvisories,
    ),
  ),
  catalogue: optional(digest<ContentDigest>()),
})

const compareAdvisories = (a: Advisory, b: Advisory): number =>
  compareText(a.package, b.package) || compareText(a.before, b.before) || compareText(a.text, b.text)

/** The one order of a snapshot's packages. */
export const compareOffered = (a: OfferedPackage, b: OfferedPackage): number =>
  compareText(a.name, b.name) || compareText(a.id, b.id)

/** Without advisories it has no list of them, as snapshots were before there were any. */
export function encodeSnapshotRecord({
  packages,
  advisories = [],
  catalogue,
}: Pick<Snapshot, 'packages' | 'catalogue'> & Partial<Pick<Snapshot, 'advisories'>>): Uint8Array {
  const sorted = [...packages].sort(compareOffered)
  return encodeCbor({
    packages: sorted.map(({ id, name, version, architecture }) => ({
      id: fromHex(id),
      name,
      version,
      architecture,
    })),
    advisories:
      advisories.length === 0
        ? undefined
        : advisories.toSorted(compareAdvisories).map((each) => ({ ...each })),
    catalogue: catalogue === undefined ? undefined : fromHex(catalogue),
  })
}

/** Which channel, epoch and serial a snapshot's head says it is. Throws SHAPE_INVALID. */
export const decodeSnapshotAbout = (about: CborValue) => aboutShape(about, 'snapshot.about')

/** `about`, `created` and `recordBytes` come from a verified container. Throws SHAPE_INVALID, CBOR_INVALID. */
export function decodeSnapshotRecord(container: {
  readonly about: CborValue
  readonly created: number
  readonly recordBytes: Uint8Array
}): Snapshot {
  const about = decodeSnapshotAbout(container.about)
  const {
    packages,
    advisories = [],
    catalogue,
  } = recordShape(decodeCbor(container.recordBytes, 'snapshot'), 'snapshot')
  assertRising('packages', packages, compareOffered)
  assertRising('advisories', advisories, compareAdvisories)
  return {
    ...about,
    created: container.created,
    packages,
    advisories,
    ...(catalogue !== undefined && { catalogue }),
  }
}

function assertRising<T>(name: string, values: readonly T[], compare: (a: T, b: T) => number): void {
  for (let i = 1; i < values.length; i++)
    if (compare(values[i - 1] as T, values[i] as T) >= 0)
      throw new MossError('SHAPE_INVALID', {
        part: `snapshot.${name}[${i}]`,
        problem: 'named twice or not in order',
      })
}
