// The mark beside a bundle that is taken in: everything of it is in the store. It holds the serial, so that what
// waits can be told without opening the bundle; apply judges the bundle itself.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import type { Disk } from '../host/disk.ts'

export const importedMark = (incoming: string, id: string): string => `${incoming}/${id}/imported`

interface Mark {
  readonly serial: number
  /** It leads back to an older serial, as a grant allows. */
  readonly isGranted: boolean
  /** It rises with each import: of two with one serial the one that was brought last counts. 0 where it is not known. */
  readonly order: number
}

export const encodeMark = ({ serial, isGranted, order }: Mark): Uint8Array =>
  encodeUtf8(`${serial}${isGranted ? ' granted' : ''}\n${order}\n`)

function readMark(disk: Disk, path: string): Mark {
  const [first = '', order = '0'] = (decodeUtf8(disk.readFile(path, 64)) ?? '').trimEnd().split('\n')
  const [serial = '', granted] = first.split(' ')
  return { serial: Number(serial), isGranted: granted === 'granted', order: Number(order) }
}

interface Marked extends Mark {
  readonly bundle: string
}

function listMarks(disk: Disk, incoming: string): readonly Marked[] {
  if (disk.lstat(incoming) === undefined) return []
  return disk
    .list(incoming)
    .filter(({ name, kind }) => kind === 'folder' && disk.lstat(importedMark(incoming, name)) !== undefined)
    .map(({ name }) => ({ bundle: name, ...readMark(disk, importedMark(incoming, name)) }))
}

/** By bundle; only of those that bear the mark. */
export const importOrders = (disk: Disk, incoming: string): ReadonlyMap<string, number> =>
  new Map(listMarks(disk, incoming).map(({ bundle, order }) => [bundle, order]))

/** As apply chooses: what is newer than `serial`, then what leads back as a grant allows, then the same serial again. */
export function newestImported(
  disk: Disk,
  { incoming, serial }: { readonly incoming: string; readonly serial: number },
): { readonly bundle: string; readonly serial: number } | undefined {
  const rank = (waiting: Mark): number => (waiting.serial > serial ? 2 : waiting.isGranted ? 1 : 0)
  const [best] = listMarks(disk, incoming)
    .filter((waiting) => waiting.isGranted || waiting.serial >= serial)
    .toSorted((a, b) => rank(b) - rank(a) || b.serial - a.serial || b.order - a.order)
  return best && { bundle: best.bundle, serial: best.serial }
}
