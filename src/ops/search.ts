// search: what the channel has, by the catalogue that came with the newest bundle. Nothing of it need be here.
import { MossError } from '../base/error.ts'
import { compareFound, type Found } from '../channel/catalogue.ts'
import type { Outside } from '../host/outside.ts'
import { formatCapability } from '../manifest/capability.ts'
import { managedPlaces, stateTree } from './installed.ts'
import { type KeptCatalogue, newestCatalogue } from './kept-catalogues.ts'
import { readModel } from './model-file.ts'

export interface FoundPackage {
  readonly name: string
  readonly version: string
  readonly summary: string
  readonly sizeBytes: number
  /** The version that is here; absent where none is. */
  readonly installed?: string
  /** What it provides that has the word, where its name has not. */
  readonly capability?: string
}

export interface SearchResult {
  readonly channel: string
  readonly serial: number
  /** The newest of each name; the best first. */
  readonly packages: readonly FoundPackage[]
}

/** The catalogue of the channel that the model follows. Throws CATALOGUE_MISSING where no bundle has brought one. */
export function followedCatalogue(outside: Outside, root: string): KeptCatalogue {
  const places = managedPlaces(outside, root)
  const { channel } = readModel(outside, places).model
  const found = newestCatalogue({ outside, places }, channel)
  if (found === undefined) throw new MossError('CATALOGUE_MISSING', { channel })
  return found
}

/** What has all of the words. Throws CLI_USAGE for one that is empty, CATALOGUE_MISSING. */
export async function searchPackages(
  outside: Outside,
  { root, words }: { readonly root: string; readonly words: readonly string[] },
): Promise<SearchResult> {
  if (words.some((word) => word.trim() === ''))
    throw new MossError('CLI_USAGE', {
      problem: 'there is nothing to search for in an empty word',
      see: 'search',
    })
  const { channel, serial, catalogue } = followedCatalogue(outside, root)
  const [first, ...others] = words.map((word) => catalogue.search(word))
  const all = [...(first ?? [])].flatMap(([position, found]) => {
    const more = others.map((each) => each.get(position))
    return more.every((each) => each !== undefined)
      ? [
          {
            position,
            found: more.reduce<Found>((worst, each) => (compareFound(worst, each) < 0 ? each : worst), found),
          },
        ]
      : []
  })
  const newest = all.filter(({ position }) => catalogue.siblingsOf(position)[0] === position)
  const { record } = stateTree(outside, { places: managedPlaces(outside, root), state: undefined })
  const here = new Map(record.packages.map(({ name, version }) => [name, version]))
  return {
    channel,
    serial,
    packages: newest
      .toSorted((a, b) => compareFound(a.found, b.found) || a.position - b.position)
      .map(({ position, found: { where, capability } }) => {
        const name = catalogue.nameOf(position)
        const installed = here.get(name)
        return {
          name,
          version: catalogue.versionOf(position),
          summary: catalogue.summaryOf(position),
          sizeBytes: catalogue.sizeBytesOf(position),
          ...(installed !== undefined && { installed }),
          ...(where === 'capability' && capability && { capability: formatCapability(capability) }),
        }
      }),
  }
}
