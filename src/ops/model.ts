// subscribe, unsubscribe, hold, unhold, pin, unpin, exclude, include: edits etc/moss/model.toml, keeping its comments and order. The next state
// export carries it to the station, which solves; nothing is installed or removed here.
import { encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { formatRelation, parseRelation } from '../manifest/capability.ts'
import { editModel } from '../solve/edit-model.ts'
import { type Model, parseModel } from '../solve/model.ts'
import type { Places } from '../state/places.ts'
import { readModel } from './model-file.ts'
import { managedPlaces, readInstalled, stateTree } from './installed.ts'

export interface ModelChange {
  readonly root: string
  readonly subscribe?: readonly string[]
  readonly unsubscribe?: readonly string[]
  readonly hold?: readonly string[]
  readonly unhold?: readonly string[]
  readonly pin?: readonly string[]
  readonly unpin?: readonly string[]
  readonly exclude?: readonly string[]
  readonly include?: readonly string[]
  readonly dryRun?: boolean
}

export async function changeModel(outside: Outside, change: ModelChange) {
  const places = managedPlaces(outside, change.root)
  const { subscribe = [], unsubscribe = [], hold = [], pin = [] } = change
  using _lock = change.dryRun === true ? undefined : outside.disk.lock(places.lock)
  const before = readModel(outside, places)
  const edit = {
    subscribe: subscribe.map(parseRelation),
    unsubscribe: unsubscribe.map(parseRelation),
    hold,
    unhold: change.unhold ?? [],
    pin: pin.map(parsePin),
    unpin: change.unpin ?? [],
    exclude: change.exclude ?? [],
    include: change.include ?? [],
  }
  const text = editModel(before.text, edit, places.model)
  const after = parseModel(text, places.model)
  const isChanged = text !== before.text
  if (isChanged && change.dryRun !== true)
    writeDurably(outside.disk, places.model, encodeUtf8(text), { mode: 0o644, replace: true })
  const [old, now] = [linesOf(before.model), linesOf(after)]
  return {
    isChanged,
    added: now.filter((line) => !old.includes(line)),
    removed: old.filter((line) => !now.includes(line)),
    notes: [
      ...unsubscribe
        .filter((wish) => !before.model.subscriptions.some((had) => isAimedAt(wish, had)))
        .map((wish) => `${wish} was not subscribed`),
      ...hold
        .filter((name) => !installedNames(outside, places).has(name))
        .map((name) => `${name} is not installed yet: the hold takes effect when it is`),
    ],
    subscriptions: after.subscriptions.map(formatRelation),
    holds: after.holds,
    pins: after.pins.map(formatRelation),
    excluded: after.excluded,
  }
}

const linesOf = (model: Model): readonly string[] => [
  ...model.subscriptions.map((wish) => formatRelation(wish)),
  ...model.holds.map((name) => `hold ${name}`),
  ...model.pins.map((relation) => `pin ${formatRelation(relation)}`),
  ...model.excluded.map((name) => `exclude ${name}`),
]

/** Throws CLI_USAGE where it binds no version. */
function parsePin(text: string) {
  const relation = parseRelation(text)
  if (relation.kind === 'name' && relation.bound !== undefined) return relation
  throw new MossError('CLI_USAGE', {
    problem: `pin a package to versions, such as 'bash << 6', not ${text}`,
    see: 'pin',
  })
}

function isAimedAt(wish: string, had: Model['subscriptions'][number]): boolean {
  const { kind, name } = parseRelation(wish)
  return had.kind === kind && had.name === name
}

const installedNames = (outside: Outside, places: Places): ReadonlySet<string> =>
  new Set(
    readInstalled(outside, stateTree(outside, { places, state: undefined })).map(
      (entry) => entry.manifest.name,
    ),
  )
