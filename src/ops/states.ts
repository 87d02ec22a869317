// state list, show, diff: what this machine was and is.
import { isMossError, MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { compareFiles } from '../manifest/compare-files.ts'
import { compareSets } from '../manifest/compare-sets.ts'
import { currentRecord, keptNumbers, readRecord } from '../state/parts.ts'
import { keptTree, type Places } from '../state/places.ts'
import type { StateRecord } from '../state/record.ts'
import { readHealth, readMarks, readTriggerRuns, type TriggerRun } from '../state/tables.ts'
import { managedPlaces, parseState, readInstalled, stateTree } from './installed.ts'
import { sayReason } from './reasons.ts'
import { type Departures, readDepartures } from '../state/departures.ts'
import { treeDigest } from '../state/tree-digest.ts'

export async function listStates(outside: Outside, { root }: { readonly root: string }) {
  const places = managedPlaces(outside, root)
  const current = currentRecord({ outside, places })
  const kept = keptNumbers(outside.disk, places).map((number) =>
    readRecord({ outside, places }, keptTree(places, number)),
  )
  using database = outside.openDatabase(places.database, 'read')
  return [...kept, current]
    .sort((a, b) => a.number - b.number)
    .map(({ number, created, channel, packages, adopted }) => ({
      number,
      created,
      isCurrent: number === current.number,
      isPinned: readMarks(database, number).isPinned,
      packages: packages.length,
      channel: channel?.name,
      serial: channel?.serial,
      isConfirmed: readMarks(database, number).isConfirmed,
      /** Why it was gone back from; empty if it was not. */
      failed: readHealth(database, number).failed,
      ...(adopted && { adopted: adopted.system }),
    }))
}

/** The digest of the tree reads every file: only where it is asked for. */
export interface ShowState {
  readonly root: string
  readonly state: string | undefined
  readonly digest: boolean
}

/** Nobody is kept from publishing another state meanwhile: then what was read of two of them is read again. */
export async function showState(outside: Outside, request: ShowState) {
  const places = managedPlaces(outside, request.root)
  const current = (): number => currentRecord({ outside, places }).number
  for (;;) {
    const before = current()
    try {
      const shown = await lookAtState(outside, places, request)
      if (current() === before) return shown
    } catch (error) {
      if (current() === before) throw error
    }
  }
}

async function lookAtState(outside: Outside, places: Places, { state, digest }: ShowState) {
  const { tree, record, isCurrent } = stateTree(outside, { places, state: parseState(state) })
  return {
    number: record.number,
    created: record.created,
    isCurrent,
    channel: record.channel?.name,
    serial: record.channel?.serial,
    model: record.model,
    ...(record.adopted && { adopted: record.adopted }),
    ...(digest ? { tree: await treeDigest(outside, tree) } : {}),
    packages: record.packages.map(({ id, name, version, reason }) => ({
      id,
      name,
      version,
      reason: sayReason(reason),
    })),
    triggers: triggersOf(outside, { places, record }),
  }
}

/** Those of the system, and what each printed, are in the history: not everybody may read that. */
function triggersOf(
  outside: Outside,
  { places, record }: { readonly places: Places; readonly record: StateRecord },
): readonly TriggerRun[] {
  const recorded = record.triggers.map((told): TriggerRun => ({ ...told, scope: 'transaction', output: '' }))
  try {
    using database = outside.openDatabase(places.database, 'read')
    const runs = readTriggerRuns(database, record.number)
    const known = new Set(runs.map(({ name }) => name))
    return [...recorded.filter(({ name }) => !known.has(name)), ...runs]
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return recorded
    throw error
  }
}

const manifestOf = ({ manifest }: { readonly manifest: Manifest }): Manifest => manifest

export async function diffStates(
  outside: Outside,
  request: {
    readonly root: string
    readonly from: string | undefined
    readonly to: string | undefined
    readonly files: boolean
  },
) {
  const places = managedPlaces(outside, request.root)
  const after = stateTree(outside, { places, state: parseState(request.to) })
  const from = parseState(request.from) ?? keptNumbers(outside.disk, places).at(-1)
  if (from === undefined)
    throw new MossError('NOT_FOUND', { what: 'kept state', name: 'before the current one' })
  const before = stateTree(outside, { places, state: from })
  const [old, now] = [readInstalled(outside, before), readInstalled(outside, after)]
  const adopted = [before, after].find(({ record }) => record.adopted !== undefined)
  return {
    from: before.record.number,
    to: after.record.number,
    packages: compareSets(old, now),
    ...(adopted && { adopted: adopted.record.number }),
    ...(request.files ? { files: compareFiles(old.map(manifestOf), now.map(manifestOf)) } : {}),
  }
}

export interface EtcDiff extends Departures {
  readonly state: number
}

/** How /etc and /var depart from the defaults of the current state. Reads every file that is delivered there. */
export async function diffEtc(outside: Outside, { root }: { readonly root: string }): Promise<EtcDiff> {
  const places = managedPlaces(outside, root)
  const { number } = currentRecord({ outside, places })
  using database = outside.openDatabase(places.database, 'read')
  return { state: number, ...(await readDepartures({ outside, places, database })) }
}
