// trust log: what this host was asked to believe, and what became of it; to read, or signed and to carry away.
import { concatBytes } from '../base/bytes.ts'
import { isMossError } from '../base/error.ts'
import { encodeAuditContainer } from '../fleet/audit-container.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { silent } from '../base/progress.ts'
import { auditBlocks } from '../state/audit-file.ts'
import { type AuditEntry, auditEnd, parseAudit } from '../trust/audit.ts'
import { signerOf } from '../trust/keys.ts'
import { openHost } from './host.ts'

export interface ShownAudit {
  readonly entries: readonly AuditEntry[]
  readonly digest: string
  /** Where a line does not follow the one before: then no entry is given. */
  readonly problem?: string
  /** Where it was written to, signed. */
  readonly file?: string
}

export async function showAudit(
  outside: Outside,
  { root, to }: { readonly root: string; readonly to?: string | undefined },
): Promise<ShownAudit> {
  using host = await openHost(outside, { root, report: silent })
  const blocks = (): Iterable<Uint8Array> => auditBlocks(outside.disk, host.places)
  if (to !== undefined) {
    const created = Math.floor(outside.nowMs() / 1000)
    const bytes = encodeAuditContainer(concatBytes([...blocks()]), created, signerOf(host.identity.key))
    writeDurably(outside.disk, to, bytes, { mode: 0o644 })
  }
  const told = { digest: auditEnd(blocks()).digest, ...(to !== undefined && { file: to }) }
  try {
    return { entries: parseAudit(blocks()), ...told }
  } catch (error) {
    if (!isMossError(error, 'AUDIT_BROKEN')) throw error
    return { entries: [], ...told, problem: error.message }
  }
}
