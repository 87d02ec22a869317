// What a state says of itself, in `usr/lib/moss/state`: the one truth about what is current. It lies in the tree
// that it describes, so tree and record switch together; that of a tree that was taken over lies in `.moss/adopted`. Canonical
// CBOR: the same state gives the same bytes.
import { fromHex } from '../base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../base/cbor.ts'
import type { ContentDigest, Digest, PackageId, StateNumber } from '../base/ids.ts'
import { digest, integer, list, oneOf, optional, record, type Shape, text } from '../base/shape.ts'

export interface StateRecord {
  readonly number: StateNumber
  /** Seconds since 1970; also the date of `usr` itself. */
  readonly created: number
  /** The model's text as it was when the packages were chosen. */
  readonly model: string
  /** The snapshot that the packages were chosen from; absent where there was none. */
  readonly channel?: RecordedChannel
  /** Sorted by name. */
  readonly packages: readonly RecordedPackage[]
  /** Which triggers ran, or why not. */
  readonly triggers: readonly TriggerResult[]
  /** What triggers made, files as stored assets. Sorted by path. */
  readonly made: readonly MadeEntry[]
  /** Only of a tree that moss took over as it stood: no package of moss owns anything in it. */
  readonly adopted?: Adopted
}

export interface Adopted {
  /** What the tree said it is, such as `Debian GNU/Linux 12 (bookworm)`; empty where it said nothing. */
  readonly system: string
  /** Files, folders, symlinks and whatever else. */
  readonly entries: number
  /** A file of several names counts once. */
  readonly sizeBytes: number
  /** Of the list of what it held (adopted-list.ts). */
  readonly list: Digest
}

export interface RecordedChannel {
  readonly name: string
  readonly epoch: number
  readonly serial: number
  readonly snapshot: Digest
}

export interface RecordedPackage {
  readonly id: PackageId
  readonly name: string
  readonly version: string
  readonly reason: PackageReason
}

/** Why a package is there; relations in their text form. */
export type PackageReason =
  | { readonly kind: 'subscription'; readonly subscription: string }
  | {
      readonly kind: 'requirement' | 'recommendation'
      readonly by: string
      readonly relation: string
    }

/** Of a transaction trigger: those of the system run when the state is there already. */
export interface TriggerResult {
  readonly name: string
  readonly outcome: 'done' | 'skipped'
  /** Why it was skipped; empty when done. */
  readonly note: string
}

/** `path` starts with `usr/`. Owned by root. */
export type MadeEntry = MadeFile | MadeFolder | MadeSymlink

interface Made {
  readonly path: string
  readonly trigger: string
}

export interface MadeFile extends Made {
  readonly kind: 'file'
  readonly content: ContentDigest
  readonly sizeBytes: number
  readonly mode: number
}

export interface MadeFolder extends Made {
  readonly kind: 'folder'
  readonly mode: number
}

export interface MadeSymlink extends Made {
  readonly kind: 'symlink'
  readonly target: string
}

export function encodeRecord(state: StateRecord): Uint8Array {
  const { channel } = state
  return encodeCbor({
    format: 'moss-state',
    version: 1,
    number: state.number,
    created: state.created,
    model: state.model,
    channel: channel && {
      name: channel.name,
      epoch: channel.epoch,
      serial: channel.serial,
      snapshot: fromHex(channel.snapshot),
    },
    packages: state.packages.map(({ id, name, version, reason }) => ({
      id: fromHex(id),
      name,
      version,
      reason: { ...reason },
    })),
    triggers: state.triggers.map(({ name, outcome, note }) => ({ name, outcome, note })),
    made: state.made.map(encodeMade),
    adopted: state.adopted && encodeAdopted(state.adopted),
  })
}

function encodeMade(entry: MadeEntry): CborValue {
  if (entry.kind !== 'file') return { ...entry }
  const { kind, path, trigger, content, sizeBytes, mode } = entry
  return { kind, path, trigger, content: fromHex(content), size: sizeBytes, mode }
}

const encodeAdopted = ({ system, entries, sizeBytes, list: listed }: Adopted): CborValue => ({
  system,
  entries,
  size: sizeBytes,
  list: fromHex(listed),
})

/** `part` names the bytes in errors. Throws CBOR_INVALID or SHAPE_INVALID. */
export function decodeRecord(encoded: Uint8Array, part: string): StateRecord {
  const {
    format: _format,
    version: _version,
    adopted,
    ...state
  } = stateShape(decodeCbor(encoded, part), part)
  if (adopted === undefined) return state
  const { size, ...rest } = adopted
  return { ...state, adopted: { ...rest, sizeBytes: size } }
}

const name = text(255, 1)

const subscribed = record({ kind: oneOf('subscription'), subscription: text(1024) })
const required = record({ kind: oneOf('requirement', 'recommendation'), by: text(255), relation: text(1024) })

const reasonShape: Shape<PackageReason> = (value, place) =>
  (value as { readonly kind?: CborValue } | null | undefined)?.kind === 'subscription'
    ? subscribed(value, place)
    : required(value, place)

const madeFields = { path: text(4096, 1), trigger: name }
const mode = integer(0, 0o7777)
const madeFile = record({
  ...madeFields,
  // Records of a time when triggers made nothing but files do not say it.
  kind: optional(oneOf('file')),
  content: digest<ContentDigest>(),
  size: integer(),
  mode,
})
const madeFolder = record({ ...madeFields, kind: oneOf('folder'), mode })
const madeSymlink = record({ ...madeFields, kind: oneOf('symlink'), target: text(4096, 1) })

const madeShape: Shape<MadeEntry> = (value, place) => {
  const kind = (value as { readonly kind?: CborValue } | null | undefined)?.kind
  if (kind === 'folder') return madeFolder(value, place)
  if (kind === 'symlink') return madeSymlink(value, place)
  const { size, ...rest } = madeFile(value, place)
  return { ...rest, kind: 'file', sizeBytes: size }
}

const numberShape: Shape<StateNumber> = (value, place) => integer()(value, place) as StateNumber

const stateShape = record({
  format: oneOf('moss-state'),
  version: integer(1, 1),
  number: numberShape,
  created: integer(),
  model: text(1024 * 1024),
  channel: optional(record({ name, epoch: integer(), serial: integer(), snapshot: digest() })),
  packages: list(record({ id: digest<PackageId>(), name, version: name, reason: reasonShape }), 100_000),
  triggers: list(record({ name, outcome: oneOf('done', 'skipped'), note: text(4096) }), 1000),
  made: list(madeShape, 100_000),
  adopted: optional(record({ system: text(255), entries: integer(), size: integer(), list: digest() })),
})
