// rollback: makes a kept state current. Counters stay: the serial guards what comes in, not what is kept.
import { MossError } from '../base/error.ts'
import { plural } from '../base/format.ts'
import type { StateNumber } from '../base/ids.ts'
import { silent } from '../base/progress.ts'
import type { Outside } from '../host/outside.ts'
import type { Applied, ApplyPlan } from './changes.ts'
import { type HostSession, openHost } from './host.ts'
import { parseState, readInstalled } from './installed.ts'
import { readModel } from './model-file.ts'
import { nameOfPath } from './owned-assets.ts'
import { describeChange, planToStay, setOf } from './plan-change.ts'
import { tellApplied } from './publish.ts'
import { settleLast } from './receipt.ts'
import type { ReportEvent } from './types.ts'

export async function planRollback(
  outside: Outside,
  request: { readonly root: string; readonly state: string | undefined; readonly withModel: boolean },
): Promise<ApplyPlan> {
  using host = await openHost(outside, { root: request.root, report: silent })
  const { states, places } = host
  const current = states.current()
  const wanted = parseState(request.state) ?? previousOf(host)
  const target = states.read(wanted)
  const before = setOf(outside, { places, tree: places.usr, record: current })
  const after = readInstalled(outside, { places, tree: states.tree(wanted), record: target })
  const { text } = readModel(outside, places)
  const { failed } = states.health(wanted)
  return {
    ...planToStay(host, 'rollback'),
    ...describeChange(before, after),
    to: target.number,
    isNothing: target.number === current.number,
    warnings: [
      ...(await damageOf(host, target.number)),
      ...(failed === '' ? [] : [`state ${wanted} was gone back from: ${failed}`]),
      ...(request.withModel || target.model === text
        ? []
        : ['the model stays as it is; --with-model restores that state’s own']),
    ],
    withModel: request.withModel,
  }
}

/** Without reading contents. Going back is not refused: it may be the best there is. */
async function damageOf({ states }: HostSession, number: StateNumber): Promise<readonly string[]> {
  if (number === states.current().number) return []
  const [first, ...more] = await states.check(number, { isQuick: true, damaged: new Map() }, silent)
  if (first === undefined) return []
  const others = more.length === 0 ? '' : `, and ${plural(more.length, 'path')} more`
  const what = `${nameOfPath(first.path, first.owner)} ${first.problem}${others}`
  return [
    states.read(number).adopted === undefined
      ? `state ${number} is not as it was made: ${what}; moss repair mends it first`
      : `state ${number} is not as it was adopted: ${what}; there is no second copy of it`,
  ]
}

/**
 * The kept state with the highest number below the current one's, or else the highest, but none that was gone back from. A
 * rollback that was cut short and is finished by now is not done twice.
 */
function previousOf({ states, isFinishing }: HostSession): number {
  const current = states.current().number
  if (isFinishing && states.history().at(-1)?.kind === 'rollback') return current
  const kept = states
    .list()
    .filter((state) => !state.isCurrent)
    .map((state) => state.record.number)
    .filter((number) => states.health(number).failed === '')
  const found = kept.filter((number) => number < current).at(-1) ?? kept.at(-1)
  if (found === undefined) throw new MossError('NOT_FOUND', { what: 'kept state', name: 'to go back to' })
  return found
}

/** Throws PLAN_STALE. */
export async function executeRollback(
  outside: Outside,
  plan: ApplyPlan,
  report: ReportEvent,
): Promise<Applied> {
  const startedMs = outside.nowMs()
  using host = await openHost(outside, { root: plan.root, report })
  if (host.states.current().number !== plan.from)
    throw new MossError('PLAN_STALE', { what: 'the current state' })
  const published = await host.states.publishKept(plan.to, { withModel: plan.withModel }, report)
  const applied = tellApplied(host, { plan, published, startedMs })
  settleLast(host)
  return applied
}
