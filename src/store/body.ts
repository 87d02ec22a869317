// File bodies digested, cut and copied with bounded memory.
import { startDigest } from '../base/digest.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { ChunkList } from '../delta/chunk-list.ts'
import { cutContent } from '../delta/cut-file.ts'
import { cutWhole } from '../delta/jobs.ts'
import type { Disk } from '../host/disk.ts'
import type { Pool } from '../host/pool.ts'
import { copyWhole } from '../host/whole-files.ts'
import { windowBytes, windowsOf } from '../host/windows.ts'

/** Longer bodies are digested in windows, shorter ones whole. */
export const wholeBodyBytes = 8 * 1024 * 1024

/** The digest of the file at `path` as it is now, giving others their turn after each window. */
export async function digestInTurns(
  path: string,
  { disk, turn }: { disk: Disk; turn: () => Promise<void> },
): Promise<ContentDigest> {
  using file = disk.open(path, 'read')
  const running = startDigest()
  for (const window of windowsOf(file)) {
    running.add(window)
    if (window.length === windowBytes) await turn()
  }
  return running.finish<ContentDigest>()
}

/** The chunk list of the file at `path` as it is now. */
export async function cutBody(path: string, { disk, pool }: { disk: Disk; pool: Pool }): Promise<ChunkList> {
  using file = disk.open(path, 'read')
  return file.stat().sizeBytes > wholeBodyBytes
    ? await cutContent(pool, windowsOf(file))
    : cutWhole(disk.readFile(path, wholeBodyBytes))
}

/** Copies into a new file and gives the digest of what was copied. A real copy: nothing is shared. */
export function copyBody(disk: Disk, from: string, to: string): ContentDigest {
  using source = disk.open(from, 'read')
  using target = disk.open(to, 'create', 0o600)
  return copyWhole<ContentDigest>(source, target)
}
