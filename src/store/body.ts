// File bodies read with bounded memory: whole when small, in windows when long.
import { startDigest } from '../base/digest.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Disk, OpenFile } from '../host/disk.ts'
import type { Pool } from '../host/pool.ts'
import { bodyDigestsJob } from './jobs.ts'

const windowBytes = 4 * 1024 * 1024

/** Longer bodies are digested here in windows, shorter ones by a worker. */
export const wholeBodyBytes = 8 * 1024 * 1024

/** Sending this much to a worker costs about as much as digesting it. */
const inlineBytes = 256 * 1024

/** The same buffer each time: use each window before asking for the next. */
export function* windowsOf(file: OpenFile): Generator<Uint8Array> {
  const window = new Uint8Array(Math.max(1, Math.min(windowBytes, file.stat().sizeBytes)))
  for (let at = 0; ;) {
    const count = file.read(window, at)
    if (count > 0) yield window.subarray(0, count)
    at += count
    if (count < window.length) return
  }
}

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
