// File bodies digested and copied with bounded memory: whole when small, in windows when long.
import { startDigest } from '../base/digest.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Disk } from '../host/disk.ts'
import type { Pool } from '../host/pool.ts'
import { windowBytes, windowsOf } from '../host/windows.ts'
import { bodyDigestsJob } from './jobs.ts'

/** Longer bodies are digested here in windows, shorter ones by a worker. */
export const wholeBodyBytes = 8 * 1024 * 1024

/** Sending this much to a worker costs about as much as digesting it. */
const inlineBytes = 256 * 1024

/** The digest of the file at `path` as it is now, whatever its size. */
export async function digestOfFile(
  path: string,
  { disk, pool, turn }: { disk: Disk; pool: Pool; turn: () => Promise<void> },
): Promise<ContentDigest> {
  using file = disk.open(path, 'read')
  const { sizeBytes } = file.stat()
  if (sizeBytes > inlineBytes && sizeBytes <= wholeBodyBytes) {
    const bytes = new Uint8Array(sizeBytes)
    const count = file.read(bytes, 0)
    const [digest] = await pool.run(bodyDigestsJob, { bytes: bytes.subarray(0, count), sizes: [count] }, [
      bytes.buffer,
    ])
    if (digest === undefined) throw new Error('broken promise: one body gives one digest')
    return digest
  }
  const running = startDigest()
  for (const window of windowsOf(file)) {
    running.add(window)
    if (window.length === windowBytes) await turn()
  }
  return running.finish<ContentDigest>()
}

/** Copies into a new file and gives the digest of what was copied. A real copy: nothing is shared. */
export function copyBody(disk: Disk, from: string, to: string): ContentDigest {
  using source = disk.open(from, 'read')
  using target = disk.open(to, 'create', 0o600)
  const running = startDigest()
  let at = 0
  for (const window of windowsOf(source)) {
    running.add(window)
    target.write(window, at)
    at += window.length
  }
  return running.finish<ContentDigest>()
}
