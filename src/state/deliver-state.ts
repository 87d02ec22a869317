// What of the current state goes to the machine's own files: its model, where a rollback asked for it, users and groups, the
// defaults of /etc and /var. The state is current by then: what the machine does not let be written is told, remembered,
// and tried again whenever the root is opened.
import { encodeUtf8 } from '../base/bytes.ts'
import type { Report } from '../base/progress.ts'
import { writeDurably } from '../host/durable.ts'
import { type Delivered, deliver, standingAt } from './deliver.ts'
import { blocked, type Standing } from './deliveries.ts'
import { Failures } from './failures.ts'
import { settleLibraryCache } from './library-cache.ts'
import { currentRecord, type StateParts } from './parts.ts'
import { parentFolder } from './places.ts'
import type { StateRecord } from './record.ts'
import { readUndelivered, type Undelivered, writeUndelivered } from './tables.ts'

interface DeliveredState extends Delivered {
  /** What is left to be tried again; undefined if nothing is. */
  readonly left: Undelivered | undefined
}

interface ToDeliver {
  readonly record: StateRecord
  /** Whatever stands there is replaced. */
  readonly withModel: boolean
}

export async function deliverState(
  parts: StateParts,
  { record, withModel }: ToDeliver,
  report: Report,
): Promise<DeliveredState> {
  const failures = new Failures()
  const writes = (): true => {
    writeModel(parts, record.model)
    return true
  }
  const hasModel = !withModel || failures.of(parts.places.model, writes) === true
  failures.of('etc/ld.so.cache', () => settleLibraryCache(parts))
  const delivered = await deliverDefaults(parts, { state: record.number, failures, report })
  const { deliveries, problems } = delivered ?? { deliveries: [], problems: [] }
  const left = { modelOver: hasModel ? undefined : standingOfModel(parts) }
  return {
    deliveries,
    problems: [...failures.told, ...problems],
    left: failures.told.length === 0 ? undefined : left,
  }
}

const modelPath = 'etc/moss/model.toml'

const standingOfModel = (parts: StateParts): Standing =>
  new Failures().of(modelPath, () => standingAt(parts, modelPath)) ?? blocked

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

/**
 * What an earlier transaction left; one sentence tells if the machine still does not let it. A model that was changed since
 * is somebody's, and stays.
 */
export async function deliverLeft(parts: StateParts, report: Report): Promise<void> {
  const { database } = parts
  const owed = readUndelivered(database)
  if (owed === undefined) return
  const withModel = owed.modelOver !== undefined && owed.modelOver === standingOfModel(parts)
  const { left, problems } = await deliverState(parts, { record: currentRecord(parts), withModel }, report)
  if (left === undefined) database.transaction((transaction) => writeUndelivered(transaction, undefined))
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
