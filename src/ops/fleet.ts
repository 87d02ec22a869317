// What a station knows of the hosts that it answers, below its fleet/: of each the newest state that was answered, and the
// bundles that are under way. A host is known whose key somebody compared; states of others are told, not answered.
import { concatBytes } from '../base/bytes.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { HostId, KeyId, PackageId } from '../base/ids.ts'
import { isHostId } from '../base/names.ts'
import { departuresOf } from '../fleet/enrolment.ts'
import type { HostState } from '../fleet/host-state.ts'
import { readHostState } from '../fleet/state-file.ts'
import {
  createTables,
  findHost,
  findState,
  hasTables,
  hostsOfName,
  putSent,
  putState,
  type SentBundle,
  type VerifiedState,
} from '../fleet/tables.ts'
import { type ByteSource, bytesSource } from '../host/byte-source.ts'
import type { Database, DatabaseReader, Transaction } from '../host/database.ts'
import { parseModel } from '../solve/model.ts'
import { sayStranger } from './fleet-words.ts'
import { recordBytes } from './receipt.ts'
import { openIfSealed } from './sealing.ts'
import type { Station } from './station.ts'

/** Readable for the station alone: a state is an inventory, and may have come sealed. */
export function openFleet({ outside, places }: Station): Database {
  const { disk } = outside
  if (disk.lstat(places.fleet) === undefined) disk.makeFolder(places.fleet, 0o700)
  const database = outside.openDatabase(places.fleetDatabase, 'write')
  createTables(database, places.fleetDatabase)
  return database
}

/** Undefined where no host was ever enrolled. */
function fleetToRead({
  outside,
  places,
}: Station): (Disposable & { readonly fleet: DatabaseReader }) | undefined {
  if (outside.disk.lstat(places.fleetDatabase) === undefined) return undefined
  const fleet = outside.openDatabase(places.fleetDatabase, 'read')
  if (hasTables(fleet, places.fleetDatabase))
    return { fleet, [Symbol.dispose]: () => fleet[Symbol.dispose]() }
  fleet[Symbol.dispose]()
  return undefined
}

/** Undefined, without the question being asked, where no host was ever enrolled. */
export function readingFleet<T>(station: Station, read: (fleet: DatabaseReader) => T): T | undefined {
  using opened = fleetToRead(station)
  return opened && read(opened.fleet)
}

export interface SentState extends VerifiedState {
  /** Its file, or the id of the host of which it is kept. */
  readonly from: string
  /** As it came; absent of what is kept. */
  readonly bytes?: Uint8Array
}

/** A file that somebody carried, sealed for this station or not. Genuine by the key it carries. Throws NOT_FOUND, SEALED_FOR_OTHERS, SEAL_DAMAGED, and as `readHostState`. */
export async function readSent({ outside, places }: Station, path: string): Promise<SentState> {
  if (outside.disk.lstat(path) === undefined)
    throw new MossError('NOT_FOUND', { what: 'state file', name: path })
  const opened = await openIfSealed(outside, path, { keys: places.keys, limitBytes: recordBytes })
  using source = opened.source
  const bytes = wholeOf(source)
  const { id, state, key } = readHostState(bytesSource(source.name, bytes))
  return { id, state, key: key.id, from: path, bytes, wasSealed: opened.wasSealed }
}

const pieceBytes = 64 * 1024

/** What is longer than a state may be is no state. */
function wholeOf(source: ByteSource): Uint8Array {
  const pieces: Uint8Array[] = []
  for (let at = 0, read = pieceBytes; read === pieceBytes && at <= recordBytes; at += read) {
    const piece = new Uint8Array(pieceBytes)
    read = source.read(piece, at)
    pieces.push(piece.subarray(0, read))
  }
  return concatBytes(pieces)
}

/** As it was answered last. Throws STATE_BROKEN. */
export function keptState(fleet: DatabaseReader, host: HostId): SentState | undefined {
  try {
    const kept = findState(fleet, host)
    return kept && { ...kept, from: host }
  } catch (error) {
    if (!isMossError(error)) throw error
    throw new MossError('STATE_BROKEN', { path: `what is kept of host ${host}`, problem: error.message })
  }
}

