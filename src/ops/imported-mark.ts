// The mark beside a bundle that is taken in: everything of it is in the store. It holds the serial and what this host would
// have with it, so that what waits can be told without opening the bundle; apply judges the bundle itself.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import type { Disk } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import type { Places } from '../state/places.ts'
import type { StateRecord } from '../state/record.ts'

export const importedMark = (incoming: string, id: string): string => `${incoming}/${id}/imported`

interface Mark {
  readonly serial: number
  /** It leads back to an older serial, as a grant allows. */
  readonly isGranted: boolean
  /** It rises with each import: of two with one serial the one that was brought last counts. 0 where it is not known. */
  readonly order: number
  /** Versions by name; none where they are not known. */
  readonly packages: ReadonlyMap<string, string>
}

export function encodeMark({ serial, isGranted, order, packages }: Mark): Uint8Array {
  const titles = Array.from(packages, ([name, version]) => `${name} ${version}`)
  return encodeUtf8([`${serial}${isGranted ? ' granted' : ''}`, order, ...titles, ''].join('\n'))
}

function readMark(disk: Disk, path: string): Mark {
  const text = decodeUtf8(disk.readFile(path, limits.sectionBytes)) ?? ''
  const [first = '', order = '0', ...titles] = text.trimEnd().split('\n')
  const [serial = '', granted] = first.split(' ')
  const packages = titles
    .map((title) => title.split(' '))
    .map(([name = '', version = '']) => [name, version] as const)
  return {
    serial: Number(serial),
    isGranted: granted === 'granted',
    order: Number(order),
    packages: new Map(packages),
  }
}

export interface Marked extends Mark {
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

/** As apply chooses: what is newer than the current serial, then what leads back as a grant allows, then the same serial again. */
export function waitingMark(
  { disk }: Outside,
  { places, record }: { readonly places: Places; readonly record: StateRecord },
): Marked | undefined {
  const serial = record.channel?.serial ?? 0
  const rank = (waiting: Mark): number => (waiting.serial > serial ? 2 : waiting.isGranted ? 1 : 0)
  const [best] = listMarks(disk, `${places.own}/incoming`)
    .filter((waiting) => waiting.isGranted || waiting.serial >= serial)
    .toSorted((a, b) => rank(b) - rank(a) || b.serial - a.serial || b.order - a.order)
  return best
}
