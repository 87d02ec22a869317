// mirror: takes packages and all that they need from a Debian archive, in a folder or on the web. The archive's signature is
// checked, and the solver chooses. Each package is proven before any is taken in; what came before a failure is kept, and
// the next call goes on from it.
import { compareText } from '../base/bytes.ts'
import { isMossError, MossError } from '../base/error.ts'
import { formatDate } from '../base/format.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import type { Outside } from '../host/outside.ts'
import { startPace } from '../host/pace.ts'
import { assertRoom } from '../host/room.ts'
import { type ArchiveFile, fetchFile, type Fetching } from '../ingest/archive-file.ts'

import type { ForeignArchitecture } from '../ingest/deb.ts'
import { type OfferedPackage, readSuite, type SuiteOffer } from '../ingest/debian-archive.ts'
import type { DebianRelease } from '../ingest/debian-release.ts'
import { type ArchiveSuite, isAddress } from '../ingest/debian-sources.ts'
import { foreignIn } from '../manifest/architecture.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { parseRelation } from '../manifest/capability.ts'
import { listedUniverse } from '../solve/listed-universe.ts'
import type { Solution } from '../solve/candidate.ts'
import type { Model } from '../solve/model.ts'
import { solveIn } from '../solve/solve.ts'
import { type ArchiveRequest, suitesOf } from './archives.ts'
import { addPackages, type AddedPackage, type OfChannel, stationChannel } from './channels.ts'
import { type AskPassphrase, makeFolders, openStation } from './station.ts'
import type { ReportEvent } from './types.ts'

export interface MirrorRequest extends OfChannel, ArchiveRequest {
  /** Packages of these come as `NAME:ARCHITECTURE`, to stand beside the machine's own. */
  readonly foreign: readonly string[]
  readonly capabilities: readonly string[]
  readonly recommends: 'follow' | 'ignore'
  readonly bytesPerSecond?: number
}

export interface MirrorPlan {
  readonly kind: 'mirror'
  readonly home: string
  readonly channel: string
  readonly archives: readonly {
    readonly place: string
    readonly suite: string
    readonly architecture: string
    readonly offeredPackages: number
  }[]
  /** What is to be taken in. */
  readonly packages: readonly (ArchiveFile & { readonly name: string; readonly version: string })[]
  /** Chosen, and in the channel already. */
  readonly presentPackages: number
  readonly sizeBytes: number
  readonly bytesPerSecond?: number
  /** Where packages of other architectures come: the machine's, and what of its packages these need. */
  readonly foreign?: { readonly machine: string; readonly across: readonly string[] }
  readonly warnings: readonly string[]
}

/** Fetches indexes that are not here yet; changes no channel. Throws SOLVE_NO_SOLUTION, ARCHIVE_REFUSED, NETWORK_FAILED, SOURCES_INVALID. */
export async function planMirror(
  outside: Outside,
  request: MirrorRequest,
  report: ReportEvent,
): Promise<MirrorPlan> {
  const { home, bytesPerSecond } = request
  const channel = readChannel(outside, request)
  using folders = openMirror(outside, home)
  const from = startFetching(outside, { bytesPerSecond, phase: 'read indexes', report })
  const suites = suitesOf(outside, request)
  const archives = await readArchives(from, { suites, folder: folders.indexes })
  const across = namesAcross(archives)
  for (const architecture of request.foreign)
    archives.push(
      ...(await readArchives(from, {
        suites: suitesOf(outside, { ...request, architecture }),
        folder: folders.indexes,
        foreign: { machine: request.architecture, across },
      })),
    )
  keepOnly(outside, folders.indexes, new Set(archives.flatMap(({ indexes }) => indexes)))
  const offered = archives.flatMap(({ packages }) => packages)
  const model = {
    channel: suites.map(({ suite }) => suite).join('+'),
    architecture: request.architecture,
    subscriptions: request.capabilities.map(parseRelation),
    holds: [],
    pins: [],
    excluded: [],
    recommends: request.recommends,
    expired: 'warn' as const,
    sync: 'ask' as const,
    checks: [],
  }
  const { chosen } = chooseFrom(offered, model)
  const byId = new Map<string, OfferedPackage>(offered.map((each) => [each.id, each]))
  const wanted = chosen.map(({ candidate }) => byId.get(candidate.id)).filter((each) => each !== undefined)
  const present = presentIn(channel)
  const lacking = wanted.filter(({ manifest }) => !present.has(titleOf(manifest)))
  return {
    kind: 'mirror',
    home,
    channel: request.channel,
    archives: archives.map(({ place, suite, architecture, packages }) => ({
      place,
      suite,
      architecture,
      offeredPackages: packages.length,
    })),
    packages: lacking.map(({ id, manifest: { name, version }, path, fileBytes }) => ({
      name,
      version,
      path,
      sha256: id,
      sizeBytes: fileBytes,
    })),
    presentPackages: wanted.length - lacking.length,
    sizeBytes: lacking.reduce((sum, { fileBytes }) => sum + fileBytes, 0),
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
    ...(request.foreign.length > 0 && {
      foreign: { machine: request.architecture, across: neededAcross(lacking, across) },
    }),
    warnings: [...new Set(archives.flatMap(({ release }) => warningsOf(outside, release)))],
  }
}