/** Of the very same key: an id is but the beginning of its digest. */
export const keyIsKnown = (
  fleet: DatabaseReader,
  { host, key }: { readonly host: HostId; readonly key: KeyId },
): boolean => findHost(fleet, host)?.key === key

export interface AnsweredStates {
  /** One for each host, in the order in which they were named. */
  readonly sent: readonly SentState[]
  /** What a host is not as it was. */
  readonly warnings: readonly string[]
}

/** A state that nobody answers. */
export interface Stranger {
  readonly file: string
  readonly host: HostId
  readonly name: string
  /** The host here that goes by the same name: one that was made anew has the name it had. */
  readonly namesake?: HostId
}

interface HeardHost {
  /** Absent where it cannot be read: what the host sent counts alone. */
  readonly kept: SentState | undefined
  readonly sent: SentState[]
}

export interface ReadStates extends AnsweredStates {
  /** One for each key, by its newest state. */
  readonly strangers: readonly Stranger[]
  readonly unreadable: readonly UnreadableState[]
}

export interface UnreadableState {
  /** Or the id of a host of which nothing can be read that is kept. */
  readonly file: string
  readonly error: MossError
}

/**
 * Each is a state file, or the id of a host whose last state counts. Each file is read once; one that cannot be read keeps no
 * other from being read. With `countsKept` what is kept of a host counts where it is newer than what it sent. Throws NOT_FOUND.
 */
export async function readAll(
  station: Station,
  named: readonly string[],
  { countsKept = false }: { readonly countsKept?: boolean } = {},
): Promise<ReadStates> {
  const known = new Map<HostId, HeardHost>()
  const strangers = new Map<KeyId, SentState>()
  const unreadable: UnreadableState[] = []
  using opened = fleetToRead(station)
  const fleet = opened?.fleet
  const sharing = sharedParts()
  const hear = async (host: HostId): Promise<HeardHost | undefined> => {
    const before = known.get(host)
    if (before !== undefined || fleet === undefined || findHost(fleet, host) === undefined) return before
    const found = await unlessUnreadable(unreadable, host, () => keptState(fleet, host))
    const kept = found && { ...found, state: sharing(found.state) }
    return known.getOrInsert(host, { kept, sent: countsKept && kept !== undefined ? [kept] : [] })
  }
  for (const each of named) {
    if (isHostId(each)) {
      const heard = await hear(each)
      if (heard === undefined) throw new MossError('NOT_FOUND', { what: 'enrolled host', name: each })
      if (heard.kept !== undefined && !heard.sent.includes(heard.kept)) heard.sent.push(heard.kept)
      continue
    }
    const sent = await unlessUnreadable(unreadable, each, () => readSent(station, each))
    if (sent === undefined) continue
    const { host } = sent.state
    if (fleet !== undefined && keyIsKnown(fleet, { host, key: sent.key })) (await hear(host))?.sent.push(sent)
    else if ((strangers.get(sent.key)?.state.counter ?? -1) < sent.state.counter)
      strangers.set(sent.key, sent)
  }
  const answered = [...known.values()].flatMap((heard) => newestOf(heard, countsKept) ?? [])
  return {
    sent: answered.map(({ newest }) => newest),
    warnings: answered.flatMap(({ warnings }) => warnings),
    strangers: [...strangers.values()].map((sent) => strangerOf(fleet, sent)),
    unreadable,
  }
}

/** What is wrong with one state is told, and stops no other. */
async function unlessUnreadable<T>(
  unreadable: UnreadableState[],
  file: string,
  read: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!isMossError(error)) throw error
    unreadable.push({ file, error })
    return undefined
  }
}

export const sayUnreadable = ({
  file,
  error,
}: UnreadableState): { readonly file: string; readonly message: string } => ({
  file,
  message: error.message,
})

