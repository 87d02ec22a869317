// A host's own key and the trust root it holds, below ROOT/.moss/keys. The key signs states and nothing else.
import { encodeUtf8 } from '../base/bytes.ts'
import type { HostId } from '../base/ids.ts'
import { hostIdOf } from '../fleet/host-state.ts'
import type { Outside } from '../host/outside.ts'
import type { Places } from '../state/places.ts'
import { keyFromSeed, type SecretKey } from '../trust/keys.ts'
import { formatPublicKey, formatSecretKey, parseSecretKey } from '../trust/minisign.ts'
import { encodeIdentity, identityFile, readIdentity } from './identity.ts'
import { readText } from './station.ts'

export const trustRootPath = (places: Places): string => `${places.keys}/root.moss-root`
const hostKeyPath = (places: Places): string => `${places.keys}/host.key`

export interface HostIdentity {
  readonly id: HostId
  readonly name: string
  readonly key: SecretKey
}

/** What init puts into the keys' folder: a new identity, and the root of those whom this host trusts. */
export function newHostKeys(
  outside: Outside,
  {
    name,
    trustRoot,
    fingerprint,
  }: { readonly name: string; readonly trustRoot: Uint8Array; readonly fingerprint: string },
): {
  readonly id: HostId
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly mode: number }[]
} {
  const secret = keyFromSeed(outside.randomBytes(32), outside.randomBytes(8))
  const id = hostIdOf(secret.publicKey.id)
  const file = (fileName: string, text: string, mode: number) => ({
    name: fileName,
    bytes: encodeUtf8(text),
    mode,
  })
  return {
    id,
    files: [
      file('host.pub', formatPublicKey(secret.publicKey), 0o644),
      file('host.key', formatSecretKey(secret, undefined, outside.randomBytes(32)), 0o600),
      { name: identityFile, bytes: encodeIdentity({ id, name, fingerprint }), mode: 0o644 },
      { name: 'root.moss-root', bytes: trustRoot, mode: 0o644 },
    ],
  }
}

export function readHostIdentity({ disk }: Outside, places: Places): HostIdentity {
  const key = parseSecretKey(readText(disk, hostKeyPath(places)))
  return { id: hostIdOf(key.publicKey.id), name: readIdentity(disk, places).name, key }
}
