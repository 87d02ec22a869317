// Writes a file that is made of others, so that it bears its name only when it is whole and durable, and reads it back. One that is there
// and is the very same stays; any other is never touched.
import { equalBytes } from '../base/bytes.ts'
import { startDigest } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import { createPart, dropPart, placePart } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { windowsOf } from '../host/windows.ts'
import type { VolumeFile } from './volume-file.ts'

/** Throws ALREADY_EXISTS for another file of this name. */
export function isWritten({ disk }: Outside, path: string, { sizeBytes, pieces }: VolumeFile): boolean {
  const present = disk.lstat(path)
  if (present === undefined) return false
  if (present.kind !== 'file' || present.sizeBytes !== sizeBytes)
    throw new MossError('ALREADY_EXISTS', { what: path })
  using file = disk.open(path, 'read')
  let at = 0
  for (const piece of pieces()) {
    const found = new Uint8Array(piece.length)
    if (file.read(found, at) !== piece.length || !equalBytes(found, piece))
      throw new MossError('ALREADY_EXISTS', { what: path })
    at += piece.length
  }
  return true
}

/**
 * Nothing may be there. Throws HOST_IO where the medium gives back other bytes; unless whoever asks for it will read all of it
 * anyway.
 */
export async function writeVolume(
  outside: Outside,
  path: string,
  how: { readonly file: VolumeFile; readonly isReadBack: boolean; readonly report: Report },
): Promise<void> {
  const { disk } = outside
  const { file, report } = how
  const totalBytes = file.sizeBytes
  const running = startDigest()
  try {
    using part = createPart(disk, path)
    let doneBytes = 0
    for (const piece of file.pieces()) {
      part.write(piece, doneBytes)
      if (how.isReadBack) running.add(piece)
      doneBytes += piece.length
      report({ phase: 'write', item: path, doneBytes, totalBytes })
      await outside.turn()
    }
    placePart(disk, part, path)
  } catch (error) {
    dropPart(disk, path)
    throw error
  }
  if (!how.isReadBack || (await digestNow(outside, path)) === running.finish()) return
  disk.remove(path)
  throw new MossError('HOST_IO', {
    action: 'read back',
    path,
    problem: 'the medium gives other bytes than were written: use another one',
  })
}

async function digestNow(outside: Outside, path: string): Promise<string> {
  outside.disk.dropCached(path)
  using file = outside.disk.open(path, 'read')
  const running = startDigest()
  for (const window of windowsOf(file)) {
    running.add(window)
    await outside.turn()
  }
  return running.finish()
}
