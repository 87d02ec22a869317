// pack: makes a package of a directory, as a channel takes it in, but into a file of its own: for another station, or
// another day.
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { readFolder } from '../ingest/folder.ts'
import { makePackage } from '../ingest/make-package.ts'
import { type BuiltPackage, tellBuilt } from './build.ts'
import { placeMap } from './channels.ts'
import { packageThere } from './package-there.ts'
import { type AskPassphrase, makeFolders, openStation, signersFor, stationRoot } from './station.ts'
import type { ReportEvent } from './types.ts'

export interface PackPlan {
  readonly home: string
  readonly folder: string
  /** The folder that the package goes to; made if absent. */
  readonly output: string
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** `FROM=TO` each. */
  readonly place: readonly string[]
}

export interface PackRequest extends Omit<PackPlan, 'name' | 'version' | 'architecture'> {
  readonly name: string | undefined
  readonly version: string | undefined
}

/** Throws NOT_FOUND, PACKAGE_UNREADABLE, CLI_USAGE. */
export async function planPack(outside: Outside, request: PackRequest): Promise<PackPlan> {
  placeMap(request.place, 'pack')
  const { folder } = request
  const kind = outside.disk.lstat(folder)?.kind
  if (kind === undefined) throw new MossError('NOT_FOUND', { what: 'package file', name: folder })
  if (kind !== 'folder')
    throw new MossError('PACKAGE_UNREADABLE', { path: folder, problem: 'it is not a directory' })
  const { name, version, architecture } = (await readFolder(outside, folder, saidOf(request))).description
  return { ...request, name, version, architecture }
}

const saidOf = ({ name, version }: Pick<PackRequest, 'name' | 'version'>) => ({
  ...(name === undefined ? {} : { name }),
  ...(version === undefined ? {} : { version }),
})

/** Throws KEY_ABSENT, PACKAGE_OF_OTHERS, and what makePackage throws. */
export async function executePack(
  outside: Outside,
  { plan, ask }: { readonly plan: PackPlan; readonly ask: AskPassphrase },
  report: ReportEvent,
): Promise<BuiltPackage> {
  using station = openStation(outside, { home: plan.home, how: 'read' })
  const root = stationRoot(station)
  const signers = await signersFor(station, { role: 'packager', root, ask })
  makeFolders(outside.disk, plan.output)
  const source = await readFolder(outside, plan.folder, saidOf(plan))
  const made = await makePackage(outside, source, {
    folder: plan.output,
    signers,
    place: placeMap(plan.place, 'pack'),
    isWhole: packageThere(station),
    report,
  })
  return tellBuilt(made)
}
