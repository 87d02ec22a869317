// search: what the channel has, by the catalogue that came with the newest bundle. Nothing of it need be here.
import { MossError, unlessRefused } from '../base/error.ts'
import { type Catalogue, compareFound, type Found } from '../channel/catalogue.ts'
import type { Outside } from '../host/outside.ts'
import { formatCapability } from '../manifest/capability.ts'
import { managedPlaces, stateTree } from './installed.ts'
import { waitingMark } from './imported-mark.ts'
import { followedCatalogue, type KeptCatalogue } from './kept-catalogues.ts'
import { readModel } from './model-file.ts'

export interface FoundPackage {
  readonly name: string
  readonly version: string
  readonly summary: string
  readonly sizeBytes: number
  /** The version that is here; absent where none is. */
  readonly installed?: string
  /** The version that a bundle brings which is imported and not applied yet, where it is not the one that is here. */
  readonly waiting?: string
  /** The model asks for it by its name. */
  readonly isAsked?: boolean
  /** What it provides that has the word, where its name has not. */
  readonly capability?: string
}

export interface SearchResult {
  readonly channel: string
  readonly serial: number
  /** The newest of each name; the best first. */
  readonly packages: readonly FoundPackage[]
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
  return searchIn(outside, { root, words, kept: followedCatalogue(outside, root) })
}

interface SearchIn {
  readonly root: string
  readonly kept: KeptCatalogue
  /** None of them empty; without any, all is found. */
  readonly words: readonly string[]
}

export function searchIn(outside: Outside, { root, kept, words }: SearchIn): SearchResult {
  const { channel, serial, catalogue } = kept
  const places = managedPlaces(outside, root)
  const { record } = stateTree(outside, { places, state: undefined })
  const here = new Map(record.packages.map(({ name, version }) => [name, version]))
  const comes = unlessRefused(() => waitingMark(outside, places))?.packages
  const asked = new Set(
    readModel(outside, places)
      .model.subscriptions.filter(({ kind }) => kind === 'name')
      .map(({ name }) => name),
  )
  return {
    channel,
    serial,
    packages: newestWith(catalogue, words).map(({ position, found: { where, capability } }) => {
      const name = catalogue.nameOf(position)
      const installed = here.get(name)
      const waiting = comes?.get(name)
      return {
        name,
        version: catalogue.versionOf(position),
        summary: catalogue.summaryOf(position),
        sizeBytes: catalogue.sizeBytesOf(position),
        ...(installed !== undefined && { installed }),
        ...(waiting !== undefined && waiting !== installed && { waiting }),
        ...(asked.has(name) && { isAsked: true }),
        ...(where === 'capability' && capability && { capability: formatCapability(capability) }),
      }
    }),
  }
}

interface FoundAt {
  readonly position: number
  readonly found: Found
}

/** The newest of each name, the best first; without words all of them, by name. */
function newestWith(catalogue: Catalogue, words: readonly string[]): readonly FoundAt[] {
  const isNewest = ({ position }: FoundAt): boolean => catalogue.isNewest(position)
  const [first, ...others] = words.map((word) => catalogue.search(word))
  if (first === undefined)
    return Array.from({ length: catalogue.size }, (_, position) => ({
      position,
      found: { where: 'name' } as const,
    })).filter(isNewest)
  return [...first]
    .flatMap(([position, found]) => {
      const more = others.map((each) => each.get(position))
      if (!more.every((each) => each !== undefined)) return []
      const worst = more.reduce((worse, each) => (compareFound(worse, each) < 0 ? each : worse), found)
      return [{ position, found: worst }]
    })
    .filter(isNewest)
    .toSorted((a, b) => compareFound(a.found, b.found) || a.position - b.position)
}
