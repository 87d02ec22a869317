// What apply, rollback and recover tell when a state has become current.
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
    triggers: [...record.triggers, ...published.triggers].map(({ name, outcome, note }) => ({
      name,
      outcome: note === '' ? outcome : `${outcome}: ${note}`,
    })),
    deliveries: published.deliveries.map(({ path, kind }) => ({ path, outcome: outcomes[kind] })),
    isDelivered: published.isDelivered,
    notes: [
      ...sayPublished(host, published),
      ...(published.pruned.length === 0 ? [] : [`no longer kept: state ${published.pruned.join(', ')}`]),
    ],
    health: published.health,
    seconds: (host.outside.nowMs() - startedMs) / 1000,
  }
}

/** What whoever is at the machine should know of a state that became current. */
export const sayPublished = (host: HostSession, published: Published): readonly string[] => [
  ...sayHealth(published),
  ...fewest(published.problems),
  ...restartNotes(host, published),
]

/** Only where services of this root run: then what they run is still the state before. */
function restartNotes({ outside, places }: HostSession, { restart }: Published): readonly string[] {
  const isRunning = places.root === '/' && outside.disk.lstat('/run/systemd/system')?.kind === 'folder'
  return isRunning && restart.length > 0
    ? [`restart what still runs from before: systemctl try-restart ${restart.join(' ')}`]
    : []
}

/** Nothing about a state that is well. */
export function sayHealth({
  health,
  record: { number },
  from,
}: Pick<Published, 'health' | 'record' | 'from'>): readonly string[] {
  if (health === undefined || health.kind === 'confirmed') return []
  const { kind, why } = health
  if (kind === 'waiting') return [`state ${number} is not confirmed yet: ${why}`]
  return kind === 'back'
    ? [`went back from state ${from} to ${number}: ${why}`]
    : [`state ${number} is not well, but moss does not go back from it by itself: ${why}`]
}
