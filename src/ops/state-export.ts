// state export, and the receipt: one signed record of what this host is. The newest is kept in .moss; exporting
// writes it out again as long as nothing has changed, so that one state has one record and one counter.
import { encodeUtf8, equalBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { ContainerId, PackageId } from '../base/ids.ts'
import { silent } from '../base/progress.ts'
import { encodeHostRecord, type HostState, type Outcome } from '../fleet/host-state.ts'
import { encodeHostState, readHostState } from '../fleet/state-file.ts'
import { bytesSource } from '../host/byte-source.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { statePathOn, writeToMedium } from '../medium/medium.ts'
import { signerOf } from '../trust/keys.ts'
import { exportedModelPath } from './bundle-set.ts'
import { type HostSession, openHost } from './host.ts'
import { readModel } from './model.ts'

const recordBytes = 512 * 1024 * 1024

const receiptPath = ({ places }: HostSession): string => `${places.own}/receipt.moss-state`

/** To a file, or below a medium's folder under its usual name. Throws ALREADY_EXISTS for another file's name. */
export async function exportState(outside: Outside, request: { readonly root: string; readonly to: string }) {
  using host = await openHost(outside, { root: request.root, report: silent })
  const { disk } = outside
  const { state, bytes } = renewReceipt(host)
  const target = disk.lstat(request.to)
  if (target !== undefined && target.kind !== 'folder' && !isOwnState(host, request.to))
    throw new MossError('ALREADY_EXISTS', { what: request.to })
  const path = target?.kind === 'folder' ? statePathOn(disk, request.to, state) : request.to
  writeToMedium(disk, path, bytes)
  writeDurably(disk, exportedModelPath(host), encodeUtf8(state.model), { mode: 0o600, replace: true })
  return { path, host: state.host, name: state.name, counter: state.counter, sizeBytes: bytes.length }
}

/** An older state of this very host may be written over. */
function isOwnState(host: HostSession, path: string): boolean {
  try {
    const bytes = host.outside.disk.readFile(path, recordBytes)
    return readHostState(bytesSource(path, bytes)).state.host === host.identity.id
  } catch {
    return false
  }
}

/** After a transaction: what the host is now, and what became of the bundle; a rollback answers the last one. */
export function writeReceipt(
  host: HostSession,
  {
    bundle,
    outcome,
    detail,
  }: { readonly bundle?: ContainerId; readonly outcome: Outcome; readonly detail: string },
): void {
  const about = bundle ?? readReceipt(host)?.state.answers?.bundle
  renewReceipt(host, about === undefined ? undefined : { bundle: about, outcome, detail })
}

interface Receipt {
  readonly state: HostState
  readonly bytes: Uint8Array
}

function readReceipt(host: HostSession): Receipt | undefined {
  const path = receiptPath(host)
  if (host.outside.disk.lstat(path) === undefined) return undefined
  const bytes = host.outside.disk.readFile(path, recordBytes)
  return { state: readHostState(bytesSource(path, bytes), host.identity.key.publicKey.id).state, bytes }
}

function renewReceipt(host: HostSession, answers?: HostState['answers']): Receipt {
  const last = readReceipt(host)
  const now = describeHost(host, answers ?? last?.state.answers)
  if (
    last !== undefined &&
    equalBytes(encodeHostRecord(last.state), encodeHostRecord({ ...now, counter: 1 }))
  )
    return last
  const state = { ...now, counter: (last?.state.counter ?? 0) + 1 }
  const bytes = encodeHostState(state, signerOf(host.identity.key))
  writeDurably(host.outside.disk, receiptPath(host), bytes, { mode: 0o600, replace: true })
  return { state, bytes }
}

function describeHost(host: HostSession, answers: HostState['answers']): Omit<HostState, 'counter'> {
  const { states, identity, trustRoot, outside } = host
  const current = states.current()
  const known = states.list()
  return {
    host: identity.id,
    name: identity.name,
    created: Math.floor(outside.nowMs() / 1000),
    rootVersion: trustRoot.version,
    timeFloor: states.counters().timeFloor,
    ...(current.channel === undefined ? {} : { channel: current.channel }),
    model: readModel(outside, host.places).text,
    current: current.number,
    states: known.map(({ record }) => ({
      number: record.number,
      packages: record.packages.map(({ id }): PackageId => id),
    })),
    lacking: [],
    ...(answers === undefined ? {} : { answers }),
  }
}
