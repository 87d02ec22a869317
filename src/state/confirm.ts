// Outside of a transaction: what a boot, or a person, asks about the current state. A state that is not well is gone
// back from here as it is after publishing.
import type { Report } from '../base/progress.ts'
import { countBoot, judgeHealth, markConfirmed } from './health.ts'
import type { Health, Moment } from './health-rule.ts'
import { currentRecord, type StateParts } from './parts.ts'
import { goBack } from './publish.ts'
import { readMarks } from './tables.ts'

/** With no transaction open. A boot is counted for the state that it goes on with. */
export async function settleHealth(
  parts: StateParts,
  moment: Exclude<Moment, 'published'>,
  report: Report,
): Promise<Health> {
  const health = await judgeHealth(parts, moment, report)
  if (health.kind === 'back') await goBack(parts, health, report)
  else if (health.kind === 'confirmed') confirm(parts)
  if (moment === 'booting') countBoot(parts)
  return health
}

function confirm(parts: StateParts): void {
  const record = currentRecord(parts)
  if (readMarks(parts.database, record.number).isConfirmed) return
  parts.database.transaction((transaction) => markConfirmed(transaction, record))
}
