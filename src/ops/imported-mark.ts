// The mark beside a bundle that is taken in: everything of it is in the store. It holds the serial, so that what
// waits can be told without opening the bundle; apply judges the bundle itself.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import type { Disk } from '../host/disk.ts'

export const importedMark = (incoming: string, id: string): string => `${incoming}/${id}/imported`

interface Mark {
  readonly serial: number
  /** It leads back to an older serial, as a grant allows. */
  readonly isGranted: boolean
}

export const encodeMark = ({ serial, isGranted }: Mark): Uint8Array =>
  encodeUtf8(`${serial}${isGranted ? ' granted' : ''}\n`)

function readMark(disk: Disk, path: string): Mark {
  const [serial = '', granted] = (decodeUtf8(disk.readFile(path, 64)) ?? '').trimEnd().split(' ')
  return { serial: Number(serial), isGranted: granted === 'granted' }
}

/** As apply chooses: what is newer than `serial`, then what leads back as a grant allows, then the same serial again. */
export function newestImported(
  disk: Disk,
  { incoming, serial }: { readonly incoming: string; readonly serial: number },
): { readonly bundle: string; readonly serial: number } | undefined {
  if (disk.lstat(incoming) === undefined) return undefined
  const rank = (waiting: Mark): number => (waiting.serial > serial ? 2 : waiting.isGranted ? 1 : 0)
  const [best] = disk
    .list(incoming)
    .filter(({ name }) => disk.lstat(importedMark(incoming, name)) !== undefined)
    .map(({ name }) => ({ bundle: name, ...readMark(disk, importedMark(incoming, name)) }))
    .filter((waiting) => waiting.isGranted || waiting.serial >= serial)
    .sort((a, b) => rank(b) - rank(a) || b.serial - a.serial)
  return best && { bundle: best.bundle, serial: best.serial }
}
