// The mark beside a bundle that is taken in: everything of it is in the store. It holds the serial, so that what
// waits can be told without opening the bundle; apply judges the bundle itself.
import { decodeUtf8 } from '../base/bytes.ts'
import type { Disk } from '../host/disk.ts'

export const importedMark = (incoming: string, id: string): string => `${incoming}/${id}/imported`

/** The newest that is not older than `serial`. */
export function newestImported(
  disk: Disk,
  { incoming, serial }: { readonly incoming: string; readonly serial: number },
): { readonly bundle: string; readonly serial: number } | undefined {
  if (disk.lstat(incoming) === undefined) return undefined
  return disk
    .list(incoming)
    .filter(({ name }) => disk.lstat(importedMark(incoming, name)) !== undefined)
    .map(({ name }) => ({
      bundle: name,
      serial: Number(decodeUtf8(disk.readFile(importedMark(incoming, name), 64))),
    }))
    .filter((waiting) => waiting.serial >= serial)
    .sort((a, b) => b.serial - a.serial)[0]
}
