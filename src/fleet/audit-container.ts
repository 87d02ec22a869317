// A host's audit as a container of kind audit, signed by the host's own key, as its states are.
import type { HostId } from '../base/ids.ts'
import { openKind } from '../container/read.ts'
import { readRecord } from '../container/sections.ts'
import { encodeContainer } from '../container/write.ts'
import type { ByteSource } from '../host/byte-source.ts'
import { type AuditEntry, auditEnd, parseAudit } from '../trust/audit.ts'
import type { PublicKey, Signer } from '../trust/keys.ts'
import { hostIdOf } from './host-state.ts'
import { verifyByHostKey } from './state-file.ts'

/** `audit` is its whole bytes, of at least one line. */
export function encodeAuditContainer(audit: Uint8Array, created: number, signer: Signer): Uint8Array {
  const { publicKey } = signer
  return encodeContainer(
    {
      kind: 'audit',
      created,
      about: {
        host: hostIdOf(publicKey.id),
        counter: auditEnd([audit]).entries,
        key: publicKey.bytes,
        minisignId: publicKey.minisignId,
      },
      sections: [{ name: 'record', bytes: audit }],
    },
    [signer],
  )
}

/** Genuine by the key it carries. Throws as `readHostState`, and AUDIT_BROKEN. */
export function readAuditContainer(source: ByteSource): {
  readonly host: HostId
  readonly key: PublicKey
  readonly entries: readonly AuditEntry[]
} {
  const { container, about, key } = verifyByHostKey(openKind(source, 'audit'))
  return { host: about.host, key, entries: parseAudit([readRecord(container).recordBytes]) }
}
