// One catalogue as a difference from another: what of it is gone, by its number, and what has come, as a catalogue of its
// own. Catalogues are the same bytes for the same packages, so the result is proven by its digest. In bytes: the digest of
// the catalogue before, zeros for none; how many are gone, and the number of each, 32 bits little-endian; the catalogue.
// Files of a package whose manifest the reader has anyway are left out of a difference from one before.
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { ContentDigest, PackageId } from '../base/ids.ts'
import { readCatalogue } from './catalogue.ts'
import { refuseCatalogue } from './catalogue-columns.ts'
import { type CatalogueEntry, encodeCatalogue } from './encode-catalogue.ts'

const digestBytes = 32
const headBytes = digestBytes + 4

/**
 * Both are whole catalogues; without one before, the difference has all of it. `isKnown` says of which packages every
 * reader has the manifest.
 */
export function catalogueDifference(
  after: Uint8Array,
  before?: Uint8Array,
  isKnown: (id: PackageId) => boolean = () => false,
): Uint8Array {
  if (before === undefined) return concatBytes([new Uint8Array(headBytes), after])
  const [old, now] = [readCatalogue(before), readCatalogue(after)]
  const hadFiles = new Map(
    numbersTo(old.size).map((position) => [old.idOf(position), old.isNewest(position)]),
  )
  // Of one that became the newest of its name the catalogue before has no files.
  const [staying, fresh] = [new Set<PackageId>(), [] as CatalogueEntry[]]
  for (const position of numbersTo(now.size)) {
    const id = now.idOf(position)
    const had = hadFiles.get(id)
    if (had !== undefined && (had || !now.isNewest(position))) staying.add(id)
    else fresh.push({ ...now.entry(position), ...(isKnown(id) && { files: [] }) })
  }
  const gone = numbersTo(old.size).filter((position) => !staying.has(old.idOf(position)))
  const numbers = Uint32Array.of(gone.length, ...gone)
  return concatBytes([fromHex(digestOf(before)), new Uint8Array(numbers.buffer), encodeCatalogue(fresh)])
}

/** The digest of the catalogue that is built on; undefined for none. Throws SHAPE_INVALID. */
export function baseOfDifference(difference: Uint8Array): ContentDigest | undefined {
  if (difference.length < headBytes) return refuseCatalogue('its difference is cut short')
  const digest = difference.subarray(0, digestBytes)
  return digest.every((byte) => byte === 0) ? undefined : (toHex(digest) as ContentDigest)
}

/**
 * `before` is the catalogue that the difference builds on; `filesOf` gives the files of those packages whose manifests are
 * here. The caller compares the result's digest. Throws SHAPE_INVALID.
 */
export function applyCatalogueDifference(
  difference: Uint8Array,
  before: Uint8Array | undefined,
  filesOf: (id: PackageId) => readonly string[] | undefined = () => undefined,
): Uint8Array {
  const whole = Uint8Array.from(difference)
  baseOfDifference(whole)
  const count = new Uint32Array(whole.buffer, digestBytes, 1)[0] ?? 0
  if (count > (whole.length - headBytes) / 4) refuseCatalogue('its difference is cut short')
  const fresh = whole.slice(headBytes + 4 * count)
  if (before === undefined) return fresh
  const gone = new Set(new Uint32Array(whole.buffer, headBytes, count))
  const [old, more] = [readCatalogue(before), readCatalogue(fresh)]
  return encodeCatalogue([
    ...numbersTo(old.size)
      .filter((position) => !gone.has(position))
      .map((position) => old.entry(position)),
    ...numbersTo(more.size).map((position) => withFiles(more.entry(position), filesOf)),
  ])
}

const withFiles = (
  entry: CatalogueEntry,
  filesOf: (id: PackageId) => readonly string[] | undefined,
): CatalogueEntry => {
  const files = entry.files?.length === 0 ? filesOf(entry.id) : undefined
  return files === undefined ? entry : { ...entry, files }
}

const numbersTo = (end: number): readonly number[] => Array.from({ length: end }, (_, number) => number)
