// An asset is one whole file body with its attributes. Links share attributes, so what may be linked into a tree
// is named by content and attributes together: the same body with another mode is another asset.
import type { CborValue } from '../base/cbor.ts'
import { encodeCbor } from '../base/cbor.ts'
import { digestOf } from '../base/digest.ts'
import type { AssetId, ContentDigest } from '../base/ids.ts'
import type { Xattrs } from '../host/disk.ts'

export interface AssetDescription {
  readonly content: ContentDigest
  readonly sizeBytes: number
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly xattrs?: Xattrs
}

/**
 * The one modification time of every asset, and so of every file in a tree that links it: the start of 1980, the
 * earliest date that zip files and FAT can hold.
 */
export const assetModifiedMs = Date.UTC(1980, 0, 1)

/** Of the files of a layout: taking a bundle in and building its tree ask for all of them. */
const named = new WeakMap<AssetDescription, AssetId>()

/** The digest of the canonical CBOR of what is described. An empty set of xattrs is none. */
export function assetIdOf(description: AssetDescription): AssetId {
  let id = named.get(description)
  if (id === undefined) named.set(description, (id = digestOf<AssetId>(filledRecord(description))))
  return id
}

function filledRecord(description: AssetDescription): Uint8Array {
  const bytes = recordBytes(description)
  // Its key is the longest, so it is the last of the canonical form.
  bytes.subarray(-32).setFromHex(description.content)
  return bytes
}

/** Of the attributes that were seen: files of a tree have few different ones, and many thousands of files are named. */
const known = new Map<string, Uint8Array>()
const mostKnown = 256

/** The canonical form, whatever its last 32 bytes. Used before it is asked for again. */
function recordBytes({ mode, uid, gid, xattrs }: AssetDescription): Uint8Array {
  const isPlain = xattrs === undefined || Object.keys(xattrs).length === 0
  const name = `${mode} ${uid} ${gid}`
  const found = isPlain ? known.get(name) : undefined
  if (found !== undefined) return found
  const record: { [key: string]: CborValue } = { content: new Uint8Array(32), mode, uid, gid }
  if (!isPlain) record['xattrs'] = xattrs
  const bytes = encodeCbor(record)
  if (isPlain && known.size < mostKnown) known.set(name, bytes)
  return bytes
}
