// list, info, files, owns, why: questions about the current state, and about what the channel offers.
import { MossError, unlessRefused } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { formatCapability, formatRelation, parseRelation, type Relation } from '../manifest/capability.ts'
import { decodeManifest } from '../manifest/codec.ts'
import { bytesOf, filesOf } from '../manifest/layout-files.ts'
import type { LayoutEntry, ManifestRelations } from '../manifest/manifest.ts'
import { provides } from '../manifest/match.ts'
import { findManifest } from '../state/manifests.ts'
import { type InstalledPackage, managedPlaces, readInstalled, stateTree } from './installed.ts'
import { othersAt, sayReason } from './reasons.ts'
import { catalogueIfAny, followedCatalogue } from './kept-catalogues.ts'

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

/** The newest that the channel has of a name. Throws NOT_FOUND, CATALOGUE_MISSING. */
function offeredNamed(outside: Outside, { root, name }: OfRoot & { readonly name: string }) {
  const kept = followedCatalogue(outside, root)
  const { catalogue } = kept
  const position = catalogue
    .find({ kind: 'name', name })
    .find((each) => catalogue.nameOf(each) === name && catalogue.isNewest(each))
  if (position === undefined) throw new MossError('NOT_FOUND', { what: 'installed or offered package', name })
  return { ...kept, position }
}

/** What the catalogue has of a package that is not installed. Throws NOT_FOUND, CATALOGUE_MISSING. */
export async function offeredInfo(outside: Outside, request: OfRoot & { readonly name: string }) {
  const { channel, serial, catalogue, position } = offeredNamed(outside, request)
  const { id, manifest, sizeBytes } = catalogue.entry(position)
  return {
    name: manifest.name,
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

const formatAlternatives = (alternatives: readonly Relation[]): string =>
  alternatives.map(formatRelation).join(' | ')

const relationsOf = ({ provides: provided, requires, recommends = [], conflicts }: ManifestRelations) => ({
  provides: provided.map(formatCapability),
  requires: requires.map(formatAlternatives),
  recommends: recommends.map(formatAlternatives),
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
    sizeBytes: bytesOf(manifest),
    ...relationsOf(manifest),
    privileged: manifest.privileged,
  }
}

/** Of what is installed, or of the newest that the channel offers. */
export async function packageFiles(outside: Outside, request: OfRoot & { readonly name: string }) {
  if (isInstalled(outside, request)) {
    const { manifest } = installedNamed(outside, request)
    return { installed: true, files: filesOf(manifest) }
  }
  const { catalogue, position } = offeredNamed(outside, request)
  return { installed: false, files: catalogue.filesOf(position) ?? [] }
}

export interface PathOwner {
  readonly name: string
  readonly version: string
  readonly path: string
  readonly installed: boolean
  /** Of what is installed. */
  readonly kind?: LayoutEntry['kind']
}

/**
 * By the path as people type it: with or without the leading slash, also through the merged links of the root. What is
 * installed; if nothing of it has the path, what the channel offers.
 */
export async function ownerOf(
  outside: Outside,
  { root, path }: OfRoot & { readonly path: string },
): Promise<readonly PathOwner[]> {
  const plain = path.replace(/^\/+/, '').replace(/\/+$/, '')
  const wanted = /^(bin|sbin|lib|lib64)\//.test(plain) ? `usr/${plain}` : plain
  const owners = installedIn(outside, { root }).flatMap(({ manifest: { name, version, layout } }) =>
    layout
      .filter((entry) => entry.path === wanted)
      .map(({ kind }) => ({ name, version, path: wanted, installed: true, kind })),
  )
  const found = owners.length > 0 ? owners : offeredOwners(outside, root, wanted)
  if (found.length === 0) throw new MossError('NOT_FOUND', { what: 'package that owns', name: path })
  return found
}

/** Without a catalogue nothing is known of them. */
function offeredOwners(outside: Outside, root: string, path: string): readonly PathOwner[] {
  const catalogue = catalogueIfAny(outside, root)
  const owners = unlessRefused(() =>
    catalogue?.ownersOf(path).map((position) => ({
      name: catalogue.nameOf(position),
      version: catalogue.versionOf(position),
      path,
      installed: false,
    })),
  )
  return owners ?? []
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
  const others = othersAt(outside, root)
  return found.map((first) => {
    const lines: string[] = []
    const seen = new Set<string>()
    for (let at: InstalledPackage | undefined = first; at !== undefined && !seen.has(at.manifest.name);) {
      const { manifest, reason }: InstalledPackage = at
      seen.add(manifest.name)
      const asked =
        reason.kind === 'subscription' ? `the model asks for ${reason.subscription}` : sayReason(reason)
      lines.push(
        `${manifest.name} ${manifest.version} is here because ${asked}${others(reason, manifest.name)}`,
      )
      at = reason.kind === 'subscription' ? undefined : byName.get(reason.by)
    }
    return { package: first.manifest.name, lines }
  })
}
