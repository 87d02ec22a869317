// list, info, files, owns, why: questions about the current state.
import { isMossError, MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { formatCapability, formatRelation, parseRelation } from '../manifest/capability.ts'
import { decodeManifest } from '../manifest/codec.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { provides } from '../manifest/match.ts'
import { sayFew } from '../solve/phrases.ts'
import { findManifest } from '../state/manifests.ts'
import { type InstalledPackage, managedPlaces, readInstalled, sayReason, stateTree } from './installed.ts'
import { followedCatalogue } from './search.ts'

interface OfRoot {
  readonly root: string
}

function installedIn(outside: Outside, { root }: OfRoot): readonly InstalledPackage[] {
  const places = managedPlaces(outside, root)
  return readInstalled(outside, stateTree(outside, { places, state: undefined }))
}

/** Only its own manifest is read: another that is lost is no hindrance. */
function installedNamed(
  outside: Outside,
  { root, name }: OfRoot & { readonly name: string },
): InstalledPackage {
  const places = managedPlaces(outside, root)
  const state = stateTree(outside, { places, state: undefined })
  const packages = state.record.packages.filter((recorded) => recorded.name === name)
  const [found] = readInstalled(outside, { ...state, record: { ...state.record, packages } })
  if (found === undefined) throw new MossError('NOT_FOUND', { what: 'installed package', name })
  return found
}

/** A lost manifest costs one line its summary, not the list. */
export async function listPackages(outside: Outside, { root }: OfRoot) {
  const places = managedPlaces(outside, root)
  const { tree, record } = stateTree(outside, { places, state: undefined })
  const place = { disk: outside.disk, places }
  return record.packages.map(({ id, name, version, reason }) => {
    const bytes = findManifest(place, { tree, id })
    const { architecture, summary } =
      bytes === undefined
        ? { architecture: '', summary: 'its manifest is lost: moss repair' }
        : decodeManifest(bytes, `manifest of ${name}`)
    return { name, version, architecture, summary, id, reason: sayReason(reason) }
  })
}

/** What the catalogue has of a package that is not installed. Throws NOT_FOUND. */
export async function offeredInfo(outside: Outside, { root, name }: OfRoot & { readonly name: string }) {
  const { channel, serial, catalogue } = followedCatalogue(outside, root)
  const position = catalogue
    .find({ kind: 'name', name })
    .find((each) => catalogue.nameOf(each) === name && catalogue.siblingsOf(each)[0] === each)
  if (position === undefined) throw new MossError('NOT_FOUND', { what: 'installed or offered package', name })
  const { id, manifest, sizeBytes } = catalogue.entry(position)
  return {
    name,
    version: manifest.version,
    architecture: manifest.architecture,
    summary: manifest.summary,
    id,
    channel,
    serial,
    sizeBytes,
    ...relationsOf(manifest),
  }
}

const relationsOf = ({
  provides: provided,
  requires,
  conflicts,
}: Pick<Manifest, 'provides' | 'requires' | 'conflicts'>) => ({
  provides: provided.map(formatCapability),
  requires: requires.map((alternatives) => alternatives.map(formatRelation).join(' | ')),
  conflicts: conflicts.map(formatRelation),
})

/** Whether the current state has a package of this name. */
export function isInstalled(outside: Outside, { root, name }: OfRoot & { readonly name: string }): boolean {
  const places = managedPlaces(outside, root)
  const { record } = stateTree(outside, { places, state: undefined })
  return record.packages.some((recorded) => recorded.name === name)
}

export async function packageInfo(outside: Outside, request: OfRoot & { readonly name: string }) {
  const { id, reason, manifest } = installedNamed(outside, request)
  const files = manifest.layout.filter((entry) => entry.kind === 'file')
  return {
    name: manifest.name,
    version: manifest.version,
    architecture: manifest.architecture,
    summary: manifest.summary,
    description: manifest.description,
    licence: manifest.licence,
    origin: manifest.origin,
    id,
    reason: sayReason(reason),
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    ...relationsOf(manifest),
    privileged: manifest.privileged,
  }
}

export async function packageFiles(
  outside: Outside,
  request: OfRoot & { readonly name: string },
): Promise<readonly string[]> {
  return installedNamed(outside, request)
    .manifest.layout.filter((entry) => entry.kind !== 'folder')
    .map((entry) => entry.path)
}

/** By the path as people type it: with or without the leading slash, also through the merged links of the root. */
export async function ownerOf(outside: Outside, { root, path }: OfRoot & { readonly path: string }) {
  const plain = path.replace(/^\/+/, '').replace(/\/+$/, '')
  const wanted = /^(bin|sbin|lib|lib64)\//.test(plain) ? `usr/${plain}` : plain
  const owners = installedIn(outside, { root }).flatMap(({ manifest: { name, version, layout } }) =>
    layout
      .filter((entry) => entry.path === wanted)
      .map((entry) => ({ name, version, path: entry.path, kind: entry.kind })),
  )
  if (owners.length === 0)
    throw new MossError('NOT_FOUND', { what: 'installed package that owns', name: path })
  return owners
}

/** What else the channel has for a relation, as the end of a sentence; nothing where no catalogue is here. */
function othersServing(outside: Outside, root: string): (relation: string, chosen: string) => string {
  const catalogue = unless('CATALOGUE_MISSING', () => followedCatalogue(outside, root).catalogue)
  return (text, chosen) => {
    // A kind that this moss does not know yet can be asked for by a package, and not by a person.
    const relation = unless('CAPABILITY_INVALID', () => parseRelation(text))
    const found = relation === undefined ? [] : (catalogue?.find(relation) ?? [])
    const names = new Set(found.map((position) => catalogue?.nameOf(position) ?? ''))
    names.delete(chosen)
    return names.size === 0 ? '' : `, for which ${sayFew([...names])} would serve too`
  }
}

function unless<T>(code: 'CAPABILITY_INVALID' | 'CATALOGUE_MISSING', ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (isMossError(error, code)) return undefined
    throw error
  }
}

/** One chain for each installed package that provides it, from that package back to a subscription. */
export async function explainWhyInstalled(
  outside: Outside,
  { root, capability }: OfRoot & { readonly capability: string },
): Promise<readonly { readonly package: string; readonly lines: readonly string[] }[]> {
  const installed = installedIn(outside, { root })
  const wanted = parseRelation(capability)
  const byName = new Map(installed.map((entry) => [entry.manifest.name, entry]))
  const found = installed.filter((entry) => provides(entry.manifest, wanted))
  if (found.length === 0)
    throw new MossError('NOT_FOUND', {
      what: 'installed package that provides',
      name: formatRelation(wanted),
    })
  const others = othersServing(outside, root)
  return found.map((first) => {
    const lines: string[] = []
    const seen = new Set<string>()
    for (let at: InstalledPackage | undefined = first; at !== undefined && !seen.has(at.manifest.name);) {
      const { manifest, reason }: InstalledPackage = at
      seen.add(manifest.name)
      lines.push(
        reason.kind === 'subscription'
          ? `${manifest.name} ${manifest.version} is here because the model asks for ${reason.subscription}${others(reason.subscription, manifest.name)}`
          : `${manifest.name} ${manifest.version} is here because ${reason.by} requires ${reason.relation}${others(reason.relation, manifest.name)}`,
      )
      at = reason.kind === 'requirement' ? byName.get(reason.by) : undefined
    }
    return { package: first.manifest.name, lines }
  })
}
