// An asset is one whole file body with its attributes. Links share attributes, so what may be linked into a tree
// is named by content and attributes together: the same body with another mode is another asset.
import type { CborValue } from '../base/cbor.ts'
import { encodeCbor } from '../base/cbor.ts'
import { fromHex } from '../base/bytes.ts'
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

/** The digest of the canonical CBOR of what is described. An empty set of xattrs is none. */
export function assetIdOf(description: AssetDescription): AssetId {
  const { content, mode, uid, gid, xattrs } = description
  const record: { [key: string]: CborValue } = { content: fromHex(content), mode, uid, gid }
  if (xattrs !== undefined && Object.keys(xattrs).length > 0) record['xattrs'] = xattrs
  return digestOf<AssetId>(encodeCbor(record))
}
