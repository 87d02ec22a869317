// init --adopt: what stands at usr becomes state 0, as it is and where it is. The plan says what is there, what is taken over
// and what is not; executing it writes beside the tree alone. The first apply exchanges it away like every state, and
// rollback 0 brings it back.
import { MossError } from '../base/error.ts'
import { plural } from '../base/format.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom, inBlocks } from '../host/room.ts'
import { isPackageName, parseRelation } from '../manifest/capability.ts'
import { formatModel } from '../solve/model.ts'
import { checkAdoptable, type TopName } from '../state/adoptable.ts'
import { listTree } from '../state/adopted-list.ts'
import { missingAtTop } from '../state/init.ts'
import { placesOf } from '../state/places.ts'
import { walkTree } from '../state/tree-digest.ts'
import { type ForeignPackages, readForeignPackages } from './foreign-packages.ts'
import { type InitHost, makeHost, readyToInit } from './init.ts'
import { readSystem } from './system-name.ts'
import type { ReportEvent } from './types.ts'

export interface AdoptPlan {
  readonly kind: 'adopt'
  readonly root: string
  /** Of the folder usr: another one by then is not taken over. */
  readonly inode: number
  /** What it says it is; empty where it says nothing. */
  readonly system: string
  readonly files: number
  /** Everything in usr, itself too. */
  readonly entries: number
  /** A file of several names counts once. */
  readonly sizeBytes: number
  readonly top: readonly TopName[]
  /** What is lacking outside of usr and is made: paths in the root. */
  readonly makes: readonly string[]
  /** Absent where no package manager that is known here left word. */
  readonly packages?: ForeignPackages
  /** A model that subscribes to those that somebody asked for, whether or not the channel has them. */
  readonly model?: string
  /** The kernels whose modules are in usr. */
  readonly kernels: readonly string[]
  /** Entries of usr/local, which no package owns. */
  readonly local: number
  readonly warnings: readonly string[]
}

/** Writes nothing. Throws ALREADY_EXISTS, HOST_UNSUPPORTED, STATE_MOUNTED, HOST_NO_SPACE. */
export async function planAdopt(
  outside: Outside,
  { root, channel, architecture = outside.machineArchitecture }: Pick<InitHost, 'root'> & Partial<InitHost>,
  report: ReportEvent,
): Promise<AdoptPlan> {
  const { disk } = outside
  const places = placesOf(root)
  const top = checkAdoptable({ outside }, root)
  const held = await measureTree(outside, places.usr, report)
  assertRoom(disk, places.root, { sizeBytes: held.blockBytes, inodes: held.entries })
  const kernels = foldersIn(outside, `${places.usr}/lib/modules`)
  const packages = readForeignPackages(disk, places)
  return {
    kind: 'adopt',
    root: places.root,
    inode: held.inode,
    system: readSystem(outside, places),
    files: held.files,
    entries: held.entries,
    sizeBytes: held.sizeBytes,
    top,
    makes: missingAtTop(disk, places),
    ...(packages && { packages, model: modelFor(packages, { channel, architecture }) }),
    kernels,
    local: held.local,
    warnings: warningsFor({ top, kernels, local: held.local }),
  }
}

function modelFor(
  { packages }: ForeignPackages,
  { channel = 'stable', architecture }: Pick<InitHost, 'channel' | 'architecture'>,
): string {
  const wanted = packages.filter(({ name, isAskedFor }) => isAskedFor && isPackageName(name))
  return formatModel({
    channel,
    architecture,
    subscriptions: wanted.map(({ name }) => parseRelation(name)),
    holds: [],
  })
}

interface Held {
  readonly inode: number
  files: number
  entries: number
  sizeBytes: number
  blockBytes: number
  local: number
}

/** Looks at each entry, reads none. */
async function measureTree({ disk, turn }: Outside, usr: string, report: ReportEvent): Promise<Held> {
  const held: Held = {
    inode: disk.lstat(usr)?.inode ?? 0,
    files: 0,
    entries: 0,
    sizeBytes: 0,
    blockBytes: 0,
    local: 0,
  }
  const seen = new Set<number>()
  for (const path of walkTree(disk, usr)) {
    const stat = disk.lstat(`${usr}${path}`)
    held.entries += 1
    if (path.startsWith('/local/') && stat?.kind !== 'folder') held.local += 1
    if (stat?.kind === 'folder') held.blockBytes += inBlocks(stat.sizeBytes)
    if (stat?.kind === 'file') {
      held.files += 1
      if (stat.links === 1 || !seen.has(stat.inode)) {
        held.sizeBytes += stat.sizeBytes
        held.blockBytes += inBlocks(stat.sizeBytes)
      }
      if (stat.links > 1) seen.add(stat.inode)
    }
    if (held.entries % 256 === 0) {
      report({ phase: 'measure', doneItems: held.entries })
      await turn()
    }
  }
  return held
}

const foldersIn = ({ disk }: Outside, folder: string): readonly string[] =>
  disk.lstat(folder)?.kind === 'folder'
    ? disk.list(folder).flatMap(({ name, kind }) => (kind === 'folder' ? [name] : []))
    : []

function warningsFor({
  top,
  kernels,
  local,
}: Pick<AdoptPlan, 'top' | 'kernels' | 'local'>): readonly string[] {
  const apart = top.filter(({ is }) => is === 'folder').map(({ name }) => `/${name}`)
  const loaders = apart.filter((name) => name.startsWith('/lib'))
  return [
    ...(apart.length === 0
      ? []
      : [
          `${apart.join(', ')}: folders of their own, not links into usr; what is in them is no part of any state: no apply renews it, no rollback brings it back`,
        ]),
    ...(loaders.length === 0
      ? []
      : [
          `programs of new states would run with the loader and the C library of ${loaders.join(', ')} as these stand, and fail where they need newer ones: merge the root into usr first (Debian: package usrmerge; Alpine: package merge-usr)`,
        ]),
    ...(kernels.length === 0
      ? []
      : [
          `modules of ${plural(kernels.length, 'kernel')} (${kernels.join(', ')}) are in usr, and are not there after the first apply unless a package of the channel brings them: subscribe to it, or the machine starts without them`,
        ]),
    ...(local === 0
      ? []
      : [
          `usr/local holds ${plural(local, 'file')} that no package owns: they are kept with state 0, and are in no state after it`,
        ]),
  ]
}

/** What can be refused before anything is looked at. Throws as init does. */
export const checkAdopt = (outside: Outside, request: InitHost): void => void readyToInit(outside, request)

/** Throws PLAN_STALE where another tree stands there by now. An adoption that was cut short is done again. */
export async function executeAdopt(
  outside: Outside,
  plan: AdoptPlan,
  request: Omit<InitHost, 'root'>,
  report: ReportEvent,
) {
  const ready = readyToInit(outside, { ...request, root: plan.root })
  const { usr } = placesOf(plan.root)
  checkAdoptable({ outside }, plan.root)
  if (outside.disk.lstat(usr)?.inode !== plan.inode) throw new MossError('PLAN_STALE', { what: usr })
  const list = await listTree(outside, usr, report)
  const done = await makeHost(outside, ready, { system: plan.system, list })
  return { ...done, adopted: { system: plan.system, entries: list.adopted.entries, list: list.adopted.list } }
}
