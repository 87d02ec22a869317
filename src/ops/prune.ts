// state prune, pin, unpin: lets kept states go, and says which must not. Stays: what is current, pinned, last confirmed, or
// was current since this boot; and at least one to go back to. Says first, then does.
import { MossError } from '../base/error.ts'
import { silent } from '../base/progress.ts'
import type { StateNumber } from '../base/ids.ts'
import type { Outside } from '../host/outside.ts'
import { statesToKeep } from '../state/keep-rule.ts'
import { keptFolder } from '../state/places.ts'
import type { KnownState } from '../state/states.ts'
import { freedBytes } from './freed-bytes.ts'
import { type HostSession, openHost } from './host.ts'
import { parseState } from './installed.ts'
import { renewReceipt } from './receipt.ts'

export interface PrunePlan {
  readonly kind: 'prune'
  readonly root: string
  /** The state that was current when it was made. */
  readonly state: number
  /** Rising. */
  readonly going: readonly {
    readonly number: StateNumber
    readonly created: number
    readonly packages: number
  }[]
  /** Of the trees alone, at least. */
  readonly freedBytes: number
}

export async function planPrune(
  outside: Outside,
  request: { readonly root: string; readonly states: readonly string[]; readonly keep: string | undefined },
): Promise<PrunePlan> {
  const keep = parseKeep(request)
  using host = await openHost(outside, { root: request.root, report: silent })
  const known = host.states.list()
  const going =
    request.states.length > 0 ? namedStates(known, request.states) : outnumberedStates(known, keep)
  return {
    kind: 'prune',
    root: host.places.root,
    state: host.states.current().number,
    going: going.map(({ record: { number, created, packages } }) => ({
      number,
      created,
      packages: packages.length,
    })),
    freedBytes: freedBytes(outside.disk, host.places, {
      paths: [],
      trees: going.map(({ record }) => keptFolder(host.places, record.number)),
    }),
  }
}

/** Throws CLI_USAGE. */
function parseKeep({
  states,
  keep,
}: {
  readonly states: readonly string[]
  readonly keep: string | undefined
}): number | undefined {
  if (keep === undefined) return undefined
  if (states.length > 0)
    throw new MossError('CLI_USAGE', { problem: 'name states, or say --keep N', see: 'state prune' })
  if (!/^\d{1,9}$/.test(keep) || Number(keep) < 2)
    throw new MossError('CLI_USAGE', {
      problem: `--keep ${keep}: at least 2 states are kept, one to go back to`,
      see: 'state prune',
    })
  return Number(keep)
}

/** Why a state must stay, in words. */
function reasonToStay(state: KnownState): string | undefined {
  if (state.isCurrent) return 'it is current'
  if (state.isPinned) return 'it is pinned'
  if (state.isLastConfirmed) return 'it is the last confirmed one'
  return state.wasCurrentThisBoot ? 'it was current since this boot: processes may live in it' : undefined
}

/** Throws NOT_FOUND, STATE_NEEDED. */
function namedStates(known: readonly KnownState[], named: readonly string[]): readonly KnownState[] {
  const numbers = new Set(named.map(parseState))
  for (const number of numbers)
    if (!known.some(({ record }) => record.number === number))
      throw new MossError('NOT_FOUND', { what: 'state', name: `${number}` })
  const going = known.filter(({ record }) => numbers.has(record.number))
  for (const state of going) {
    const why = reasonToStay(state)
    if (why !== undefined) throw new MossError('STATE_NEEDED', { state: state.record.number, why })
  }
  const last = going.at(-1)
  if (last !== undefined && known.length - going.length < 2)
    throw new MossError('STATE_NEEDED', {
      state: last.record.number,
      why: 'it is the only one left to go back to',
    })
  return going
}

function outnumberedStates(known: readonly KnownState[], keep: number | undefined): readonly KnownState[] {
  const current = known.find(({ isCurrent }) => isCurrent)
  if (current === undefined) throw new Error('broken promise: one state is current')
  const candidates = known.map(({ record, ...marks }) => ({ number: record.number, ...marks }))
  const kept = statesToKeep(candidates, current.record.number, keep)
  return known.filter(({ record }) => !kept.has(record.number))
}

/** Throws PLAN_STALE if another state is current by then, or one that goes must stay. */
export async function executePrune(
  outside: Outside,
  plan: PrunePlan,
): Promise<{ readonly removed: readonly number[]; readonly freedBytes: number }> {
  using host = await openHost(outside, { root: plan.root, report: silent })
  assertFresh(host, plan)
  const removed = plan.going.map(({ number }) => number)
  host.states.prune(removed, silent)
  // What only they needed is no base any more, unless the station was told of it.
  renewReceipt(host)
  return { removed, freedBytes: plan.freedBytes }
}

function assertFresh({ states }: HostSession, plan: PrunePlan): void {
  const known = states.list()
  const isStale =
    states.current().number !== plan.state ||
    plan.going.some(({ number }) => {
      const state = known.find(({ record }) => record.number === number)
      return state === undefined || reasonToStay(state) !== undefined
    }) ||
    known.length - plan.going.length < 2
  if (isStale) throw new MossError('PLAN_STALE', { what: 'which states are kept' })
}

export async function pinState(
  outside: Outside,
  request: { readonly root: string; readonly state: string | undefined; readonly isPinned: boolean },
): Promise<{ readonly state: number; readonly isPinned: boolean }> {
  using host = await openHost(outside, { root: request.root, report: silent })
  const state = parseState(request.state) ?? host.states.current().number
  host.states.setPinned(state, request.isPinned)
  return { state, isPinned: request.isPinned }
}