type ReadArchive = ArchiveSuite & SuiteOffer

async function readArchives(
  from: Fetching,
  {
    suites,
    ...how
  }: {
    readonly suites: readonly ArchiveSuite[]
    readonly folder: string
    readonly foreign?: ForeignArchitecture
  },
): Promise<ReadArchive[]> {
  const archives: ReadArchive[] = []
  for (const suite of suites) archives.push({ ...suite, ...(await readSuite(from, suite, how)) })
  return archives
}

/** What a package of another architecture may take from the machine's own. */
const namesAcross = (archives: readonly ReadArchive[]): ReadonlySet<string> =>
  new Set(
    archives
      .flatMap(({ packages }) => packages.filter(({ servesAllArchitectures }) => servesAllArchitectures))
      .flatMap(({ manifest: { name, provides } }) => [name, ...provides.map((each) => each.name)]),
  )

/** As little of `across` as makes the same packages of these again. */
const neededAcross = (
  packages: readonly OfferedPackage[],
  across: ReadonlySet<string>,
): readonly string[] => {
  const needed = packages
    .filter(({ manifest }) => foreignIn(manifest.name) !== undefined)
    .flatMap(({ manifest: { requires, recommends = [] } }) => [...requires.flat(2), ...recommends.flat(2)])
    .map(({ name }) => name)
  return [...new Set(needed)].filter((name) => across.has(name)).sort(compareText)
}

/** Nobody has a model here, or can add to the archive. */
function chooseFrom(offered: readonly OfferedPackage[], model: Model): Solution {
  try {
    return solveIn(listedUniverse(offered), { model, installed: [] })
  } catch (error) {
    if (!isMossError(error, 'SOLVE_NO_SOLUTION')) throw error
    const explanation = error.details.explanation
      .replace(/^the model cannot be satisfied: it asks for/, 'you ask for')
      .replace(/; adding .* would help$/, '')
    throw new MossError('ARCHIVE_LACKING', { suites: model.channel, explanation })
  }
}

/** Read without the station's lock: a network takes its time, and the channel may be worked on meanwhile. */
function readChannel(outside: Outside, { home, channel }: OfChannel): StationChannel {
  using station = openStation(outside, { home, how: 'read' })
  return stationChannel(station, channel)
}

const titleOf = ({
  name,
  version,
  architecture,
}: Pick<Manifest, 'name' | 'version' | 'architecture'>): string => `${name} ${version} ${architecture}`

/** What the channels below offer need not be here, too. */
const presentIn = (channel: StationChannel): ReadonlySet<string> =>
  new Set([
    ...channel
      .packages()
      .filter(({ manifest }) => manifest.scheme === 'deb')
      .map(({ manifest }) => titleOf(manifest)),
    ...channel.over.flatMap((lower) => lower.snapshots.latest()?.snapshot.packages.map(titleOf) ?? []),
  ])

/** A disc of an old release is what an offline station may have: it is told, and goes on. */
function warningsOf(outside: Outside, { suite, validUntilMs }: DebianRelease): readonly string[] {
  return validUntilMs === undefined || validUntilMs > outside.nowMs()
    ? []
    : [
        `suite ${suite} was to be believed until ${formatDate(Math.floor(validUntilMs / 1000))}: there may be newer packages elsewhere`,
      ]
}

