// channel create, list, show, publish; add. A channel is a plain folder; what is added is offered by the next snapshot.
import { isMossError, MossError } from '../base/error.ts'
import { formatDate } from '../base/format.ts'
import type { ContainerId, Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { readOver } from '../channel/channel-file.ts'
import { changesNothing, planPublish } from '../channel/plan-publish.ts'
import type { OfferedPackage } from '../channel/snapshot.ts'
import { createChannel as makeChannel, openChannel, type StationChannel } from '../channel/station-channel.ts'
import type { Outside } from '../host/outside.ts'
import { type ForeignArchitecture, readDeb } from '../ingest/deb.ts'
import { readFolder } from '../ingest/folder.ts'
import { makePackage } from '../ingest/make-package.ts'
import type { PlaceMap } from '../ingest/placement.ts'
import { countActions, type ScriptReport } from '../ingest/scripts.ts'
import type { PackageSource } from '../ingest/source.ts'
import { compareText } from '../base/bytes.ts'
import { compareVersions } from '../manifest/version.ts'
import type { PackageFile } from '../channel/package-file.ts'
import { checkPath } from '../manifest/path.ts'
import type { Signer } from '../trust/keys.ts'
import type { Root } from '../trust/root.ts'
import { type AskPassphrase, openStation, type Station, signersFor, stationRoot } from './station.ts'
import { rootsOf } from './station-roots.ts'
import { tellMade, type ToldPackage } from './told-package.ts'
import type { ReportEvent } from './types.ts'

export interface OfChannel {
  readonly home: string
  /** A name in the home, or a path with a slash. */
  readonly channel: string
}

function placeOf(station: Station, channel: string): { readonly folder: string; readonly name: string } {
  if (!channel.includes('/')) return { folder: `${station.places.channels}/${channel}`, name: channel }
  const folder = channel.replace(/\/+$/, '')
  return { folder, name: folder.slice(folder.lastIndexOf('/') + 1) }
}

export const stationChannel = (station: Station, channel: string): StationChannel =>
  openLayers(station, channel, [])

/** `above`: the folders of those that are laid over it. */
function openLayers(station: Station, channel: string, above: readonly string[]): StationChannel {
  const place = placeOf(station, channel)
  const path = `${above.at(-1) ?? place.folder}/channel.toml`
  if (above.includes(place.folder))
    throw new MossError('CHANNEL_INVALID', {
      path,
      problem: `channel ${place.name} would be laid over itself`,
    })
  if (above.length > 0 && station.outside.disk.lstat(place.folder) === undefined)
    throw new MossError('CHANNEL_INVALID', { path, problem: `there is no channel ${channel}` })
  const over = readOver(station.outside.disk, place.folder)?.map((lower) =>
    openLayers(station, lower, [...above, place.folder]),
  )
  const { outside, known } = station
  return openChannel(outside, { ...place, ...rootsOf(station), known, ...(over && { over }) })
}

export interface OfSnapshot {
  /** Its name. */
  readonly channel: string
  readonly serial: number
  readonly snapshot?: Digest
}

/** Two folders may go by one name: the one that has the snapshot counts. Where that is gone, or not known, the name does. */
export function isOfChannel({ name, snapshots }: StationChannel, made: OfSnapshot): boolean {
  if (made.channel !== name) return false
  const here = made.snapshot === undefined ? undefined : snapshots.idOf(made.serial)
  return here === undefined || here === made.snapshot
}

export async function createChannel(
  outside: Outside,
  { home, channel, over = [] }: OfChannel & { readonly over?: readonly string[] },
) {
  using station = openStation(outside, { home, how: 'write' })
  stationRoot(station)
  const place = placeOf(station, channel)
  for (const lower of over) stationChannel(station, lower)
  makeChannel(outside, { ...place, over })
  return { channel: place.name, folder: place.folder, over }
}

/** Those of the home, each without those below: what is wrong with one of them is for who looks at it. */
export function homeChannels(station: Station): readonly StationChannel[] {
  const { disk } = station.outside
  if (disk.lstat(station.places.channels) === undefined) return []
  return disk
    .list(station.places.channels)
    .filter((entry) => entry.kind === 'folder')
    .map(({ name }) =>
      openChannel(station.outside, {
        ...placeOf(station, name),
        ...rootsOf(station),
        known: station.known,
      }),
    )
}

export async function listChannels(outside: Outside, { home }: { readonly home: string }) {
  using station = openStation(outside, { home, how: 'read' })
  return homeChannels(station).map((channel) => {
    const latest = channel.snapshots.latest()?.snapshot
    return {
      channel: channel.name,
      serial: latest?.serial,
      created: latest?.created,
      packages: latest?.packages.length ?? 0,
    }
  })
}

export async function showChannel(outside: Outside, { home, channel }: OfChannel) {
  using station = openStation(outside, { home, how: 'read' })
  const opened = stationChannel(station, channel)
  const latest = opened.snapshots.latest()
  const named = new Set(latest?.snapshot.packages.map(({ id }) => id))
  // What is aside and still named is offered: an expiring was cut short.
  const own = [...opened.packages(), ...opened.expired().filter(({ id }) => named.has(id))].filter(
    ({ id }, at, all) => all.findIndex((each) => each.id === id) === at,
  )
  const ownIds = new Set(own.map(({ id }) => id))
  const lower = nextOf(opened).filter(({ id }) => !ownIds.has(id))
  return {
    channel: opened.name,
    folder: opened.folder,
    over: opened.over.map((each) => ({
      channel: each.name,
      serial: each.snapshots.latest()?.snapshot.serial,
      isUnderRoot: each.snapshots.latest()?.isUnderRoot,
    })),
    serial: latest?.snapshot.serial,
    created: latest?.snapshot.created,
    expires: latest?.snapshot.expires,
    advisories: latest?.snapshot.advisories ?? [],
    packages: [...own, ...lower.flatMap(({ id }) => opened.package(id) ?? [])]
      .toSorted(byNameAndVersion)
      .map(({ id, manifest, sizeBytes }) => ({
        id,
        name: manifest.name,
        version: manifest.version,
        architecture: manifest.architecture,
        sizeBytes,
        of: ownIds.has(id) ? undefined : opened.lowerWith(id)?.name,
        isPublished: named.has(id),
      })),
  }
}

/** What the next snapshot of one that is laid over others would name; nothing while one of these is signed under an older root. */
function nextOf(channel: StationChannel): readonly OfferedPackage[] {
  if (!channel.isLaidOver) return []
  try {
    return planPublish(channel).packages
  } catch (error) {
    if (isMossError(error, 'CHANNEL_BEHIND_ROOT')) return []
    throw error
  }
}

/** The newest version of a name first. */
const byNameAndVersion = (a: PackageFile, b: PackageFile): number =>
  compareText(a.manifest.name, b.manifest.name) ||
  compareVersions(a.manifest.scheme, b.manifest.version, a.manifest.version) ||
  compareText(a.id, b.id)

export async function publishChannel(
  outside: Outside,
  request: OfChannel & {
    readonly date: string | undefined
    /** Days until a host may want to hear something newer; for ever by default. */
    readonly days?: number | undefined
    /** The snapshot of an older root that was shown: what it names shall be signed under this one. */
    readonly takeOver?: ContainerId | undefined
    readonly ask: AskPassphrase
  },
) {
  using station = openStation(outside, { home: request.home, how: 'write' })
  const root = stationRoot(station)
  const channel = stationChannel(station, request.channel)
  const plan = planPublish(channel)
  const latest = channel.snapshots.latest()
  const created = publishDate(outside, { said: request.date, root, latest: latest?.snapshot.created })
  if (latest?.isUnderRoot === true && changesNothing(plan, latest.snapshot))
    return {
      channel: channel.name,
      serial: latest.snapshot.serial,
      packages: latest.snapshot.packages.length,
      isNew: false,
    }
  if (plan.packages.length === 0 && latest === undefined)
    throw new MossError('NOT_FOUND', { what: 'package to publish in channel', name: channel.name })
  const old = latest?.isUnderRoot === false ? latest : undefined
  if (old !== undefined && request.takeOver === undefined)
    return {
      channel: channel.name,
      serial: old.snapshot.serial,
      packages: plan.packages.length,
      takenOver: { id: old.id, packages: old.snapshot.packages },
      isNew: false,
    }
  if (request.takeOver !== old?.id) throw new MossError('PLAN_STALE', { what: `channel ${channel.name}` })
  const signers = await signersFor(station, { role: 'channel', root, ask: request.ask })
  const expires = request.days === undefined ? undefined : created + request.days * 24 * 60 * 60
  const { snapshot } = channel.publish(plan, { created, expires, signers })
  return {
    channel: channel.name,
    serial: snapshot.serial,
    packages: snapshot.packages.length,
    added: plan.added,
    isNew: true,
  }
}

const farSeconds = limits.futureDays * 24 * 60 * 60

/**
 * Never before the latest serial's. A date that hosts would take for impossible, they would for every later serial too: so a
 * clock that is far ahead of all that is signed is not believed, nor a date that is far ahead of the clock. Throws CLI_USAGE.
 */
export function publishDate(
  outside: Outside,
  {
    said,
    root,
    latest = 0,
  }: { readonly said?: string | undefined; readonly root: Root; readonly latest?: number | undefined },
): number {
  const refuse = (problem: string): never => {
    throw new MossError('CLI_USAGE', { problem, see: 'channel publish' })
  }
  const now = Math.floor(outside.nowMs() / 1000)
  if (said === undefined) {
    const newest = Math.max(root.created, latest)
    if (now - newest > farSeconds)
      refuse(
        `the clock here says ${formatDate(now)}, and the newest that is signed is of ${formatDate(newest)}: hosts refuse a date too far ahead, and all that follows it; set the clock, or if it is right say --date ${now}`,
      )
    return Math.max(now, latest)
  }
  if (!/^\d{1,12}$/.test(said)) refuse('--date takes seconds since 1970')
  const date = Number(said)
  if (date - now > farSeconds)
    refuse(
      `${formatDate(date)} is more than ${limits.futureDays} days ahead of the clock here: hosts refuse that`,
    )
  return Math.max(date, latest)
}

export interface AddPackages extends OfChannel {
  /** Directories, `.deb` and `.moss` files. */
  readonly files: readonly string[]
  /** `FROM=TO` each. */
  readonly place: readonly string[]
  readonly name: string | undefined
  readonly version: string | undefined
  /** Debs of another architecture than its machine's are taken as packages that stand beside. */
  readonly foreignArchitecture?: ForeignArchitecture
  readonly ask: AskPassphrase
}

export interface AddedPackage extends ToldPackage {
  readonly scripts: ScriptReport['actions']
}

export async function addPackages(outside: Outside, request: AddPackages, report: ReportEvent) {
  using station = openStation(outside, { home: request.home, how: 'write' })
  const root = stationRoot(station)
  const channel = stationChannel(station, request.channel)
  const signers = await signersFor(station, { role: 'packager', root, ask: request.ask })
  const place = placeMap(request.place, 'add')
  const added: AddedPackage[] = []
  for (const [index, file] of request.files.entries()) {
    report({
      phase: 'add',
      item: file.slice(file.lastIndexOf('/') + 1),
      doneItems: index,
      totalItems: request.files.length,
    })
    added.push(
      file.endsWith('.moss')
        ? addContainer(channel, file)
        : await addForeign({ station, channel, request, file, signers, place }),
    )
  }
  const scriptCounts = countActions(added.flatMap((entry) => entry.scripts))
  return { channel: channel.name, added, scriptCounts }
}

/** Of texts `FROM=TO`; `see` is the verb whose help tells more. Throws CLI_USAGE. */
export function placeMap(texts: readonly string[], see: string): PlaceMap {
  const map: Record<string, string> = {}
  for (const text of texts) {
    const [from, to] = text.split('=').map((path) => path.replace(/^\/+|\/+$/g, ''))
    const problem = from === undefined || from === '' || to === undefined ? 'it has no =' : checkPath(to)
    if (problem !== undefined)
      throw new MossError('CLI_USAGE', { problem: `--place ${text}: ${problem}`, see })
    map[from as string] = to as string
  }
  return map
}

function addContainer(channel: StationChannel, path: string): AddedPackage {
  const { file, isNew, isMended } = channel.add(path)
  const files = file.manifest.layout.filter((entry) => entry.kind === 'file')
  return {
    id: file.id,
    name: file.manifest.name,
    version: file.manifest.version,
    file: file.path,
    isNew,
    isMended,
    files: files.length,
    sizeBytes: files.reduce((sum, entry) => sum + entry.sizeBytes, 0),
    storedBytes: file.sizeBytes,
    scripts: [],
    notes: [],
  }
}

interface Adding {
  readonly station: Station
  readonly channel: StationChannel
  readonly request: AddPackages
  readonly file: string
  readonly signers: readonly Signer[]
  readonly place: PlaceMap
}

async function addForeign({
  station,
  channel,
  request,
  file,
  signers,
  place,
}: Adding): Promise<AddedPackage> {
  const { outside, places } = station
  const made = await makePackage(outside, await readForeign(outside, file, request), {
    folder: `${channel.folder}/packages`,
    spoolFolder: places.spool,
    signers,
    place,
    isWhole: (path, id) => channel.isWhole(path, id),
    report: () => {},
  })
  return { ...tellMade(made), scripts: made.report.scripts.actions }
}

function readForeign(
  outside: Outside,
  file: string,
  { name, version, foreignArchitecture }: AddPackages,
): Promise<PackageSource> {
  const stat = outside.disk.lstat(file)
  if (stat === undefined) throw new MossError('NOT_FOUND', { what: 'package file', name: file })
  if (stat.kind === 'folder')
    return readFolder(outside, file, {
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
    })
  if (file.endsWith('.deb')) return readDeb(outside, file, foreignArchitecture)
  throw new MossError('PACKAGE_UNREADABLE', {
    path: file,
    problem: 'moss reads directories, .deb and .moss files',
  })
}
