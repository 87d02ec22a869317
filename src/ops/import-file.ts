// Takes one file of a bundle in, whole or a volume: judged and copied once, its contents go to the store, and it waits for apply.
// Where the store cannot give what it says it has, it forgets what is damaged, so that the next state tells the station.
import { exits } from '../base/exits.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import { type ImportedContent, importBundle } from '../bundle/import.ts'
import { roomForPackages } from '../bundle/room.ts'
import { isDamagedBase } from '../bundle/store-bases.ts'
import type { Proven } from '../bundle/read-bundle.ts'
import { dropIncoming, takeIn, type TakenBundle } from '../bundle/take-in.ts'
import type { ByteSource } from '../host/byte-source.ts'
import { addRooms } from '../host/room.ts'
import { appendAudit } from '../state/audit-file.ts'
import type { AuditEvent } from '../trust/audit.ts'
import { judgeSet } from './bundle-set.ts'
import type { ImportedBundle } from './changes.ts'
import type { HostSession } from './host.ts'
import { keepCatalogue, roomForCatalogue } from './kept-catalogues.ts'
import { keepSnapshot } from './kept-snapshots.ts'
import { contentNames, forgetDamaged, recutFalse } from './lacking.ts'
import type { StoredFile } from './stored-file.ts'
import type { ReportEvent } from './types.ts'
import { isImported, judgeOf, judgeWaiting, markImported } from './waiting.ts'

/** Throws VOLUME_WANTED where that was not all of it; what a volume has is kept. */
export async function importFile(
  host: HostSession,
  {
    file,
    source,
    stored,
  }: {
    readonly file: string
    /** What is in the file; its bytes come from `stored`. */
    readonly source: ByteSource
    readonly stored: StoredFile
  },
  report: ReportEvent,
): Promise<ImportedBundle> {
  const { outside, incoming } = host
  const startedMs = outside.nowMs()
  let proven: Proven | undefined
  using taken = await recordingRefusal(
    host,
    () => ({ file, ...(proven && { proven }) }),
    () =>
      stored.mending(() =>
        telling(host, report, () =>
          sayingTurn(
            host,
            () => proven,
            () =>
              takeIn(outside, {
                source,
                incomingFolder: incoming,
                judge: { ...judgeOf(host), onProven: (found) => (proven = found) },
                report,
                room: (bundle) =>
                  addRooms(roomForPackages(host.store, bundle.packages), roomForCatalogue(host, bundle)),
              }),
          ),
        ),
      ),
  )
  const known: Subject = { proven: { id: taken.id, signers: [...taken.snapshotSigners, ...taken.exporters] } }
  followRoots(host, taken, report)
  const isNew = !isImported(host, taken.id)
  const tell = (files: number, contentBytes: number): ImportedBundle => ({
    file,
    bundle: taken.id,
    channel: taken.snapshot.channel,
    serial: taken.snapshot.serial,
    isNew,
    fileBytes: taken.sizeBytes,
    contentBytes,
    files,
    signedBy: taken.exporters,
    ...(taken.roots.length > 0 && { trustRoot: host.trust.root.version }),
    seconds: (outside.nowMs() - startedMs) / 1000,
  })
  if (!isNew) {
    markImported(host, taken)
    return tell(0, 0)
  }
  const done = await recordingRefusal(
    host,
    () => known,
    () =>
      orDrop(host, taken.id, async () => {
        judgeSet(host, taken)
        return await sayingTurn(
          host,
          () => proven,
          () => importContents(host, taken, report),
        )
      }),
  )
  keepSnapshot(host, taken.about.snapshot, taken.snapshotBytes)
  keepCatalogue(host, taken, report)
  const { channel, serial } = taken.snapshot
  const how = taken.granted === undefined ? '' : `, back by grant ${taken.granted.id.slice(0, 16)}`
  recordBundle(host, known, 'accepted', `channel ${channel}, serial ${serial}${how}`)
  markImported(host, taken)
  return tell(done.newAssets, done.contentBytes)
}

/** What an audit line is about: as much as is proven, and else the name that somebody gave the file. */
interface Subject {
  readonly file?: string
  readonly proven?: Proven
}

function recordBundle(
  { outside, places }: HostSession,
  { proven }: Subject,
  outcome: AuditEvent['outcome'],
  detail: string,
): void {
  appendAudit(outside.disk, places, {
    at: Math.floor(outside.nowMs() / 1000),
    kind: 'bundle',
    outcome,
    subject: proven?.id ?? '',
    signers: [...new Set(proven?.signers)],
    detail,
  })
}

/** Exits of what is wrong with a file. */
export const refusals: readonly number[] = [exits.damaged, exits.notGenuine, exits.notAllowed]

/** Only what is wrong with the file is for the audit; what the machine did to us is not. */
async function recordingRefusal<T>(
  host: HostSession,
  subject: () => Subject,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isMossError(error) && refusals.includes(error.exit)) {
      const { file, proven } = subject()
      const name = file === undefined ? '' : `${file.slice(file.lastIndexOf('/') + 1)}: `
      recordBundle(host, proven ? { proven } : {}, 'refused', `${name}${error.message} [${error.code}]`)
    }
    throw error
  }
}

/** Before anything else of it counts: who is trusted no more must not be a moment longer. */
function followRoots(host: HostSession, { roots }: TakenBundle, report: ReportEvent): void {
  if (roots.length === 0) return
  host.trust.follow(roots)
  for (const warning of judgeWaiting(host).overtaken) report({ phase: 'import', warning })
}

/**
 * What is damaged here is forgotten, and the bundle tried once more: another copy may serve; if none does, every file
 * that is missing is named, not the first alone. Where nothing is damaged, somebody lied about chunks.
 */
async function importContents(
  host: HostSession,
  taken: TakenBundle,
  report: ReportEvent,
): Promise<ImportedContent> {
  const work = () =>
    importBundle(host.outside, taken, { store: host.store, report, nameContent: contentNames(host) })
  try {
    return await work()
  } catch (error) {
    if (!isDamagedBase(error)) throw error
    const isOther = (await forgetDamaged(host, report)) > 0 || (await recutFalse(host, report)) > 0
    if (!isOther) throw error
    return await work()
  }
}

/** A manifest that is damaged here is forgotten too; without it the bundle cannot be judged. */
async function telling<T>(host: HostSession, report: ReportEvent, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isDamagedBase(error)) await forgetDamaged(host, report)
    throw error
  }
}

/** Of a bundle that was made for what others leave, it is told whether they came. */
async function sayingTurn<T>(
  host: HostSession,
  proven: () => Proven | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const after = proven()?.after
    if (after === undefined || !isMossError(error, 'BUNDLE_BASE_MISSING')) throw error
    const { channel, serial } = after
    const applied = host.states.counters().serials[channel]?.serial ?? 0
    throw new MossError(
      'BUNDLE_BASE_MISSING',
      { ...error.details, channel, after: serial, applied },
      error.cause,
    )
  }
}

/** What is wrong with the bundle stays wrong: its copy goes. What the machine does to us may go on from it. */
async function orDrop<T>(
  { outside, incoming }: HostSession,
  id: ContainerId,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isMachine = isMossError(error, 'HOST_IO') || isMossError(error, 'HOST_NO_SPACE')
    if (isMossError(error) && !isMachine) dropIncoming(outside.disk, incoming, id)
    throw error
  }
}
