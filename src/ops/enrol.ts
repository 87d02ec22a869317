// fleet enroll: a station answers a host from now on, once somebody has compared its key by its words with what the host
// itself shows.
import { MossError } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import { hostsOfName } from '../fleet/tables.ts'
import type { Outside } from '../host/outside.ts'
import { assertFingerprint, fingerprintOf, spellingsOf } from '../trust/fingerprint.ts'
import { findStates } from '../medium/medium.ts'
import { keep, keyIsKnown, openFleet, readAll, readingFleet, readSent, sayUnreadable } from './fleet.ts'
import { openStation } from './station.ts'

type SaidUnreadable = ReturnType<typeof sayUnreadable>

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

/**
 * The file itself, or of a medium the newest state of each host that nobody enrolled; and those that cannot be read. Throws
 * NOT_FOUND where there is none.
 */
export async function statesToEnrol(
  outside: Outside,
  { home, path }: { readonly home: string; readonly path: string },
): Promise<{ readonly files: readonly string[]; readonly unreadable: readonly SaidUnreadable[] }> {
  if (outside.disk.lstat(path)?.kind !== 'folder') return { files: [path], unreadable: [] }
  using station = openStation(outside, { home, how: 'read' })
  const found = findStates(outside.disk, path).map((each) => each.path)
  const { strangers, ...read } = await readAll(station, found, { countsKept: true })
  const unreadable = read.unreadable.map(sayUnreadable)
  if (strangers.length + unreadable.length > 0)
    return { files: strangers.map(({ file }) => file), unreadable }
  throw new MossError('NOT_FOUND', { what: 'state of a host that is not enrolled on', name: path })
}

/** Throws TRUST_FINGERPRINT. */
export async function planEnrol(
  outside: Outside,
  request: { readonly home: string; readonly file: string; readonly expect: string | undefined },
): Promise<EnrolPlan> {
  using station = openStation(outside, { home: request.home, how: 'read' })
  const sent = await readSent(station, request.file)
  const { state, key } = sent
  assertFingerprint({ what: 'host’s key', digest: key }, request.expect)
  return {
    home: request.home,
    file: request.file,
    host: state.host,
    name: state.name,
    ...spellingsOf(key),
    isCompared: request.expect !== undefined,
    isEnrolled: readingFleet(station, (fleet) => keyIsKnown(fleet, { host: state.host, key })) === true,
    namesakes: (readingFleet(station, (fleet) => hostsOfName(fleet, state.name)) ?? []).filter(
      (host) => host !== state.host,
    ),
  }
}

/** Throws PLAN_STALE where the file is another host's by now. */
export async function executeEnrol(outside: Outside, plan: EnrolPlan): Promise<EnrolPlan> {
  using station = openStation(outside, { home: plan.home, how: 'write' })
  const sent = await readSent(station, plan.file)
  if (fingerprintOf(sent.key) !== plan.fingerprint) throw new MossError('PLAN_STALE', { what: plan.file })
  using database = openFleet(station)
  database.transaction((fleet) => {
    // What is kept of a host that is known is for an answer to replace: a plan tells what has changed since.
    if (!keyIsKnown(fleet, { host: plan.host, key: sent.key }))
      keep(fleet, sent, Math.floor(outside.nowMs() / 1000))
  })
  return plan
}
