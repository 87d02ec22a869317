// Makes a package's container from a source, in one pass: each entry gets its place, each body is cut straight into
// the spool of frames while what it provides is looked for, and the manifest is written last. Memory is
// bounded by one batch of small files and the windows of the cutter, whatever the package's size. The same
// source and keys give the same bytes: no clock, no path of this machine.
import { encodeUtf8, fromHex } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { PackageId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { type FinishedFrames, startFrames } from '../container/frames.ts'
import { encodeCapabilities, encodeManifests } from '../container/package-table.ts'
import { writeContainer } from '../container/write.ts'
import type { Outside } from '../host/outside.ts'
import { formatCapability } from '../manifest/capability.ts'
import { encodeManifest, packageIdOf } from '../manifest/codec.ts'
import { packageFileName } from '../manifest/file-name.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { Intake } from './intake.ts'
import type { PlaceMap } from './placement.ts'
import type { ScriptReport } from './scripts.ts'
import type { PackageSource } from './source.ts'

type Signers = Parameters<typeof writeContainer>[3]

export interface MakeOptions {
  /** Where the container goes. */
  readonly folder: string
  /** Where the frames grow meanwhile; `folder` by default. */
  readonly spoolFolder?: string
  /** Whole seconds since 1970; the newest date in the package by default. */
  readonly created?: number
  readonly signers: Signers
  /** Of zstd. */
  readonly level?: number
  readonly place?: PlaceMap
  /** Whether the file at a path is this very package, every byte; one that is not is replaced. */
  readonly isWhole: (path: string, id: PackageId) => boolean
  readonly report: Report
}

export interface IngestReport {
  readonly scripts: ScriptReport
  /** Folders of the package that no package owns, such as `run` or `home`: left out. */
  readonly outsideFolders: readonly string[]
  /** What a person should know: what was left out or could not be read. */
  readonly notes: readonly string[]
  readonly files: number
  readonly plainBytes: number
  readonly storedBytes: number
}

export interface MadePackage {
  readonly id: PackageId
  readonly path: string
  readonly manifest: Manifest
  readonly report: IngestReport
  /** False when the folder had this very package already; then nothing was written. */
  readonly isNew: boolean
  /** What bore its name was not this package any more, and was replaced. */
  readonly isMended: boolean
}

/** Throws PACKAGE_UNREADABLE, PACKAGE_PATH_REFUSED, MANIFEST_INVALID; then nothing is left behind. */
export async function makePackage(
  outside: Outside,
  source: PackageSource,
  options: MakeOptions,
): Promise<MadePackage> {
  const spoolPath = `${options.spoolFolder ?? options.folder}/.package.frames`
  if (outside.disk.lstat(spoolPath) !== undefined) outside.disk.remove(spoolPath)
  using spool = startFrames(outside, spoolPath, options.level === undefined ? {} : { level: options.level })
  const intake = new Intake({ outside, source, spool, place: options.place ?? {}, report: options.report })
  const taken = await intake.run()
  const manifestBytes = encodeManifest(taken.manifest)
  const id = packageIdOf(manifestBytes)
  const path = `${options.folder}/${packageFileName(id, taken.manifest)}`
  const frames = await spool.finish()
  const isNew = outside.disk.lstat(path) === undefined
  const isMended = !isNew && !options.isWhole(path, id)
  if (isNew || isMended)
    await writeContainer(
      outside,
      path,
      {
        kind: 'package',
        created: options.created ?? taken.newest,
        about: aboutOf(taken.manifest, id),
        sections: sectionsOf(taken.manifest, { id, bytes: manifestBytes }),
        frames,
        replace: isMended,
      },
      options.signers,
      options.report,
    )
  return { id, path, manifest: taken.manifest, report: reportOf(source, taken, frames), isNew, isMended }
}

function reportOf(
  source: PackageSource,
  taken: Awaited<ReturnType<Intake['run']>>,
  frames: FinishedFrames,
): IngestReport {
  const { outsideFolders, notes, files, plainBytes } = taken
  return {
    scripts: source.scripts,
    outsideFolders,
    notes,
    files,
    plainBytes,
    storedBytes: frames.storedBytes,
  }
}

/** What the head of a package's container says, so that a list of packages needs no manifests. */
const aboutOf = ({ name, version, architecture }: Manifest, id: PackageId) => ({
  package: fromHex(id),
  name,
  version,
  architecture,
})

function sectionsOf(manifest: Manifest, item: { readonly id: PackageId; readonly bytes: Uint8Array }) {
  const { manifests, packages } = encodeManifests([item])
  const texts = new Set([
    formatCapability({ kind: 'name', name: manifest.name }),
    ...manifest.provides.map(({ kind, name }) => formatCapability({ kind, name })),
  ])
  const providers = [...texts].map((text) => ({ capability: digestOf(encodeUtf8(text)), package: item.id }))
  return [
    { name: 'manifests', bytes: manifests },
    { name: 'packages', bytes: packages },
    { name: 'capabilities', bytes: encodeCapabilities(providers, [item.id]) },
  ] as const
}
