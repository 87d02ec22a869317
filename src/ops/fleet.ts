// The hosts that a station answers: those whose key somebody compared, by its words, with what the host itself shows. Of each
// the newest state that was seen is kept below hosts/, which says both: the key is in its head.
import { compareText, concatBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import { isHostId } from '../base/names.ts'
import { departuresOf } from '../fleet/enrolment.ts'
import { type ReadHostState, readHostState } from '../fleet/state-file.ts'
import { type ByteSource, bytesSource } from '../host/byte-source.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { assertFingerprint, fingerprintOf, spellingsOf } from '../trust/fingerprint.ts'
import { recordBytes } from './receipt.ts'
import { openIfSealed } from './sealing.ts'
import { openStation, type Station } from './station.ts'

const ending = '.moss-state'

const keptPath = ({ places }: Station, host: HostId): string => `${places.hosts}/${host}${ending}`

export interface SentState extends ReadHostState {
  readonly bytes: Uint8Array
}

/** A file that somebody carried, sealed for this station or not. Genuine by the key it carries. Throws NOT_FOUND, SEALED_FOR_OTHERS, SEAL_DAMAGED, and as `readHostState`. */
async function readSent({ outside, places }: Station, path: string): Promise<SentState> {
  if (outside.disk.lstat(path) === undefined)
    throw new MossError('NOT_FOUND', { what: 'state file', name: path })
  using source = await openIfSealed(outside, path, { keys: places.keys, limitBytes: recordBytes })
  const bytes = wholeOf(source)
  return { ...readHostState(bytesSource(source.name, bytes)), bytes }
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

function keptState(station: Station, host: HostId): ReadHostState | undefined {
  const { disk } = station.outside
  const path = keptPath(station, host)
  if (disk.lstat(path) === undefined) return undefined
  const kept = readHostState(bytesSource(path, disk.readFile(path, recordBytes)))
  if (kept.state.host === host) return kept
  throw new MossError('STATE_BROKEN', { path, problem: `it is a state of host ${kept.state.host}` })
}

/** Only of the very same key: an id is but the beginning of its digest. */
function keptOf(
  station: Station,
  { state, key }: Pick<ReadHostState, 'state' | 'key'>,
): ReadHostState | undefined {
  const kept = keptState(station, state.host)
  return kept?.key.id === key.id ? kept : undefined
}

function keptStates(station: Station): readonly ReadHostState[] {
  const { disk } = station.outside
  const { hosts } = station.places
  if (disk.lstat(hosts) === undefined) return []
  return disk
    .list(hosts)
    .filter(({ name }) => name.endsWith(ending))
    .map(({ name }) => keptState(station, name.slice(0, -ending.length) as HostId))
    .filter((kept) => kept !== undefined)
    .sort((a, b) => compareText(a.state.name, b.state.name) || compareText(a.state.host, b.state.host))
}

export interface AnsweredStates {
  /** One for each host, in the order of the files. */
  readonly sent: readonly SentState[]
  /** What a host is not as it was. */
  readonly warnings: readonly string[]
}

/**
 * Of enrolled hosts; of one that sent several, the newest. Each file is read once. Throws TRUST_NOT_ENROLLED naming
 * all others.
 */
export async function readStates(station: Station, paths: readonly string[]): Promise<AnsweredStates> {
  const known = new Map<HostId, { readonly kept: ReadHostState; readonly sent: SentState[] }>()
  const strangers: { readonly path: string; readonly name: string; readonly host: HostId }[] = []
  for (const path of paths) {
    const sent = await readSent(station, path)
    const { host, name } = sent.state
    const kept = keptOf(station, sent)
    if (kept === undefined) strangers.push({ path, name, host })
    else known.getOrInsert(host, { kept, sent: [] }).sent.push(sent)
  }
  const [first] = strangers
  if (first !== undefined)
    throw new MossError('TRUST_NOT_ENROLLED', {
      hosts: namesOfStrangers(station, strangers),
      file: first.path,
    })
  const answered = [...known.values()].map(({ kept, sent }) => newestOf(kept, sent))
  return {
    sent: answered.map(({ newest }) => newest),
    warnings: answered.flatMap(({ warnings }) => warnings),
  }
}

/** A medium has older ones beside it, which say nothing but that it is still the same machine. */
function newestOf(
  kept: ReadHostState,
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

/** Names prove nothing, but a host that was made anew has the name it had. */
function namesOfStrangers(
  station: Station,
  strangers: readonly { readonly name: string; readonly host: HostId }[],
): readonly string[] {
  const known = new Map(keptStates(station).map(({ state }) => [state.name, state.host]))
  return strangers.map(({ name, host }) => {
    const other = known.get(name)
    return other === undefined
      ? `${name} (${host})`
      : `${name} (${host}, another key than that of ${name} here, ${other})`
  })
}

/** Keeps what is newer than what is here. */
export function keepStates(station: Station, { sent }: Pick<AnsweredStates, 'sent'>): void {
  for (const each of sent) {
    const kept = keptOf(station, each)
    if (kept !== undefined && each.state.counter > kept.state.counter) keep(station, each)
  }
}

/** Readable for the station alone: a state is an inventory, and may have come sealed. */
function keep(station: Station, { state, bytes }: SentState): void {
  const { disk } = station.outside
  const { hosts } = station.places
  if (disk.lstat(hosts) === undefined) disk.makeFolder(hosts, 0o700)
  writeDurably(disk, keptPath(station, state.host), bytes, { mode: 0o600, replace: true })
}

export interface EnrolPlan {
  readonly home: string
  readonly file: string
  readonly host: HostId
  readonly name: string
  readonly fingerprint: string
  readonly words: string
  /** Somebody compared them by another way. */
  readonly isCompared: boolean
  readonly isEnrolled: boolean
  /** Hosts here that go by the same name. */
  readonly namesakes: readonly HostId[]
}

/** Throws TRUST_FINGERPRINT. */
export async function planEnrol(
  outside: Outside,
  request: { readonly home: string; readonly file: string; readonly expect: string | undefined },
): Promise<EnrolPlan> {
  using station = openStation(outside, { home: request.home, how: 'read' })
  const { state, key } = await readSent(station, request.file)
  assertFingerprint({ what: 'host’s key', digest: key.id }, request.expect)
  return {
    home: request.home,
    file: request.file,
    host: state.host,
    name: state.name,
    ...spellingsOf(key.id),
    isCompared: request.expect !== undefined,
    isEnrolled: keptOf(station, { state, key }) !== undefined,
    namesakes: keptStates(station)
      .filter(({ state: { name, host } }) => name === state.name && host !== state.host)
      .map(({ state: { host } }) => host),
  }
}

/** Throws PLAN_STALE where the file is another host's by now. */
export async function executeEnrol(outside: Outside, plan: EnrolPlan): Promise<EnrolPlan> {
  using station = openStation(outside, { home: plan.home, how: 'write' })
  const sent = await readSent(station, plan.file)
  if (fingerprintOf(sent.key.id) !== plan.fingerprint) throw new MossError('PLAN_STALE', { what: plan.file })
  // What is kept of a host that is known is for an answer to replace: a plan tells what has changed since.
  if (keptOf(station, sent) === undefined) keep(station, sent)
  return plan
}

export async function listFleet(outside: Outside, { home }: { readonly home: string }) {
  using station = openStation(outside, { home, how: 'read' })
  return keptStates(station).map(({ state, key }) => ({
    host: state.host,
    name: state.name,
    ...spellingsOf(key.id),
    counter: state.counter,
    created: state.created,
    ...(state.channel && { channel: state.channel.name, serial: state.channel.serial }),
  }))
}

/** By id, whatever is kept of it, or by name. Throws NOT_FOUND, CLI_USAGE where several have the name. */
export async function forgetHost(
  outside: Outside,
  { home, host }: { readonly home: string; readonly host: string },
): Promise<{ readonly host: HostId }> {
  using station = openStation(outside, { home, how: 'write' })
  const { disk } = outside
  const id = hostNamed(station, host)
  disk.remove(keptPath(station, id))
  disk.syncFolder(station.places.hosts)
  return { host: id }
}

function hostNamed(station: Station, host: string): HostId {
  const { disk } = station.outside
  if (isHostId(host) && disk.lstat(keptPath(station, host)) !== undefined) return host
  const [found, ...others] = keptStates(station).filter(({ state }) => state.name === host)
  if (found === undefined) throw new MossError('NOT_FOUND', { what: 'enrolled host', name: host })
  if (others.length > 0)
    throw new MossError('CLI_USAGE', {
      problem: `several hosts go by the name ${host}: say which by its id`,
      see: 'fleet forget',
    })
  return found.state.host
}
