// Who a host is, in a small file beside its keys: id, name and the trust root's fingerprint, a line each. For telling
// only, so that no key has to be loaded for that; whatever is decided is decided by the keys.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import { isHostName } from '../base/names.ts'
import type { Disk } from '../host/disk.ts'
import type { Places } from '../state/places.ts'

export interface ToldIdentity {
  readonly id: HostId
  readonly name: string
  readonly fingerprint: string
}

export const identityFile = 'identity'
const longestFile = 4096

export const encodeIdentity = ({ id, name, fingerprint }: ToldIdentity): Uint8Array =>
  encodeUtf8(`${id}\n${name}\n${fingerprint}\n`)

/** Throws CLI_USAGE for a name that cannot stand in a line. */
export function checkHostName(name: string): void {
  if (!isHostName(name))
    throw new MossError('CLI_USAGE', { problem: 'a host’s name has 1 to 64 visible characters', see: 'init' })
}

export function readIdentity(disk: Disk, places: Places): ToldIdentity {
  const text = decodeUtf8(disk.readFile(`${places.keys}/${identityFile}`, longestFile)) ?? ''
  const [id = '', name = '', fingerprint = ''] = text.split('\n')
  return { id: id as HostId, name, fingerprint }
}
