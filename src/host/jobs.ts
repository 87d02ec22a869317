// The disk's work on many files, done by several threads at the same time: the kernel takes most of the time, on the
// processor of whoever asks. Unlike other jobs these touch the disk; what they are asked is complete in itself.
import { closeSync, constants, openSync, readdirSync } from 'node:fs'
import type { PlacedBy } from './disk.ts'
import { type FolderLook, LookWriter, statxBytes } from './folder-look.ts'
import { attempt } from './linux-file.ts'
import { filePlacer } from './linux-place.ts'
import type { Job } from './pool.ts'
import { ioError, problemOf } from './problem.ts'
import { systemCalls } from './system-calls.ts'

/** Texts in one: a message of one long text is copied many times as fast. No path has a zero byte. */
export const joinTexts = (texts: readonly string[]): string => texts.join('\0')
const splitTexts = (joined: string): readonly string[] => joined.split('\0')

/** From, to, from, to and so on. */
export const placeFilesJob: Job<string, readonly PlacedBy[]> = {
  name: 'host.place-files',
  run: (joined) => {
    const paths = splitTexts(joined)
    const place = filePlacer()
    return Array.from({ length: paths.length / 2 }, (_, index) =>
      place(paths[2 * index] as string, paths[2 * index + 1] as string),
    )
  },
}

export const lookJob: Job<string, readonly (FolderLook | undefined)[]> = {
  name: 'host.look',
  run: (joined) => splitTexts(joined).map(lookAt),
  transfer: (looks) =>
    looks.flatMap((look) => (look === undefined ? [] : [look.records.buffer as ArrayBuffer])),
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants

const writer = new LookWriter()
const statx = Buffer.alloc(statxBytes)
const nameBytes = Buffer.alloc(256)

/** Undefined where no folder is. */
function lookAt(folder: string): FolderLook | undefined {
  let descriptor: number
  try {
    descriptor = attempt('list', folder, () => openSync(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  } catch (error) {
    if (/^(ENOENT|ENOTDIR|ELOOP)$/.test(problemOf(error) ?? '')) return undefined
    throw error
  }
  try {
    const calls = systemCalls()
    const names = attempt('list', folder, () => readdirSync(folder, { encoding: 'latin1' }))
    for (const name of ['', ...names.sort()]) {
      nameBytes[nameBytes.write(name, 'latin1')] = 0
      if (calls.lookAt(descriptor, nameBytes, statx) < 0)
        throw ioError('look at', `${folder}/${name}`, calls.problem())
      writer.add(name, statx)
    }
    return writer.finish()
  } catch (error) {
    writer.finish()
    throw error
  } finally {
    closeSync(descriptor)
  }
}
