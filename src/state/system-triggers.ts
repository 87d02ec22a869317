// Triggers of the system: they run when the new state is current, on the real root, because of what changed between the
// state before and this one, or because they are still owed from then. Nothing is undone because of them: one that
// fails is told, kept in the history and in the receipt, and is owed. Recovery runs them again: they may run twice.
import { MossError } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { ChangedPackages } from './changed-packages.ts'
import type { StateParts } from './parts.ts'
import type { StateRecord } from './record.ts'
import { readTriggerRuns, type TriggerRun, writeTriggerRuns } from './tables.ts'
import { isAbout, triggersOf } from './triggers/choose.ts'
import { tellTroubles } from './triggers/tell.ts'
import type { Trigger } from '../manifest/trigger.ts'
import { runOnRoot } from './triggers/world.ts'

export interface SystemTriggersRequest {
  readonly from: StateNumber
  /** The state that is current. */
  readonly record: StateRecord
  readonly changed: ChangedPackages
  readonly report: Report
}

/** How each went; none of them throws. Of a tree that was taken over none runs. */
export async function runSystemTriggers(
  parts: StateParts,
  { from, record, changed, report }: SystemTriggersRequest,
): Promise<readonly TriggerRun[]> {
  const { database } = parts
  if (record.adopted !== undefined) return []
  const runs: TriggerRun[] = []
  for (const trigger of systemTriggers(parts, owedSince(parts, from), changed, runs)) {
    report({ phase: 'triggers', item: trigger.name })
    runs.push(await runOne(parts, trigger, record.created))
  }
  tellTroubles(runs, report)
  if (runs.length + readTriggerRuns(database, record.number).length > 0)
    database.transaction((transaction) =>
      writeTriggerRuns(transaction, { state: record.number, scope: 'system', runs }),
    )
  return runs
}

const owedSince = ({ database }: StateParts, state: number): ReadonlySet<string> =>
  new Set(
    readTriggerRuns(database, state)
      .filter(({ scope, outcome }) => scope === 'system' && outcome !== 'done')
      .map(({ name }) => name),
  )

/** A state of old may declare what this moss refuses: it is current all the same. */
function systemTriggers(
  { outside, places }: StateParts,
  owed: ReadonlySet<string>,
  { paths }: ChangedPackages,
  runs: TriggerRun[],
): readonly Trigger[] {
  try {
    return triggersOf(outside.disk, places.root === '/' ? '' : places.root).filter(
      (trigger) => trigger.scope === 'system' && (owed.has(trigger.name) || isAbout(trigger, paths)),
    )
  } catch (error) {
    if (!(error instanceof MossError) || error.code !== 'TRIGGER_INVALID') throw error
    runs.push({ name: 'triggers', scope: 'system', outcome: 'failed', note: error.message, output: '' })
    return []
  }
}

async function runOne(
  { outside, places: { root } }: StateParts,
  trigger: Trigger,
  created: number,
): Promise<TriggerRun> {
  const { name } = trigger
  if (trigger.running && root !== '/')
    return {
      name,
      scope: 'system',
      outcome: 'skipped',
      note: `${root} is not the running system`,
      output: '',
    }
  const end = await runOnRoot(outside, root, { trigger, created })
  if (end.kind === 'impossible')
    return { name, scope: 'system', outcome: 'skipped', note: end.note, output: '' }
  const [outcome, note] = end.kind === 'done' ? (['done', ''] as const) : (['failed', end.note] as const)
  return { name, scope: 'system', outcome, note, output: end.output }
}
