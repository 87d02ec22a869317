// What apply and rollback tell when the new state is current.
import type { Published } from '../state/publish.ts'
import type { Applied, ApplyPlan } from './changes.ts'
import type { HostSession } from './host.ts'

const outcomes = {
  place: 'delivered',
  replace: 'follows its package',
  remove: 'gone with its package',
} as const

const mostTold = 10

const fewest = (problems: readonly string[]): readonly string[] =>
  problems.length <= mostTold
    ? problems
    : [...problems.slice(0, mostTold), `and ${problems.length - mostTold} more: moss state diff --etc`]

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
    triggers: record.triggers.map(({ name, outcome, note }) => ({
      name,
      outcome: note === '' ? outcome : `${outcome}: ${note}`,
    })),
    deliveries: published.deliveries.map(({ path, kind }) => ({ path, outcome: outcomes[kind] })),
    notes: [
      ...fewest(published.problems),
      ...(published.pruned.length === 0 ? [] : [`no longer kept: state ${published.pruned.join(', ')}`]),
    ],
    seconds: (host.outside.nowMs() - startedMs) / 1000,
  }
}
