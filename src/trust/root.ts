// The trust root: which keys there are and which role each has, with how many of them must sign. A machine starts
// from one root, compared by its fingerprint on another way than the medium; everything else follows from it.
import { compareText, fromHex, toHex } from '../base/bytes.ts'
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Digest, KeyId } from '../base/ids.ts'
import { bytes, digest, integer, list, oneOf, optional, record, text } from '../base/shape.ts'
import { enrolKey, type PublicKey } from './keys.ts'

export interface RoleKeys {
  /** Sorted, distinct, each among the root's keys. */
  readonly keys: readonly KeyId[]
  /** From 1 to the number of keys. */
  readonly threshold: number
}

export interface Root {
  /** Rises by one with each root. */
  readonly version: number
  /** Rises only with new channel keys; serials count within it. */
  readonly epoch: number
  /** Seconds since 1970. */
  readonly created: number
  /** What the time floor of whoever takes this root in becomes, also where that is lower. */
  readonly floor?: number
  /** Sorted by id, distinct, each with at least one role. */
  readonly keys: readonly PublicKey[]
  readonly roles: {
    readonly root: RoleKeys
    readonly channel: RoleKeys
    readonly packager: RoleKeys
    readonly exporter: RoleKeys
  }
}

export type Role = keyof Root['roles']

const mostKeys = 64
const roleShape = record({ keys: list(digest<KeyId>(), mostKeys), threshold: integer(1, mostKeys) })
const rootShape = record({
  format: oneOf('moss-root'),
  version: integer(1),
  epoch: integer(1),
  created: integer(),
  floor: optional(integer()),
  keys: list(
    record({ key: bytes(32, 32), minisign: bytes(8, 8), application: optional(text(255, 1)) }),
    mostKeys,
  ),
  roles: record({ root: roleShape, channel: roleShape, packager: roleShape, exporter: roleShape }),
})

const encodeRole = ({ keys, threshold }: RoleKeys) => ({ keys: keys.map(fromHex), threshold })

/** Throws a plain Error if the root breaks a rule: a bug of ours. */
export function encodeRoot(root: Root): Uint8Array {
  const problem = problemOfRoot(root)
  if (problem !== undefined) throw new Error(`broken promise: in a root ${problem}`)
  const { channel, exporter, packager, root: owner } = root.roles
  return encodeCbor({
    format: 'moss-root',
    version: root.version,
    epoch: root.epoch,
    created: root.created,
    floor: root.floor,
    keys: root.keys.map((key) => ({
      key: key.bytes,
      minisign: key.minisignId,
      application: key.application,
    })),
    roles: {
      root: encodeRole(owner),
      channel: encodeRole(channel),
      packager: encodeRole(packager),
      exporter: encodeRole(exporter),
    },
  })
}

/** Of a root that may be old: its keys, which take milliseconds each, are not looked at. Throws CBOR_INVALID, SHAPE_INVALID. */
export const versionOfRoot = (encoded: Uint8Array, part: string): number =>
  rootShape(decodeCbor(encoded, part), part).version

/** Throws CBOR_INVALID, SHAPE_INVALID or KEY_INVALID. Says nothing of who signed it. */
export function decodeRoot(encoded: Uint8Array, part = 'root'): Root {
  const { format: _, ...read } = rootShape(decodeCbor(encoded, part), part)
  const keys = read.keys.map(({ key, minisign, application }, index) =>
    enrolKey(key, minisign, `key ${index + 1} of ${part}`, application),
  )
  const root: Root = { ...read, keys }
  const problem = problemOfRoot(root)
  if (problem !== undefined) throw new MossError('SHAPE_INVALID', { part, problem })
  return root
}

function problemOfRoot(root: Root): string | undefined {
  const ids = root.keys.map((key) => key.id)
  if (!isRising(ids)) return 'the keys are not sorted and distinct'
  if (new Set(root.keys.map((key) => toHex(key.bytes))).size < ids.length)
    return 'a key is named twice, in a token and out of it'
  const roles = Object.entries(root.roles)
  for (const [name, { keys, threshold }] of roles) {
    if (!isRising(keys)) return `the keys of role ${name} are not sorted and distinct`
    if (keys.some((id) => !ids.includes(id))) return `role ${name} has a key that is not in the root`
    if (threshold < 1 || threshold > keys.length)
      return `role ${name} needs ${threshold} of ${keys.length} keys`
  }
  const used = new Set(roles.flatMap(([, role]) => role.keys))
  if (ids.some((id) => !used.has(id))) return 'a key has no role'
  return undefined
}

const isRising = (ids: readonly string[]): boolean =>
  ids.every((id, index) => index === 0 || compareText(ids[index - 1] ?? '', id) < 0)

/** The first root of somebody who has one key: it has every role, alone. `created` in seconds since 1970. */
export function makeSoleRoot(key: PublicKey, created: number): Root {
  const sole: RoleKeys = { keys: [key.id], threshold: 1 }
  return {
    version: 1,
    epoch: 1,
    created,
    keys: [key],
    roles: { root: sole, channel: sole, packager: sole, exporter: sole },
  }
}

export const rootDigest = (root: Root): Digest => digestOf(encodeRoot(root))
