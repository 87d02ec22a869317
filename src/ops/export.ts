// export: writes what was planned as one bundle, flushes it and reads it back. It chooses nothing, and refuses a plan whose
// snapshot or root is another one by now.
import { MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import { isNote, longestNote } from '../bundle/note.ts'
import { exportBundle } from '../bundle/export.ts'
import { effortOf } from '../carry/effort.ts'
import type { ReadKnown } from '../container/known.ts'
import type { Beside, CutLimits, WrittenVolume } from '../container/cut.ts'
import { framesHere } from '../container/frame-place.ts'
import { openVolume } from '../container/read.ts'
import { verifyWhole } from '../container/read-frames.ts'
import { verifyContainer, withKnown } from '../container/verify.ts'
import { parityFileBytes, writeParity } from '../container/write-parity.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Disk } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { formatBundleName } from '../medium/layout.ts'
import { assertMedium, bundlePathOn } from '../medium/medium.ts'
import type { Root } from '../trust/root.ts'
import { parentFolder } from '../state/places.ts'
import { isBundleThere } from './bundle-there.ts'
import { keepStates } from './fleet.ts'
import { readGrants } from './grants.ts'
import { readKnownContents } from './known-contents.ts'
import { type AskPassphrase, openStation, type Station, signersFor, stationRoot } from './station.ts'
import { writeSealed } from './sealed-bundle.ts'
import { rootsAfter } from './station-roots.ts'
import type { SpentBytes } from './inspect.ts'
import type { ReportEvent } from './types.ts'
import { answeredBy, channelOfPlan, type ExportPlan } from './plan-export.ts'

export interface Exported {
  readonly bundle: ContainerId
  /** Of the whole, or of its first volume. */
  readonly path: string
  /** Absent where it is one file. */
  readonly volumes?: readonly WrittenVolume[]
  readonly isNew: boolean
  readonly fileBytes: number
  /** Of all parity files together. */
  readonly parityBytes?: number
  readonly frameBytes: number
  /** The part of the frames that is deltas. */
  readonly deltaBytes: number
  /** Where they went: stored in the file, but `shared` and `chunks` plain, before compression. */
  readonly bytes: SpentBytes
  readonly seconds: number
}

/**
 * Writes, flushes and reads back. `output` is a file, or a medium's folder. Throws PLAN_STALE; VOLUME_NEXT where the medium is full,
 * when what was written stays.
 */
export async function executeExport(
  outside: Outside,
  request: {
    readonly plan: ExportPlan
    readonly output: string
    /** Where `output` has to be a medium, and none else than was looked at. */
    readonly medium?: { readonly device: number }
    /** Of a volume; by default as long as the filesystem takes, and there is room. */
    readonly volumeBytes?: number | undefined
    readonly fromVolume?: number | undefined
    /** Of each file that may be bad where it lies and is repaired by the parity beside it; none by default. */
    readonly parityPercent?: number | undefined
    /** For whoever applies it; a bundle with another note is another bundle. */
    readonly note?: string | undefined
    readonly ask: AskPassphrase
  },
  report: ReportEvent,
): Promise<Exported> {
  const { plan, output } = request
  const startedMs = outside.nowMs()
  const assertThere = (): void => {
    if (request.medium !== undefined) assertMedium(outside.disk, output, request.medium.device)
  }
  assertThere()
  using station = openStation(outside, { home: plan.home, how: 'write' })
  const root = stationRoot(station)
  if (root.version !== plan.root) throw new MossError('PLAN_STALE', { what: 'the trust root' })
  const channel = channelOfPlan(station, plan, root)
  const published = plan.isNewest ? channel.snapshots.latest() : channel.snapshots.read(plan.serial)
  if (published?.id !== plan.snapshot) throw new MossError('PLAN_STALE', { what: `channel ${plan.channel}` })
  const signers = await signersFor(station, { role: 'exporter', root, ask: request.ask })
  const isSealed = plan.sealedFor.length > 0
  if (request.note !== undefined && !isNote(request.note))
    throw new MossError('CLI_USAGE', {
      problem: `a note is one line of 1 to ${longestNote} characters`,
      see: 'export',
    })
  const beside = parityBeside(outside, request.parityPercent, report)
  const limits = limitsFor(outside.disk, request)
  using plain = plainBundle(outside.disk, station)
  const done = await exportBundle(outside, {
    plan: plan.carry,
    known: plan.known,
    roots: rootsAfter(station, plan.rootsAfter).map(({ bytes }) => bytes),
    grants: readGrants(outside, { files: plan.grants, root }).map(({ bytes }) => bytes),
    note: request.note,
    channel,
    published,
    hosts: new Map(plan.hosts.map(({ host, ...known }) => [host, known])),
    signers,
    path: (id) => {
      assertThere()
      if (isSealed) return plain.path
      const path = outputPath(outside, { plan, output, id })
      if (request.medium !== undefined) dropSpoiled(station, { id, path })
      return path
    },
    ...(!isSealed && { cut: { ...limits, beside } }),
    spoolPath: `${station.places.spool}/export`,
    effort: effortOf(plan.effort),
    report,
  })
  const readKnown = readKnownContents(channel, plan.known)
  for (const path of done.volumes.length > 0 ? done.volumes.map((volume) => volume.path) : [done.path])
    await readBundleBack(station, { path, root, readKnown, report })
  if (isSealed) assertThere()
  const laid = isSealed
    ? {
        ...done,
        ...(await writeSealed(outside, plain.path, {
          path: sealedName(outputPath(outside, { plan, output, id: done.id })),
          recipients: plan.sealedFor,
          // Its own name is nobody else's.
          replaces: outside.disk.lstat(output)?.kind === 'folder',
          limits,
          beside,
          report,
        })),
      }
    : done
  const { channel: name, serial, snapshot } = plan
  const sealed = laid.volumes.length > 0 ? laid.volumes.map(({ fileBytes }) => fileBytes) : [laid.sizeBytes]
  const made = { bundle: done.id, channel: name, serial, snapshot, ...(isSealed && { sealed }) }
  keepStates(station, answeredBy(plan), laid.next === undefined ? made : undefined)
  if (laid.next !== undefined) throw laid.next
  return {
    bundle: done.id,
    path: laid.path,
    ...(laid.volumes.length > 0 && { volumes: laid.volumes }),
    isNew: done.isNew,
    fileBytes: laid.sizeBytes,
    ...(beside && { parityBytes: beside.writtenBytes() }),
    frameBytes: done.storedBytes,
    deltaBytes: done.deltaBytes,
    bytes: {
      shared: plan.carry.totals.sharedBytes,
      chunks: plan.chunkBytes,
      deltas: done.deltaBytes,
      whole: done.storedBytes - done.deltaBytes,
      metadata: done.metadataBytes,
    },
    seconds: (outside.nowMs() - startedMs) / 1000,
  }
}

function parityBeside(
  outside: Outside,
  percent: number | undefined,
  report: ReportEvent,
): (Beside & { readonly writtenBytes: () => number }) | undefined {
  if (percent === undefined) return undefined
  let writtenBytes = 0
  return {
    sizeOf: (fileBytes) => parityFileBytes(fileBytes, percent),
    write: async (path, id) => (writtenBytes += await writeParity(outside, path, { id, percent, report })),
    writtenBytes: () => writtenBytes,
  }
}

/** What nobody asked for is cut as the medium wants it. */
const limitsFor = (
  disk: Disk,
  {
    output,
    volumeBytes,
    fromVolume,
  }: {
    readonly output: string
    readonly volumeBytes?: number | undefined
    readonly fromVolume?: number | undefined
  },
): CutLimits => {
  const folder = disk.lstat(output)?.kind === 'folder' ? output : parentFolder(output)
  return volumeBytes === undefined
    ? { limitBytes: disk.longestFile(folder), isToFit: true }
    : { limitBytes: volumeBytes, isToFit: false, from: fromVolume }
}

/** On a medium a bundle's name is its id's: what lies there under it and is another thing was cut short, or is spoiled. */
function dropSpoiled(station: Station, place: { readonly id: ContainerId; readonly path: string }): void {
  const { disk } = station.outside
  if (disk.lstat(place.path)?.kind === 'file' && !isBundleThere(station, place)) disk.remove(place.path)
}

/** What a sealed bundle is made of: readable by anyone, so that it goes, whatever happens. */
function plainBundle(disk: Disk, { places }: Station): Disposable & { readonly path: string } {
  const path = `${places.spool}/unsealed.moss`
  const remove = (): void => {
    if (disk.lstat(path) !== undefined) disk.remove(path)
  }
  remove()
  return { path, [Symbol.dispose]: remove }
}

const sealedName = (path: string): string => (path.endsWith('.age') ? path : `${path}.age`)

function outputPath(
  outside: Outside,
  { plan, output, id }: { readonly plan: ExportPlan; readonly output: string; readonly id: ContainerId },
): string {
  if (outside.disk.lstat(output)?.kind !== 'folder') return output
  const name = { channel: plan.channel, serial: plan.serial, id }
  return output.endsWith('/.')
    ? `${output.slice(0, -2)}/${formatBundleName(name)}`
    : bundlePathOn(outside.disk, output, name)
}

/** Every byte of what lies on the medium against what was signed. */
async function readBundleBack(
  { outside }: Station,
  job: {
    readonly path: string
    readonly root: Root
    readonly readKnown: ReadKnown
    readonly report: ReportEvent
  },
): Promise<void> {
  const { path, root, readKnown, report } = job
  outside.disk.dropCached(path)
  using source = fileSource(outside.disk, path)
  const verified = verifyContainer(openVolume(source), { role: 'exporter', root })
  const container = withKnown(verified, readKnown)
  const { firstFrame, endFrame } = framesHere(container)
  await verifyWhole(container, outside.pool, {
    onFrame: (n) =>
      report({ phase: 'read back', doneItems: n + 1 - firstFrame, totalItems: endFrame - firstFrame }),
  })
}
