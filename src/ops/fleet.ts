// The hosts that a station answers: those whose key somebody compared, by its words, with what the host itself shows. Of each
// the newest state that was seen is kept below hosts/, which says both: the key is in its head.
import { compareText, concatBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import { departuresOf } from '../fleet/enrolment.ts'
import type { HostState } from '../fleet/host-state.ts'
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

interface SentState extends ReadHostState {
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

/** Of enrolled hosts, in the order of their files. Throws TRUST_NOT_ENROLLED naming all others. */
export async function readStates(
  station: Station,
  paths: readonly string[],
): Promise<{ readonly states: readonly HostState[]; readonly warnings: readonly string[] }> {
  const sent: SentState[] = []
  for (const path of paths) sent.push(await readSent(station, path))
  const known = sent.map((each) => ({ each, kept: keptOf(station, each) }))
  const strangers = known.flatMap(({ each: { state }, kept }) => (kept === undefined ? [state] : []))
  if (strangers.length > 0)
    throw new MossError('TRUST_NOT_ENROLLED', {
      hosts: strangers.map((state) => nameOfStranger(station, state)),
      file: paths[sent.findIndex(({ state }) => state === strangers[0])] ?? '',
    })
  return {
    states: sent.map(({ state }) => state),
    warnings: known.flatMap(({ each, kept }) => (kept === undefined ? [] : departuresOf(kept, each))),
  }
}

/** Names prove nothing, but a host that was made anew has the name it had. */
function nameOfStranger(station: Station, { name, host }: HostState): string {
  const other = keptStates(station).find(({ state }) => state.name === name)
  return other === undefined
    ? `${name} (${host})`
    : `${name} (${host}, another key than that of ${name} here, ${other.state.host})`
}

/** Keeps what is newer than what is here. A file that is gone or another one by now is nothing to keep. */
export async function keepStates(
  station: Station,
  sent: readonly { readonly path: string; readonly host: HostId; readonly counter: number }[],
): Promise<void> {
  for (const { path, host, counter } of sent) {
    if (station.outside.disk.lstat(path) === undefined) continue
    const sent = await readSent(station, path)
    const { state, bytes } = sent
    const kept = keptOf(station, sent)
    if (state.host !== host || state.counter !== counter || kept === undefined) continue
    if (counter > kept.state.counter) keep(station, host, bytes)
  }
}

function keep(station: Station, host: HostId, bytes: Uint8Array): void {
  const { disk } = station.outside
  const { hosts } = station.places
  if (disk.lstat(hosts) === undefined) disk.makeFolder(hosts, 0o755)
  writeDurably(disk, keptPath(station, host), bytes, { mode: 0o644, replace: true })
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
  const { state, bytes } = sent
  if (fingerprintOf(sent.key.id) !== plan.fingerprint) throw new MossError('PLAN_STALE', { what: plan.file })
  const kept = keptOf(station, sent)
  if (kept === undefined || kept.state.counter < state.counter) keep(station, state.host, bytes)
  return plan
}

export async function listFleet(outside: Outside, { home }: { readonly home: string }) {
  using station = openStation(outside, { home, how: 'read' })
  return keptStates(station).map(({ state, key }) => ({
    host: state.host,
    name: state.name,
    ...spellingsOf(key.id),
    state: state.counter,
    created: state.created,
    ...(state.channel && { channel: state.channel.name, serial: state.channel.serial }),
  }))
}

/** By id or name. Throws NOT_FOUND, CLI_USAGE where several have the name. */
export async function forgetHost(
  outside: Outside,
  { home, host }: { readonly home: string; readonly host: string },
) {
  using station = openStation(outside, { home, how: 'write' })
  const { disk } = outside
  const [found, ...others] = keptStates(station).filter(
    ({ state }) => state.host === host || state.name === host,
  )
  if (found === undefined) throw new MossError('NOT_FOUND', { what: 'enrolled host', name: host })
  if (others.length > 0)
    throw new MossError('CLI_USAGE', {
      problem: `several hosts go by the name ${host}: say which by its id`,
      see: 'fleet forget',
    })
  disk.remove(keptPath(station, found.state.host))
  disk.syncFolder(station.places.hosts)
  return { host: found.state.host, name: found.state.name }
}
