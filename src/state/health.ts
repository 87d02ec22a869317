// How well the current state is, judged from the disk, the tables and the model's checks; and what is remembered of it.
// The checks are the caller's: this room knows no model.
import { encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { PackageId, StateNumber } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { Transaction } from '../host/database.ts'
import { decideHealth, type Health, type Moment, type Situation, type Verdict } from './health-rule.ts'
import { bootOf, currentRecord, keptNumbers, type StateParts } from './parts.ts'
import type { StateRecord } from './record.ts'
import {
  clearFailed,
  hasCounted,
  readFailed,
  readHealth,
  readHistory,
  readMarks,
  writeHealth,
  writeMarks,
  writeNews,
} from './tables.ts'

/** Runs the checks that a state's model names. */
export type Check = (record: StateRecord, report: Report) => Promise<Verdict>

export async function judgeHealth(parts: StateParts, moment: Moment, report: Report): Promise<Health> {
  const record = currentRecord(parts)
  const situation = situationOf(parts, record.number, moment)
  return decideHealth(
    situation,
    situation.isConfirmed || parts.check === undefined
      ? { kind: 'passed' }
      : await parts.check(record, report),
  )
}

function situationOf(parts: StateParts, number: StateNumber, moment: Moment): Situation {
  const { outside, database } = parts
  const boot = bootOf(outside.disk)
  const { boots, counted } = readHealth(database, number)
  const last = readHistory(database).at(-1)
  const fallback = lastConfirmed(parts)
  return {
    moment,
    isConfirmed: readMarks(database, number).isConfirmed,
    isApplied: last?.kind === 'apply' && last.to === number,
    isCounting: hasCounted(database, boot),
    isOfThisBoot: boot !== '' && counted === boot,
    earlierBoots: counted === boot ? boots - 1 : boots,
    fallback: fallback === number ? undefined : fallback,
  }
}

/** Of the states that are here, the confirmed one that was current last. */
export function lastConfirmed(parts: Pick<StateParts, 'outside' | 'places' | 'database'>) {
  const { outside, places, database } = parts
  const here = new Set<number>([currentRecord(parts).number, ...keptNumbers(outside.disk, places)])
  const found = readHistory(database).findLast(
    ({ to }) => here.has(to) && readMarks(database, to).isConfirmed,
  )
  return found?.to as StateNumber | undefined
}

/** States of the same packages are the same state, whatever bundle or number they came with. */
const setDigest = (packages: readonly PackageId[]): string =>
  digestOf(encodeUtf8(packages.toSorted().join('\n')))

const setOf = ({ packages }: StateRecord): string => setDigest(packages.map(({ id }) => id))

export function markConfirmed(transaction: Transaction, record: StateRecord): void {
  writeMarks(transaction, record.number, { isConfirmed: true })
  writeNews(transaction)
  clearFailed(transaction, setOf(record))
}

export const markFailed = (transaction: Transaction, record: StateRecord, why: string): void =>
  writeHealth(transaction, record.number, { failed: why, packages: setOf(record) })

/** The last state of exactly these packages that was gone back from, unless one was confirmed since. */
export const failedBefore = ({ database }: StateParts, packages: readonly PackageId[]) =>
  readFailed(database, setDigest(packages))

/** Once a boot, however often it is called. Where boots cannot be told apart nothing is counted. */
export function countBoot({ outside, database, places }: StateParts): void {
  const boot = bootOf(outside.disk)
  const { number } = currentRecord({ outside, places })
  const { boots, counted } = readHealth(database, number)
  if (boot === '' || counted === boot) return
  database.transaction((transaction) => writeHealth(transaction, number, { boots: boots + 1, counted: boot }))
}
