// What apply and rollback tell when the new state is current.
import type { Published } from '../state/publish.ts'
import type { Applied, ApplyPlan } from './changes.ts'
import type { HostSession } from './host.ts'

const outcomes = {
  place: 'delivered',
  replace: 'follows its package',
  remove: 'gone with its package',
} as const

export function tellApplied(
  host: HostSession,
  done: { readonly plan: ApplyPlan; readonly published: Published; readonly startedMs: number },
): Applied {
  const { plan, published, startedMs } = done
  const { record } = published
  return {
    kind: plan.kind,
    state: record.number,
    previous: published.from,
    files: plan.files,
    changes: plan.changes,
    triggers: [...record.triggers, ...published.triggers].map(({ name, outcome, note }) => ({
      name,
      outcome: note === '' ? outcome : `${outcome}: ${note}`,
    })),
    deliveries: published.deliveries.map(({ path, kind }) => ({ path, outcome: outcomes[kind] })),
    notes: [...restartNotes(host, published), ...pruneNotes(published)],
    seconds: (host.outside.nowMs() - startedMs) / 1000,
  }
}

/** Only where services of this root run: then what they run is still the state before. */
function restartNotes({ outside, places }: HostSession, { restart }: Published): readonly string[] {
  const isRunning = places.root === '/' && outside.disk.lstat('/run/systemd/system')?.kind === 'folder'
  return isRunning && restart.length > 0
    ? [`restart what still runs from before: systemctl try-restart ${restart.join(' ')}`]
    : []
}

const pruneNotes = ({ pruned }: Published): readonly string[] =>
  pruned.length === 0 ? [] : [`no longer kept: state ${pruned.join(', ')}`]
