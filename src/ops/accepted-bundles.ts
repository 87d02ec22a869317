// Which bundles this host has taken in before, by its audit: what lies on a stick that goes round is not taken in again. A
// broken audit knows nothing. Read again only where the audit has grown.
import { isMossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { auditBlocks, auditPath } from '../state/audit-file.ts'
import { placesOf } from '../state/places.ts'
import { parseAudit } from '../trust/audit.ts'

export function acceptedBundles(outside: Outside, root: string): () => ReadonlySet<string> {
  const places = placesOf(root)
  let known: { readonly mark: string; readonly ids: ReadonlySet<string> } | undefined
  return () => {
    const stat = outside.disk.lstat(auditPath(places))
    const mark = JSON.stringify([stat?.sizeBytes, stat?.mtimeMs, stat?.inode])
    if (known?.mark !== mark) known = { mark, ids: read(outside, root) }
    return known.ids
  }
}

function read({ disk }: Outside, root: string): ReadonlySet<string> {
  try {
    const entries = parseAudit(auditBlocks(disk, placesOf(root)))
    return new Set(
      entries
        .filter(({ kind, outcome }) => kind === 'bundle' && outcome === 'accepted')
        .map(({ subject }) => subject),
    )
  } catch (error) {
    if (isMossError(error, 'AUDIT_BROKEN')) return new Set()
    throw error
  }
}
