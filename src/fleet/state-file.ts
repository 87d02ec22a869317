// A host's state as a container of kind state, signed by the host's own key. The key stands in the head, so that a
// station can read the state of a host it does not know yet and show whose it is; only an enrolled key makes it
// more than a claim.
import type { ContainerId, KeyId } from '../base/ids.ts'
import { MossError } from '../base/error.ts'
import { encodeContainer } from '../container/write.ts'
import { openKind, type OpenedContainer } from '../container/read.ts'
import { readRecord } from '../container/sections.ts'
import { type VerifiedContainer, verifyOwnContainer } from '../container/verify.ts'
import type { ByteSource } from '../host/byte-source.ts'
import { enrolKey, type PublicKey, type Signer } from '../trust/keys.ts'
import { decodeHostRecord, encodeHostRecord, hostAboutShape, hostIdOf, type HostState } from './host-state.ts'

/** Genuine by the key it carries. `key` is what a station enrols or compares. */
export interface ReadHostState {
  readonly id: ContainerId
  readonly state: HostState
  readonly key: PublicKey
}

/** The host that the state names must be the signer's. */
export function encodeHostState(state: HostState, signer: Signer): Uint8Array {
  const { publicKey } = signer
  if (state.host !== hostIdOf(publicKey.id)) throw new Error('broken promise: a host signs its own state')
  return encodeContainer(
    {
      kind: 'state',
      created: state.created,
      about: {
        host: state.host,
        counter: state.counter,
        key: publicKey.bytes,
        minisignId: publicKey.minisignId,
      },
      sections: [{ name: 'record', bytes: encodeHostRecord(state) }],
    },
    [signer],
  )
}

/**
 * `enrolled` is the key known for this host, if any: another one is refused. Throws TRUST_UNKNOWN_KEY,
 * TRUST_SIGNATURE_INVALID, KEY_INVALID, CONTAINER_…, SHAPE_INVALID.
 */
export function readHostState(source: ByteSource, enrolled?: KeyId): ReadHostState {
  const opened = openKind(source, 'state')
  const { container, about, key } = verifyByHostKey(opened, enrolled)
  const { host, counter } = about
  const state = decodeHostRecord({ host, counter, ...readRecord(container) })
  return { id: opened.id, state, key }
}

/** What a host says of itself: signed by the key in its head, which names the host. */
export function verifyByHostKey(
  opened: OpenedContainer,
  enrolled?: KeyId,
): {
  readonly container: VerifiedContainer
  readonly about: ReturnType<typeof hostAboutShape>
  readonly key: PublicKey
} {
  const about = hostAboutShape(opened.head.about, 'head.about')
  const key = enrolKey(about.key, about.minisignId, 'the key in the head')
  if (enrolled !== undefined && key.id !== enrolled)
    throw new MossError('TRUST_UNKNOWN_KEY', { part: 'head', keys: [key.id] })
  if (about.host !== hostIdOf(key.id))
    throw new MossError('TRUST_SIGNATURE_INVALID', {
      part: 'head',
      problem: 'it names a host that is not its key’s',
    })
  return { container: verifyOwnContainer(opened, key), about, key }
}
