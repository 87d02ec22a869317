// A downgrade grant as a container of kind grant, signed by the channel. Bundles carry those for their hosts.
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { channelName, hostId } from '../base/names.ts'
import { bytes, integer, list, record } from '../base/shape.ts'
import { openKind } from '../container/read.ts'
import { readRecord } from '../container/sections.ts'
import { verifyContainer } from '../container/verify.ts'
import { encodeContainer } from '../container/write.ts'
import { bytesSource } from '../host/byte-source.ts'
import type { Grant, SignedGrant } from '../trust/grant.ts'
import type { Signer } from '../trust/keys.ts'
import type { Root } from '../trust/root.ts'

const grantShape = record({
  channel: channelName,
  epoch: integer(1),
  host: hostId,
  from: integer(1),
  to: integer(1),
  expires: integer(),
})

/** `created` in seconds since 1970. */
export function encodeGrant(grant: Grant, created: number, signers: readonly Signer[]): Uint8Array {
  const { channel, epoch, host, from, to, expires } = grant
  return encodeContainer(
    {
      kind: 'grant',
      created,
      about: { channel, host },
      sections: [{ name: 'record', bytes: encodeCbor({ channel, epoch, host, from, to, expires }) }],
    },
    signers,
  )
}

/** Throws TRUST_… unless enough channel keys of the root signed it. `name` is what errors call it. */
export function readGrant(
  file: Uint8Array,
  { root, name }: { readonly root: Root; readonly name: string },
): SignedGrant {
  const opened = openKind(bytesSource(name, file), 'grant')
  const { recordBytes } = readRecord(verifyContainer(opened, { role: 'channel', root }))
  const grant = grantShape(decodeCbor(recordBytes, name), name)
  if (grant.to >= grant.from)
    throw new MossError('SHAPE_INVALID', { part: name, problem: 'it does not go back' })
  return { ...grant, id: opened.id as string as Digest }
}

const mostGrants = 1024
const grantsShape = record({ grants: list(bytes(limits.headBytes), mostGrants) })

/** As section `grants` of a bundle has them. Empty for none. */
export const encodeGrants = (files: readonly Uint8Array[]): Uint8Array =>
  files.length === 0 ? new Uint8Array(0) : encodeCbor({ grants: files })

/** Of a bundle that was verified. */
export const decodeGrants = (section: Uint8Array): readonly Uint8Array[] =>
  grantsShape(decodeCbor(section, 'section grants'), 'section grants').grants
