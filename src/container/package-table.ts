// Tables `packages`, `capabilities` and `hosts`: which manifests are here and where in the section `manifests`,
// which package provides a capability, and which packages each host shall have. Manifests stand back to back in
// the order of their packages' ids.
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Digest, HostId, PackageId } from '../base/ids.ts'
import { viewOf, writeU32, writeU64 } from './little-endian.ts'
import { Records } from './records.ts'

const packageWidth = 48
const capabilityWidth = 36
const hostWidth = 40
const hostIdBytes = 8

export interface ManifestBytes {
  readonly id: PackageId
  readonly bytes: Uint8Array
}

export interface PackageEntry {
  readonly id: PackageId
  /** In the plain bytes of section `manifests`. */
  readonly offset: number
  readonly sizeBytes: number
}

/** Which host shall have which packages. */
export type HostSets = ReadonlyMap<HostId, readonly PackageId[]>

/** A capability's digest is that of its text, such as `soname(libz.so.1)`. */
export interface Provider {
  readonly capability: Digest
  readonly package: PackageId
}

const sortById = <T extends { readonly id: string }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (a.id < b.id ? -1 : 1))

export function encodeManifests(items: readonly ManifestBytes[]): {
  readonly manifests: Uint8Array
  readonly packages: Uint8Array
} {
  const sorted = sortById(items)
  const packages = new Uint8Array(sorted.length * packageWidth)
  const view = viewOf(packages)
  let offset = 0
  sorted.forEach(({ id, bytes }, index) => {
    packages.set(fromHex(id), index * packageWidth)
    writeU64(view, index * packageWidth + 32, offset)
    writeU64(view, index * packageWidth + 40, bytes.length)
    offset += bytes.length
  })
  return { manifests: concatBytes(sorted.map((item) => item.bytes)), packages }
}

/** `packages` are the ids of the table `packages`; every provider is one of them. */
export function encodeCapabilities(
  providers: readonly Provider[],
  packages: readonly PackageId[],
): Uint8Array {
  const numbers = new Map(packages.toSorted().map((id, index) => [id, index]))
  const rows = providers.map((provider) => {
    const row = new Uint8Array(capabilityWidth)
    row.set(fromHex(provider.capability))
    const number = numbers.get(provider.package)
    if (number === undefined) throw new Error('broken promise: a provider is among the packages')
    writeU32(viewOf(row), 32, number)
    return row
  })
  return concatBytes(sortRows(rows))
}

export function encodeHosts(sets: HostSets): Uint8Array {
  const rows: Uint8Array[] = []
  for (const [host, packages] of sets)
    for (const id of packages) rows.push(concatBytes([fromHex(host), fromHex(id)]))
  return concatBytes(sortRows(rows))
}

/** By digest, then by number; the numbers are little-endian, so rows are compared field by field. */
function sortRows(rows: readonly Uint8Array[]): Uint8Array[] {
  const keyed = rows.map((row) => ({ row, key: sortKey(row) }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  return keyed.filter(({ key }, index) => key !== keyed[index - 1]?.key).map(({ row }) => row)
}

const sortKey = (row: Uint8Array): string =>
  row.length === capabilityWidth
    ? toHex(row.subarray(0, 32)) + viewOf(row).getUint32(32, true).toString(16).padStart(8, '0')
    : toHex(row)

/** `manifestsBytes` is the plain size of section `manifests`, 0 without one. */
export function decodePackages(
  bytes: Uint8Array | undefined,
  manifestsBytes: number,
): readonly PackageEntry[] {
  const records = new Records('packages', bytes, packageWidth)
  records.checkSorted(32)
  const entries: PackageEntry[] = []
  let end = 0
  for (let i = 0; i < records.count; i++) {
    const entry = {
      id: records.digest<PackageId>(i, 0),
      offset: records.u64(i, 32),
      sizeBytes: records.u64(i, 40),
    }
    if (entry.offset !== end || entry.sizeBytes === 0)
      records.refuse(`record ${i} is not where its manifest is`)
    end += entry.sizeBytes
    if (end > manifestsBytes) records.refuse(`record ${i} reaches beyond the manifests`)
    entries.push(entry)
  }
  if (end !== manifestsBytes) records.refuse('manifests that no record names')
  return entries
}

/** Views of `manifests`, each checked against its package's id. */
export function cutManifests(
  manifests: Uint8Array | undefined,
  entries: readonly PackageEntry[],
): ReadonlyMap<PackageId, Uint8Array> {
  const found = new Map<PackageId, Uint8Array>()
  for (const { id, offset, sizeBytes } of entries) {
    const bytes = (manifests ?? new Uint8Array(0)).subarray(offset, offset + sizeBytes)
    if (digestOf<PackageId>(bytes) !== id)
      throw new MossError('CONTAINER_DAMAGED', {
        part: 'section manifests',
        problem: `the manifest of package ${id.slice(0, 16)} is another one`,
      })
    found.set(id, bytes)
  }
  return found
}

export function decodeHosts(bytes: Uint8Array | undefined): HostSets {
  const records = new Records('hosts', bytes, hostWidth)
  records.checkSorted(hostWidth)
  const sets = new Map<HostId, PackageId[]>()
  for (let i = 0; i < records.count; i++) {
    const host = toHex(records.bytes(i, 0, hostIdBytes)) as HostId
    const packages = sets.get(host) ?? []
    if (packages.length === 0) sets.set(host, packages)
    packages.push(records.digest<PackageId>(i, hostIdBytes))
  }
  return sets
}

export class CapabilityTable {
  readonly #records: Records
  readonly #packages: readonly PackageEntry[]

  constructor(bytes: Uint8Array | undefined, packages: readonly PackageEntry[]) {
    this.#records = new Records('capabilities', bytes, capabilityWidth)
    this.#packages = packages
    for (let i = 0; i < this.#records.count; i++) this.#check(i)
  }

  /** Of the packages of this container; `capability` is the digest of its text. */
  providers(capability: Digest): readonly PackageId[] {
    const key = fromHex(capability)
    const found: PackageId[] = []
    for (let i = this.#records.lowest(key); this.#records.startsWith(i, key); i++) {
      const entry = this.#packages[this.#records.u32(i, 32)]
      if (entry !== undefined) found.push(entry.id)
    }
    return found
  }

  #check(i: number): void {
    const records = this.#records
    const number = records.u32(i, 32)
    if (number >= this.#packages.length) records.refuse(`record ${i} names package ${number}`)
    if (i === 0) return
    const before = records.digest(i - 1, 0)
    const here = records.digest(i, 0)
    if (before > here || (before === here && records.u32(i - 1, 32) >= number))
      records.refuse(`record ${i} is not in order`)
  }
}
