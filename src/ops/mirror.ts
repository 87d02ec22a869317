// mirror: takes packages and all that they need from a Debian archive that lies in a folder: a disc, a share, a copy. The
// archive's own signature is checked by gpgv, its index against that, each package against the index, and the solver
// chooses. What the medium gives is read once, into a copy, and only the copy counts.
import { digestOf, startDigest } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import { formatDate } from '../base/format.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { decodeUtf8 } from '../base/bytes.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom } from '../host/room.ts'
import { windowsOf } from '../host/windows.ts'
import { readDebianIndex } from '../ingest/debian-index.ts'
import { type DebianRelease, indexEndings, parseRelease, unpackIndex } from '../ingest/debian-release.ts'
import { parseRelation } from '../manifest/capability.ts'
import { listedUniverse } from '../solve/listed-universe.ts'
import { solveIn } from '../solve/solve.ts'
import { addPackages, type AddedPackage, type OfChannel, stationChannel } from './channels.ts'
import { type AskPassphrase, openStation, type Station, stationPlaces } from './station.ts'
import type { ReportEvent } from './types.ts'

export interface MirrorRequest extends OfChannel {
  /** The folder that has `dists` and `pool`. */
  readonly archive: string
  readonly suite: string
  readonly components: readonly string[]
  readonly architecture: string
  /** Whose signatures count, as gpgv reads it. */
  readonly keyring: string
  readonly capabilities: readonly string[]
}

export interface MirrorPlan {
  readonly kind: 'mirror'
  readonly home: string
  readonly channel: string
  readonly archive: string
  readonly suite: string
  /** What is to be taken in. */
  readonly packages: readonly {
    readonly name: string
    readonly version: string
    /** Below the archive's folder. */
    readonly file: string
    readonly sha256: string
    readonly sizeBytes: number
  }[]
  /** Chosen, and in the channel already. */
  readonly presentPackages: number
  readonly offeredPackages: number
  readonly sizeBytes: number
  readonly warnings: readonly string[]
}

const releaseBytes = 16 * 1024 * 1024
const indexBytes = 256 * 1024 * 1024

/** Throws SOLVE_NO_SOLUTION, ARCHIVE_REFUSED, PACKAGE_UNREADABLE. */
export async function planMirror(outside: Outside, request: MirrorRequest): Promise<MirrorPlan> {
  using station = openStation(outside, { home: request.home, how: 'write' })
  const channel = stationChannel(station, request.channel)
  const release = await readRelease(station, request)
  const offered = []
  for (const component of request.components)
    offered.push(...readDebianIndex(await readIndex(station, request, { release, component }), component))
  const model = {
    channel: request.suite,
    subscriptions: request.capabilities.map(parseRelation),
    holds: [],
    pins: [],
    excluded: [],
    expired: 'warn' as const,
    checks: [],
  }
  const { chosen } = solveIn(listedUniverse(offered), { model, installed: [] })
  const byId = new Map(offered.map((each) => [each.id, each]))
  const wanted = chosen.map(({ candidate }) => byId.get(candidate.id)).filter((each) => each !== undefined)
  const present = presentIn(channel)
  const lacking = wanted.filter(({ manifest }) => !present.has(`${manifest.name} ${manifest.version}`))
  return {
    kind: 'mirror',
    home: request.home,
    channel: request.channel,
    archive: request.archive,
    suite: request.suite,
    packages: lacking.map(({ id, manifest: { name, version }, file, fileBytes }) => ({
      name,
      version,
      file,
      sha256: id,
      sizeBytes: fileBytes,
    })),
    presentPackages: wanted.length - lacking.length,
    offeredPackages: offered.length,
    sizeBytes: lacking.reduce((sum, { fileBytes }) => sum + fileBytes, 0),
    warnings: warningsOf(outside, release),
  }
}

const presentIn = (channel: StationChannel): ReadonlySet<string> =>
  new Set(
    channel
      .packages()
      .filter(({ manifest }) => manifest.scheme === 'deb')
      .map(({ manifest }) => `${manifest.name} ${manifest.version}`),
  )

/** A disc of an old release is what an offline station may have: it is told, and goes on. */
function warningsOf(outside: Outside, { suite, validUntilMs }: DebianRelease): readonly string[] {
  return validUntilMs === undefined || validUntilMs > outside.nowMs()
    ? []
    : [
        `suite ${suite} was to be believed until ${formatDate(Math.floor(validUntilMs / 1000))}: there may be newer packages elsewhere`,
      ]
}