interface MirrorFolders extends Disposable {
  readonly indexes: string
  readonly packages: string
}

/** One mirror at a time. */
function openMirror(outside: Outside, home: string): MirrorFolders {
  const { disk } = outside
  using station = openStation(outside, { home, how: 'write' })
  const { mirror } = station.places
  const [indexes, packages] = [`${mirror}/indexes`, `${mirror}/packages`]
  for (const folder of [indexes, packages]) makeFolders(disk, folder)
  const lock = disk.lock(`${mirror}/lock`)
  return { indexes, packages, [Symbol.dispose]: () => lock[Symbol.dispose]() }
}

function keepOnly({ disk }: Outside, folder: string, names: ReadonlySet<string>): void {
  for (const { name } of disk.list(folder)) if (!names.has(name)) disk.remove(`${folder}/${name}`)
}

interface FetchHow {
  readonly bytesPerSecond: number | undefined
  readonly phase: string
  readonly totalBytes?: number
  readonly report: ReportEvent
}

function startFetching(
  outside: Outside,
  { bytesPerSecond, phase, totalBytes, report }: FetchHow,
): Fetching & { readonly cancel: () => void } {
  const controller = new AbortController()
  let doneBytes = 0
  return {
    outside,
    pace: startPace(outside, bytesPerSecond),
    cancelled: controller.signal,
    cancel: () => controller.abort(),
    arrived: (bytes) => {
      doneBytes += bytes
      report({ phase, doneBytes, ...(totalBytes !== undefined && { totalBytes }) })
    },
    failed: (problem) => report({ phase, warning: `${problem}: asking again` }),
  }
}

export interface Mirrored {
  readonly added: readonly AddedPackage[]
}

/** Throws ARCHIVE_REFUSED for a package that is not the one of the index, NETWORK_FAILED; nothing is added then. */
export async function executeMirror(
  outside: Outside,
  plan: MirrorPlan,
  { ask, report }: { readonly ask: AskPassphrase; readonly report: ReportEvent },
): Promise<Mirrored> {
  using folders = openMirror(outside, plan.home)
  const copyOf = ({ sha256 }: MirrorPlan['packages'][number]): string => `${folders.packages}/${sha256}.deb`
  // What an earlier call left is gone on from if it is wanted still.
  keepOnly(outside, folders.packages, new Set(plan.packages.map(({ sha256 }) => `${sha256}.deb`)))
  const keptBytes = plan.packages.reduce(
    (sum, each) => sum + (outside.disk.lstat(copyOf(each))?.sizeBytes ?? 0),
    0,
  )
  assertRoom(outside.disk, folders.packages, {
    sizeBytes: Math.max(0, plan.sizeBytes - keptBytes),
    inodes: plan.packages.length,
  })
  const { bytesPerSecond, sizeBytes: totalBytes } = plan
  const from = startFetching(outside, { bytesPerSecond, phase: 'fetch', totalBytes, report })
  await fetchAll(from, plan, copyOf)
  const { added } = await addPackages(
    outside,
    {
      home: plan.home,
      channel: plan.channel,
      files: plan.packages.map(copyOf),
      place: [],
      name: undefined,
      version: undefined,
      ...(plan.foreign && {
        foreignArchitecture: { machine: plan.foreign.machine, across: new Set(plan.foreign.across) },
      }),
      ask,
    },
    report,
  )
  keepOnly(outside, folders.packages, new Set())
  return { added }
}

/** So many answers are waited for at once: of a far server each takes its time. A disc would only seek. */
const connections = 4

async function fetchAll(
  from: Fetching & { readonly cancel: () => void },
  { packages }: MirrorPlan,
  copyOf: (each: MirrorPlan['packages'][number]) => string,
): Promise<void> {
  const left = packages.values()
  const failures: unknown[] = []
  const lane = async (): Promise<void> => {
    try {
      for (const each of left)
        if (from.cancelled.aborted) return
        else if (!(await fetchFile(from, each, copyOf(each))))
          throw new MossError('NOT_FOUND', { what: 'package in the archive at', name: each.path })
    } catch (error) {
      failures.push(error)
      from.cancel()
    }
  }
  const width = packages.some(({ path }) => isAddress(path)) ? connections : 1
  await Promise.all(Array.from({ length: width }, lane))
  if (failures.length > 0) throw failures[0]
}
