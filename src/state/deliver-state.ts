// What of the current state goes to the machine's own files: its model, where a rollback asked for it, users and groups, the
// defaults of /etc and /var. The state is current by then: what the machine does not let be written is told, remembered,
// and tried again whenever the root is opened.
import { encodeUtf8 } from '../base/bytes.ts'
import type { Report } from '../base/progress.ts'
import { writeDurably } from '../host/durable.ts'
import { type Delivered, deliver } from './deliver.ts'
import { Failures } from './failures.ts'
import { currentRecord, type StateParts } from './parts.ts'
import { parentFolder } from './places.ts'
import type { StateRecord } from './record.ts'
import { readUndelivered, type Undelivered, writeUndelivered } from './tables.ts'

interface DeliveredState extends Delivered {
  /** Nothing is left to be tried again. */
  readonly isWhole: boolean
}

export async function deliverState(
  parts: StateParts,
  { record, withModel }: Undelivered & { readonly record: StateRecord },
  report: Report,
): Promise<DeliveredState> {
  const failures = new Failures()
  if (withModel) failures.of(parts.places.model, () => writeModel(parts, record.model))
  const delivered = await deliverDefaults(parts, { state: record.number, failures, report })
  const { deliveries, problems } = delivered ?? { deliveries: [], problems: [] }
  return { deliveries, problems: [...failures.told, ...problems], isWhole: failures.told.length === 0 }
}

async function deliverDefaults(
  parts: StateParts,
  how: Parameters<typeof deliver>[1],
): Promise<Delivered | undefined> {
  try {
    return await deliver(parts, how)
  } catch (error) {
    how.failures.keep('users, groups and the defaults of /etc and /var', error)
    return undefined
  }
}

/** What an earlier transaction left; one sentence tells if the machine still does not let it. */
export async function deliverLeft(parts: StateParts, report: Report): Promise<void> {
  const { database } = parts
  const left = readUndelivered(database)
  if (left === undefined) return
  const { isWhole, problems } = await deliverState(parts, { ...left, record: currentRecord(parts) }, report)
  if (isWhole) database.transaction((transaction) => writeUndelivered(transaction, undefined))
  else report({ phase: 'deliver', warning: problems[0] ?? '' })
}

export function writeModel(
  { outside: { disk }, places }: Pick<StateParts, 'outside' | 'places'>,
  model: string,
): void {
  const folder = parentFolder(places.model)
  if (disk.lstat(folder) === undefined) {
    disk.makeFolder(folder, 0o755)
    disk.syncFolder(places.etc)
  }
  writeDurably(disk, places.model, encodeUtf8(model), { mode: 0o644, replace: true })
}
