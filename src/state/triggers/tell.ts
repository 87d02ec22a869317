// What a person is told of triggers while they run: those that failed, and those that were left out, once for each reason.
import type { Report } from '../../base/progress.ts'
import type { TriggerRun } from '../tables.ts'

export function tellTroubles(runs: readonly TriggerRun[], report: Report): void {
  const troubles = Map.groupBy(
    runs.filter(({ outcome }) => outcome !== 'done'),
    ({ outcome, note }) => `${outcome}: ${note}`,
  )
  for (const [how, alike] of troubles)
    report({ phase: 'triggers', warning: `${alike.map(({ name }) => name).join(', ')} ${how}` })
}
