// The audit on disk, `.moss/audit`: it grows at its end alone, a line at a time, durably. A line that a power cut left
// unfinished is written over. It has no greatest length, and nothing in it keeps a host from going on.
import type { Disk, OpenFile } from '../host/disk.ts'
import { type AuditEvent, nextAuditLine } from '../trust/audit.ts'
import type { Places } from './places.ts'

const blockBytes = 256 * 1024

export const auditPath = ({ own }: Places): string => `${own}/audit`

/** Its bytes from the start, not judged. None before the first entry. */
export function* auditBlocks(disk: Disk, places: Places): Generator<Uint8Array> {
  const path = auditPath(places)
  if (disk.lstat(path) === undefined) return
  using file = disk.open(path, 'read')
  yield* blocksOf(file)
}

function* blocksOf(file: OpenFile): Generator<Uint8Array> {
  for (let at = 0; ;) {
    const block = new Uint8Array(blockBytes)
    const length = file.read(block, at)
    if (length === 0) return
    yield block.subarray(0, length)
    at += length
  }
}

/** Durable when it returns. The same event again writes nothing. */
export function appendAudit(disk: Disk, places: Places, event: AuditEvent): void {
  const line = nextAuditLine(auditBlocks(disk, places), event)
  if (line === undefined) return
  const path = auditPath(places)
  const isNew = disk.lstat(path) === undefined
  using file = disk.open(path, isNew ? 'create' : 'update', 0o600)
  file.write(line.bytes, line.at)
  file.truncate(line.at + line.bytes.length)
  file.sync()
  if (isNew) disk.syncFolder(places.own)
}