/** What gpgv gives back of InRelease: what it did not verify is not read. */
async function readRelease(station: Station, request: MirrorRequest): Promise<DebianRelease> {
  const { outside, places } = station
  const { disk } = outside
  const path = `${request.archive}/dists/${request.suite}/InRelease`
  const signed = `${places.spool}/mirror-signed`
  const verified = `${places.spool}/mirror-verified`
  for (const old of [signed, verified]) if (disk.lstat(old) !== undefined) disk.remove(old)
  try {
    using copy = disk.open(signed, 'create', 0o600)
    copy.write(disk.readFile(path, releaseBytes), 0)
    const ran = await outside.run({
      program: 'gpgv',
      arguments: ['--keyring', request.keyring, '--output', verified, signed],
    })
    if (ran.unsupported !== undefined || ran.exitCode === 127)
      throw new MossError('ARCHIVE_REFUSED', { path, problem: 'this machine has no gpgv to check it with' })
    if (ran.exitCode !== 0) throw new MossError('ARCHIVE_REFUSED', { path, problem: lastLine(ran.output) })
    const text = decodeUtf8(disk.readFile(verified, releaseBytes))
    if (text === undefined) throw new MossError('PACKAGE_UNREADABLE', { path, problem: 'it is not UTF-8' })
    const release = parseRelease(text, path)
    // Another suite under this one's name would be genuine, and lead back.
    if (![release.suite, release.codename].includes(request.suite))
      throw new MossError('ARCHIVE_REFUSED', {
        path,
        problem: `it is of suite ${release.suite} (${release.codename}), not ${request.suite}`,
      })
    return release
  } finally {
    for (const done of [signed, verified]) if (disk.lstat(done) !== undefined) disk.remove(done)
  }
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? 'gpgv refuses it'

async function readIndex(
  { outside: { disk } }: Station,
  { archive, suite, architecture }: MirrorRequest,
  { release, component }: { readonly release: DebianRelease; readonly component: string },
): Promise<Uint8Array> {
  for (const ending of indexEndings) {
    const name = `${component}/binary-${architecture}/Packages${ending}`
    const path = `${archive}/dists/${suite}/${name}`
    const signed = release.files.get(name)
    if (signed === undefined || disk.lstat(path) === undefined) continue
    const packed = disk.readFile(path, indexBytes)
    if (packed.length !== signed.sizeBytes || digestOf(packed) !== signed.sha256)
      throw new MossError('ARCHIVE_REFUSED', { path, problem: 'it is not the one that was signed' })
    return await unpackIndex(packed, { path, ending })
  }
  const name = `${component}/binary-${architecture}/Packages of suite ${suite}`
  throw new MossError('NOT_FOUND', { what: 'index file', name })
}

export interface Mirrored {
  readonly channel: string
  readonly added: readonly AddedPackage[]
  readonly sizeBytes: number
}

/** Throws ARCHIVE_REFUSED for a package that is not the one of the index; nothing is added then. */
export async function executeMirror(
  outside: Outside,
  plan: MirrorPlan,
  { ask, report }: { readonly ask: AskPassphrase; readonly report: ReportEvent },
): Promise<Mirrored> {
  const folder = `${stationPlaces(plan.home).spool}/mirror`
  try {
    takeCopies(outside, { plan, folder, report })
    const done = await addPackages(
      outside,
      {
        home: plan.home,
        channel: plan.channel,
        files: plan.packages.map((_, number) => copyIn(folder, number)),
        place: [],
        name: undefined,
        version: undefined,
        ask,
      },
      report,
    )
    return { channel: done.channel, added: done.added, sizeBytes: plan.sizeBytes }
  } finally {
    if (outside.disk.lstat(folder) !== undefined) outside.disk.removeTree(folder)
  }
}

const copyIn = (folder: string, number: number): string => `${folder}/${number}.deb`

/** Every package, checked while it is read. */
function takeCopies(
  outside: Outside,
  {
    plan,
    folder,
    report,
  }: { readonly plan: MirrorPlan; readonly folder: string; readonly report: ReportEvent },
): void {
  using station = openStation(outside, { home: plan.home, how: 'write' })
  const { disk } = outside
  assertRoom(disk, station.places.spool, { sizeBytes: plan.sizeBytes, inodes: plan.packages.length + 1 })
  if (disk.lstat(folder) !== undefined) disk.removeTree(folder)
  disk.makeFolder(folder, 0o700)
  let doneBytes = 0
  for (const [number, { name, file, sha256, sizeBytes }] of plan.packages.entries()) {
    const path = `${plan.archive}/${file}`
    using source = disk.open(path, 'read')
    using copy = disk.open(copyIn(folder, number), 'create', 0o600)
    const digest = startDigest()
    let at = 0
    for (const window of windowsOf(source)) {
      digest.add(window)
      if (at + window.length > sizeBytes) break
      copy.write(window, at)
      at += window.length
      doneBytes += window.length
      report({ phase: 'copy', item: name, doneBytes, totalBytes: plan.sizeBytes })
    }
    if (at !== sizeBytes || digest.finish() !== sha256)
      throw new MossError('ARCHIVE_REFUSED', { path, problem: 'it is not the package of the index' })
  }
}