/** Most hosts of a fleet have one of few sets of packages and of models, and a fleet may be large. */
function sharedParts(): (state: HostState) => HostState {
  const known = new Map<string, readonly PackageId[]>()
  const models = new Map<string, string>()
  return (state) => ({
    ...state,
    model: models.getOrInsert(state.model, state.model),
    states: state.states.map(({ number, packages }) => ({
      number,
      packages: known.getOrInsert(packages.join(), packages),
    })),
  })
}

function strangerOf(fleet: DatabaseReader | undefined, { from, state: { host, name } }: SentState): Stranger {
  const [namesake] = fleet === undefined ? [] : hostsOfName(fleet, name)
  return { file: from, host, name, ...(namesake !== undefined && { namesake }) }
}

/** Of enrolled hosts; of one that sent several, the newest. Throws TRUST_NOT_ENROLLED naming all others, NOT_FOUND, and what is wrong with the first file that cannot be read. */
export async function readStates(station: Station, named: readonly string[]): Promise<AnsweredStates> {
  const { strangers, unreadable, ...answered } = await readAll(station, named)
  const [bad] = unreadable
  if (bad !== undefined) throw bad.error
  const [first] = strangers
  if (first === undefined) return answered
  throw new MossError('TRUST_NOT_ENROLLED', { hosts: strangers.map(sayStranger), file: first.file })
}

/** A medium has older ones beside it, which say nothing but that it is still the same machine. */
function newestOf(
  { kept, sent }: HeardHost,
  countsKept: boolean,
): { readonly newest: SentState; readonly warnings: readonly string[] } | undefined {
  const [first, ...later] = sent.toSorted((a, b) => a.state.counter - b.state.counter)
  if (first === undefined) return undefined
  const warnings: string[] = []
  let newest = first
  for (const next of later) {
    warnings.push(...departuresOf(newest, next))
    newest = next
  }
  const isOld = countsKept && newest === kept && sent.length > 1
  const latest = sent.findLast((each) => each !== kept)
  return {
    newest,
    warnings: [
      ...(isOld && latest !== undefined && latest.id !== kept?.id ? [sayOld(latest, newest)] : []),
      ...(kept === undefined ? [] : departuresOf(kept, newest)),
      ...warnings,
    ],
  }
}

/** Either is possible, and only somebody who knows can tell. */
const sayOld = (sent: SentState, { state: { name, counter } }: SentState): string =>
  `${name} has sent its state ${sent.state.counter}, and ${counter} is here, which counts: an old stick; or else the machine was put back from a copy, then moss export --for ${sent.from}`

/** Keeps what is newer than what is here, and, where a bundle was made of them, that it is under way. */
export function keepStates(
  station: Station,
  { sent }: Pick<AnsweredStates, 'sent'>,
  made?: Omit<SentBundle, 'counter' | 'made'>,
): void {
  if (sent.length === 0) return
  using database = openFleet(station)
  const now = Math.floor(station.outside.nowMs() / 1000)
  database.transaction((fleet) => {
    for (const each of sent) {
      const { host, counter } = each.state
      const kept = findHost(fleet, host)
      if (kept?.key !== each.key) continue
      // The very same may come once more, sealed.
      const isSealedNow = each.wasSealed === true && counter === kept.counter
      if (counter > kept.counter || isSealedNow) keep(fleet, each, now)
      if (made !== undefined) putSent(fleet, host, { ...made, counter, made: now })
    }
  })
}

/** The channel of its model; undefined for a model that cannot be read here. */
export function followedBy({ model, name }: HostState): string | undefined {
  try {
    return parseModel(model, `the model of ${name}`).channel
  } catch (error) {
    if (isMossError(error, 'MODEL_INVALID')) return undefined
    throw error
  }
}

/** What came in a file; what is kept is here already. */
export function keep(fleet: Transaction, sent: SentState, seen: number): void {
  const { bytes } = sent
  if (bytes === undefined) return
  putState(fleet, {
    ...sent,
    bytes,
    follows: followedBy(sent.state) ?? '',
    seen,
  })
}
