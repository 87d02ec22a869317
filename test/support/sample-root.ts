// Small packages and managed roots for tests of states: packages from a map of paths to texts, their contents brought
// into the store as an import would, and a root opened as a session opens it.
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../src/base/ids.ts'
import type { Database } from '../../src/host/database.ts'
import type { Outside } from '../../src/host/outside.ts'
import { encodeManifest, packageIdOf } from '../../src/manifest/codec.ts'
import type { LayoutEntry, Manifest } from '../../src/manifest/manifest.ts'
import { comparePaths, parentOf } from '../../src/manifest/path.ts'
import { initRoot, type InitRequest } from '../../src/state/init.ts'
import type { Check } from '../../src/state/health.ts'
import { placesOf } from '../../src/state/places.ts'
import type { StagePackage, StageRequest } from '../../src/state/stage.ts'
import { openStates, type States } from '../../src/state/states.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Counters } from '../../src/trust/counters.ts'

export interface SamplePackage {
  readonly id: PackageId
  readonly manifest: Manifest
  readonly contents: ReadonlyMap<ContentDigest, Uint8Array>
}

/** A file's text, or more about it; `target` makes a symlink, `folder` a folder. */
export type SampleEntry =
  | string
  | {
      readonly text: string | Uint8Array
      readonly mode?: number
      readonly uid?: number
      readonly gid?: number
    }
  | { readonly target: string }
  | { readonly folder: number }

export function samplePackage(
  name: string,
  version: string,
  entries: Readonly<Record<string, SampleEntry>>,
): SamplePackage {
  const layout = new Map<string, LayoutEntry>()
  const contents = new Map<ContentDigest, Uint8Array>()
  const addFolder = (path: string, mode = 0o755): void => {
    const parent = parentOf(path)
    if (parent !== undefined && !layout.has(parent)) addFolder(parent)
    layout.set(path, { kind: 'folder', path, mode, uid: 0, gid: 0 })
  }
  for (const [path, entry] of Object.entries(entries)) {
    const parent = parentOf(path)
    if (parent !== undefined && !layout.has(parent)) addFolder(parent)
    if (typeof entry !== 'string' && 'folder' in entry) addFolder(path, entry.folder)
    else if (typeof entry !== 'string' && 'target' in entry)
      layout.set(path, { kind: 'symlink', path, target: entry.target })
    else {
      const { text, mode = 0o644, uid = 0, gid = 0 } = typeof entry === 'string' ? { text: entry } : entry
      const bytes = typeof text === 'string' ? encodeUtf8(text) : text
      const content = digestOf<ContentDigest>(bytes)
      contents.set(content, bytes)
      layout.set(path, { kind: 'file', path, mode, uid, gid, sizeBytes: bytes.length, content })
    }
  }
  const sorted = [...layout.values()].toSorted((a, b) => comparePaths(a.path, b.path))
  const manifest: Manifest = {
    name,
    version,
    scheme: 'deb',
    architecture: 'any',
    summary: `${name} for tests`,
    description: '',
    licence: 'MIT',
    origin: '',
    provides: [],
    requires: [],
    conflicts: [],
    replaces: [],
    layout: sorted,
    privileged: sorted
      .filter((entry) => entry.kind !== 'symlink' && (entry.mode & 0o6000) !== 0)
      .map(({ path }) => path),
  }
  return { id: packageIdOf(encodeManifest(manifest)), manifest, contents }
}

export const sampleDate = 1_700_000_000

export const sampleCounters = (serial: number): Counters => ({
  rootVersion: 1,
  epoch: 1,
  used: [],
  serials: serial === 0 ? {} : { stable: { serial, snapshot: digestOf(encodeUtf8(`snapshot ${serial}`)) } },
  timeFloor: sampleDate + serial,
})

export const sampleInit: InitRequest = {
  created: sampleDate,
  model: 'channel = "stable"\n',
  counters: sampleCounters(0),
  keys: [{ name: 'host.pub', bytes: encodeUtf8('a key'), mode: 0o644 }],
}

export interface OpenRoot extends Disposable {
  readonly outside: Outside
  readonly root: string
  readonly database: Database
  readonly store: Store
  readonly states: States
}

export function openRoot(outside: Outside, root: string, check?: Check): OpenRoot {
  const places = placesOf(root)
  const database = outside.openDatabase(places.database, 'write')
  const store = openStore({ disk: outside.disk, database, folder: places.own, userId: outside.userId })
  const states = openStates({ outside, root, database, store, ...(check && { check }) })
  return { outside, root, database, store, states, [Symbol.dispose]: () => database[Symbol.dispose]() }
}

export function freshRoot(outside: Outside, root: string, check?: Check): OpenRoot {
  initRoot(outside, root, sampleInit)
  return openRoot(outside, root, check)
}

/** What an import would have done: every content of the packages becomes an asset as their layouts have it. */
export async function importSamples(
  store: Store,
  packages: readonly SamplePackage[],
  label = 'samples',
): Promise<void> {
  using intake = store.beginImport(label)
  for (const { manifest, contents } of packages)
    for (const entry of manifest.layout) {
      if (entry.kind !== 'file') continue
      const { content, sizeBytes, mode, uid, gid } = entry
      const bytes = contents.get(content)
      if (bytes === undefined) throw new Error(`no bytes for ${entry.path}`)
      if (sizeBytes > 0 && !intake.hasContent(content)) {
        intake.create(content, sizeBytes).write(bytes, 0)
        await intake.finish(content)
      }
      intake.addAsset({ content, sizeBytes, mode, uid, gid })
    }
  intake.commit()
}

export const stagePackage = ({ id, manifest }: SamplePackage): StagePackage => ({
  id,
  manifest,
  reason: { kind: 'subscription', subscription: `name(${manifest.name})` },
})

export const sampleRequest = (packages: readonly SamplePackage[], serial = 1): StageRequest => ({
  packages: packages.map(stagePackage),
  model: `channel = "stable"\n# ${serial}\n`,
  channel: {
    name: 'stable',
    epoch: 1,
    serial,
    snapshot: digestOf(encodeUtf8(`snapshot ${serial}`)),
  },
  created: sampleDate + serial,
})

/** Import, stage, publish: the whole of `apply`. */
export async function applySamples(
  { store, states }: Pick<OpenRoot, 'store' | 'states'>,
  packages: readonly SamplePackage[],
  serial = 1,
): Promise<number> {
  await importSamples(store, packages)
  const staged = await states.stage(sampleRequest(packages, serial), () => {})
  const { record } = await states.publish(staged, { counters: sampleCounters(serial) }, () => {})
  return record.number
}
