// What a station knows of the hosts that it answers, below its fleet/: of each the newest state that was answered, and the
// bundles that are under way. A host is known whose key somebody compared; states of others are told, not answered.
import { concatBytes } from '../base/bytes.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { HostId, PackageId } from '../base/ids.ts'
import { isHostId } from '../base/names.ts'
import { departuresOf } from '../fleet/enrolment.ts'
import type { HostState } from '../fleet/host-state.ts'
import { readHostState } from '../fleet/state-file.ts'
import {
  createTables,
  findHost,
  findState,
  hostsOfName,
  putSent,
  putState,
  type SentBundle,
  type VerifiedState,
} from '../fleet/tables.ts'
import { type ByteSource, bytesSource } from '../host/byte-source.ts'
import type { Database, DatabaseReader, Transaction } from '../host/database.ts'
import { parseModel } from '../solve/model.ts'
import { recordBytes } from './receipt.ts'
import { openIfSealed } from './sealing.ts'
import type { Station } from './station.ts'

/** Readable for the station alone: a state is an inventory, and may have come sealed. */
export function openFleet({ outside, places }: Station): Database {
  const { disk } = outside
  if (disk.lstat(places.fleet) === undefined) disk.makeFolder(places.fleet, 0o700)
  const database = outside.openDatabase(places.fleetDatabase, 'write')
  createTables(database)
  return database
}

/** Undefined where no host was ever enrolled. */
function fleetToRead({
  outside,
  places,
}: Station): (Disposable & { readonly fleet: DatabaseReader }) | undefined {
  if (outside.disk.lstat(places.fleetDatabase) === undefined) return undefined
  const fleet = outside.openDatabase(places.fleetDatabase, 'read')
  return { fleet, [Symbol.dispose]: () => fleet[Symbol.dispose]() }
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
  using source = await openIfSealed(outside, path, { keys: places.keys, limitBytes: recordBytes })
  const bytes = wholeOf(source)
  const { id, state, key } = readHostState(bytesSource(source.name, bytes))
  return { id, state, key: key.id, from: path, bytes }
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
  { state, key }: Pick<SentState, 'state' | 'key'>,
): boolean => findHost(fleet, state.host)?.key === key

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
  readonly kept: SentState
  readonly sent: SentState[]
}

/**
 * Each is a state file, or the id of a host whose last state counts. Each file is read once. With `countsKept` what is kept of
 * a host counts where it is newer than what it sent: a stick from a drawer says nothing new. Throws NOT_FOUND.
 */
export async function readAll(
  station: Station,
  named: readonly string[],
  { countsKept = false }: { readonly countsKept?: boolean } = {},
): Promise<AnsweredStates & { readonly strangers: readonly Stranger[] }> {
  const known = new Map<HostId, HeardHost>()
  const strangers: Stranger[] = []
  using opened = fleetToRead(station)
  const fleet = opened?.fleet
  const sharing = sharedParts()
  const hear = (host: HostId): HeardHost | undefined => {
    const before = known.get(host)
    if (before !== undefined) return before
    const kept = fleet && keptState(fleet, host)
    const shared = kept && { ...kept, state: sharing(kept.state) }
    return shared && known.getOrInsert(host, { kept: shared, sent: countsKept ? [shared] : [] })
  }
  for (const each of named) {
    if (isHostId(each)) {
      const heard = hear(each)
      if (heard === undefined) throw new MossError('NOT_FOUND', { what: 'enrolled host', name: each })
      heard.sent.push(heard.kept)
      continue
    }
    const sent = await readSent(station, each)
    if (fleet !== undefined && keyIsKnown(fleet, sent)) hear(sent.state.host)?.sent.push(sent)
    else strangers.push(strangerOf(fleet, each, sent))
  }
  const answered = [...known.values()].map(({ kept, sent }) => newestOf(kept, sent))
  return {
    sent: answered.map(({ newest }) => newest),
    warnings: answered.flatMap(({ warnings }) => warnings),
    strangers,
  }
}

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

function strangerOf(
  fleet: DatabaseReader | undefined,
  file: string,
  { state: { host, name } }: SentState,
): Stranger {
  const [namesake] = fleet === undefined ? [] : hostsOfName(fleet, name)
  return { file, host, name, ...(namesake !== undefined && { namesake }) }
}

/** Of enrolled hosts; of one that sent several, the newest. Throws TRUST_NOT_ENROLLED naming all others, NOT_FOUND. */
export async function readStates(station: Station, named: readonly string[]): Promise<AnsweredStates> {
  const { strangers, ...answered } = await readAll(station, named)
  const [first] = strangers
  if (first === undefined) return answered
  throw new MossError('TRUST_NOT_ENROLLED', { hosts: strangers.map(sayStranger), file: first.file })
}

const sayStranger = ({ name, host, namesake }: Stranger): string =>
  namesake === undefined
    ? `${name} (${host})`
    : `${name} (${host}, another key than that of ${name} here, ${namesake})`

/** A medium has older ones beside it, which say nothing but that it is still the same machine. */
function newestOf(
  kept: SentState,
  sent: readonly SentState[],
): { readonly newest: SentState; readonly warnings: readonly string[] } {
  const [first, ...later] = sent.toSorted((a, b) => a.state.counter - b.state.counter)
  if (first === undefined) throw new Error('broken promise: a host that answers has sent a state')
  const warnings: string[] = []
  let newest = first
  for (const next of later) {
    warnings.push(...departuresOf(newest, next))
    newest = next
  }
  return { newest, warnings: [...departuresOf(kept, newest), ...warnings] }
}

/** Keeps what is newer than what is here, and, where a bundle was made of them, that it is under way. */
export function keepStates(
  station: Station,
  { sent }: Pick<AnsweredStates, 'sent'>,
  made?: Pick<SentBundle, 'bundle' | 'channel' | 'serial'>,
): void {
  if (sent.length === 0) return
  using database = openFleet(station)
  const now = Math.floor(station.outside.nowMs() / 1000)
  database.transaction((fleet) => {
    for (const each of sent) {
      const { host, counter } = each.state
      const kept = findHost(fleet, host)
      if (kept?.key !== each.key) continue
      if (counter > kept.counter) keep(fleet, each, now)
      if (made !== undefined) putSent(fleet, host, { ...made, counter, made: now })
    }
  })
}

/** What came in a file; what is kept is here already. */
export function keep(fleet: Transaction, sent: SentState, seen: number): void {
  const { bytes } = sent
  if (bytes === undefined) return
  putState(fleet, {
    ...sent,
    bytes,
    follows: parseModel(sent.state.model, `the model of ${sent.state.name}`).channel,
    seen,
  })
}
