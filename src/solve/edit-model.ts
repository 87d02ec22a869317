// Changes a model's text and nothing else in it: comments, order and spacing stay as its author left them. The
// lists are found by walking TOML's strings and comments; the result is parsed again and must say exactly what was
// meant, else the edit is refused and the person is asked to make it by hand.
import { MossError } from '../base/error.ts'
import { formatRelation, type Relation } from '../manifest/capability.ts'
import { formatList, type Model, parseModel, quote } from './model.ts'
import { findList, insertItem, removeItem, replaceItem } from './toml-list.ts'

export interface ModelEdit {
  readonly subscribe?: readonly Relation[]
  /** Removed by kind and name; with a bound, only that very subscription. */
  readonly unsubscribe?: readonly Relation[]
  readonly hold?: readonly string[]
  readonly unhold?: readonly string[]
}

/** One item of one list: taken out, put in, or one for the other. In the words of formatRelation. */
interface Change {
  readonly key: 'subscriptions' | 'holds'
  readonly from?: string
  readonly to?: string
}

/**
 * Subscribing again to the same kind and name replaces the bound. What is already so stays untouched. Throws
 * MODEL_INVALID; `path` names the text in errors.
 */
export function editModel(toml: string, edit: ModelEdit, path = 'model.toml'): string {
  const before = parseModel(toml, path)
  const changes = [...changeSubscriptions(before, edit), ...changeHolds(before, edit)]
  let text = toml
  for (const change of changes) {
    const changed = applyChange(text, change)
    if (changed === undefined) refuse(path)
    text = changed
  }
  if (!isSame(meaningOf(parseModel(text, path)), intend(meaningOf(before), changes))) refuse(path)
  return text
}

function refuse(path: string): never {
  const problem = 'it is written in a way that moss cannot edit; make this change by hand'
  throw new MossError('MODEL_INVALID', { path, problem })
}

function changeSubscriptions({ subscriptions }: Model, edit: ModelEdit): readonly Change[] {
  const key = 'subscriptions'
  const added = new Map((edit.subscribe ?? []).map((one) => [keyOf(one), formatRelation(one)]))
  const changes: Change[] = []
  for (const old of subscriptions) {
    const from = formatRelation(old)
    const to = added.get(keyOf(old))
    const isGone = edit.unsubscribe?.some((gone) => isAimedAt(gone, old)) ?? false
    added.delete(keyOf(old))
    if (to !== undefined && to !== from) changes.push({ key, from, to })
    else if (to === undefined && isGone) changes.push({ key, from })
  }
  return [...changes, ...[...added.values()].map((to) => ({ key, to }) as const)]
}

function changeHolds({ holds }: Model, edit: ModelEdit): readonly Change[] {
  const key = 'holds'
  const gone = holds.filter((name) => edit.unhold?.includes(name) && !edit.hold?.includes(name))
  const added = new Set(edit.hold ?? []).difference(new Set(holds))
  return [...gone.map((from) => ({ key, from }) as const), ...[...added].map((to) => ({ key, to }) as const)]
}

const keyOf = ({ kind, name }: Relation): string => `${kind}(${name})`

const isAimedAt = (gone: Relation, old: Relation): boolean =>
  gone.bound === undefined ? keyOf(gone) === keyOf(old) : formatRelation(gone) === formatRelation(old)

/** Undefined where the text is not written plainly enough. */
function applyChange(toml: string, { key, from, to }: Change): string | undefined {
  const list = findList(toml, key)
  if (list === 'unclear') return undefined
  if (list === undefined) return to === undefined ? undefined : appendList(toml, key, to)
  if (from === undefined) return to === undefined ? toml : insertItem(toml, list, quote(to))
  // From the last to the first, so that earlier places stay true; a subscription may stand there twice.
  return list.items
    .filter(({ text }) => readItem(key, text) === from)
    .toReversed()
    .reduce((so, item) => (to === undefined ? removeItem(so, item) : replaceItem(so, item, quote(to))), toml)
}

function appendList(toml: string, key: string, item: string): string {
  const gap = toml === '' || toml.endsWith('\n') ? '\n' : '\n\n'
  return `${toml}${gap}${formatList(key, [item])}\n`
}

/** What an item of the file means, in the words of formatRelation; a hold is a bare name. */
function readItem(key: Change['key'], text: string): string | undefined {
  const model = parseModel(`channel = "x"\n${key} = [ ${text} ]`, 'an item')
  return key === 'holds' ? model.holds[0] : model.subscriptions.map(formatRelation)[0]
}

interface Meaning {
  readonly channel: string
  readonly subscriptions: readonly string[]
  readonly holds: readonly string[]
  readonly checks: Model['checks']
}

const meaningOf = ({ channel, subscriptions, holds, checks }: Model): Meaning => ({
  channel,
  subscriptions: subscriptions.map(formatRelation),
  holds,
  checks,
})

const intend = (before: Meaning, changes: readonly Change[]): Meaning =>
  changes.reduce<Meaning>((so, { key, from, to }) => {
    const items = so[key]
    const changed =
      from === undefined
        ? [...items, ...(to === undefined ? [] : [to])]
        : items.flatMap((item) => (item !== from ? [item] : to === undefined ? [] : [to]))
    return { ...so, [key]: changed }
  }, before)

const isSame = (a: Meaning, b: Meaning): boolean => JSON.stringify(a) === JSON.stringify(b)
