// The audit on disk, `.moss/audit`: it grows at its end alone, a line at a time, durably. A line that a power cut left
// unfinished is written over.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Disk } from '../host/disk.ts'
import { type AuditEvent, withAuditLine } from '../trust/audit.ts'
import type { Places } from './places.ts'

/** Some hundred thousand entries. */
const mostBytes = 64 * 1024 * 1024

const auditPath = ({ own }: Places): string => `${own}/audit`

/** Its text, not judged. Empty before the first entry. Throws AUDIT_BROKEN for what is no text. */
export function readAudit(disk: Disk, places: Places): string {
  const path = auditPath(places)
  if (disk.lstat(path) === undefined) return ''
  const text = decodeUtf8(disk.readFile(path, mostBytes))
  if (text === undefined) throw new MossError('AUDIT_BROKEN', { line: 1, problem: 'the file is not text' })
  return text
}

/** Durable when it returns. The same event again writes nothing. */
export function appendAudit(disk: Disk, places: Places, event: AuditEvent): void {
  const before = readAudit(disk, places)
  const after = withAuditLine(before, event)
  if (after === before) return
  const path = auditPath(places)
  const isNew = disk.lstat(path) === undefined
  using file = disk.open(path, isNew ? 'create' : 'update', 0o600)
  const at = encodeUtf8(before.slice(0, before.lastIndexOf('\n') + 1)).length
  const bytes = encodeUtf8(after)
  file.write(bytes.subarray(at), at)
  file.truncate(bytes.length)
  file.sync()
  if (isNew) disk.syncFolder(places.own)
}
