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
  /** One for each name: another takes its place. */
  readonly pin?: readonly Relation[]
  readonly unpin?: readonly string[]
  readonly exclude?: readonly string[]
  readonly include?: readonly string[]
}

/** One item of one list: taken out, put in, or one for the other. In the words of formatRelation. */
interface Change {
  readonly key: 'subscriptions' | 'holds' | 'pins' | 'excluded'
  readonly from?: string
  readonly to?: string
}

/**
 * Subscribing again to the same kind and name replaces the bound. What is already so stays untouched. Throws
 * MODEL_INVALID; `path` names the text in errors.
 */
export function editModel(toml: string, edit: ModelEdit, path = 'model.toml'): string {
  const before = parseModel(toml, path)
  const changes = [
    ...changeSubscriptions(before, edit),
    ...changeNames('holds', before.holds, { added: edit.hold, gone: edit.unhold }),
    ...changePins(before, edit),
    ...changeNames('excluded', before.excluded, { added: edit.exclude, gone: edit.include }),
  ]
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

function changeNames(
  key: 'holds' | 'excluded',
  before: readonly string[],
  {
    added = [],
    gone = [],
  }: { readonly added?: readonly string[] | undefined; readonly gone?: readonly string[] | undefined },
): readonly Change[] {
  const removed = before.filter((name) => gone.includes(name) && !added.includes(name))
  const fresh = [...new Set(added).difference(new Set(before))]
  return [...removed.map((from) => ({ key, from })), ...fresh.map((to) => ({ key, to }))]
}

function changePins({ pins }: Model, { pin = [], unpin = [] }: ModelEdit): readonly Change[] {
  const key = 'pins'
  const added = new Map(pin.map((one) => [one.name, formatRelation(one)]))
  const kept = new Set<string>()
  const changes: Change[] = pins.flatMap((old): Change[] => {
    const from = formatRelation(old)
    const to = added.get(old.name)
    if (to === undefined) return unpin.includes(old.name) ? [{ key, from }] : []
    if (kept.has(old.name)) return [{ key, from }]
    kept.add(old.name)
    return from === to ? [] : [{ key, from, to }]
  })
  const fresh = [...added].filter(([name]) => !kept.has(name))
  return [...changes, ...fresh.map(([, to]) => ({ key, to }) as const)]
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

/** Before the first table, with the comments above it: what follows a table's header is the table's. */
function appendList(toml: string, key: string, item: string): string {
  const at = /^(?:[ \t]*#.*\n)*[ \t]*\[\[?[A-Za-z"']/m.exec(toml)?.index ?? toml.length
  const [before, after] = [toml.slice(0, at), toml.slice(at)]
  const gap = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n'
  return `${before}${gap}${formatList(key, [item])}\n${after === '' ? '' : '\n'}${after}`
}

/** What an item of the file means, in the words of formatRelation; what is held or excluded is a bare name. */
const readItem = (key: Change['key'], text: string): string | undefined =>
  meaningOf(parseModel(`channel = "x"\n${key} = [ ${text} ]`, 'an item'))[key][0]

interface Meaning {
  readonly channel: string
  readonly subscriptions: readonly string[]
  readonly holds: readonly string[]
  readonly pins: readonly string[]
  readonly excluded: readonly string[]
  readonly checks: Model['checks']
}

const meaningOf = ({ channel, subscriptions, holds, pins, excluded, checks }: Model): Meaning => ({
  channel,
  subscriptions: subscriptions.map(formatRelation),
  holds,
  pins: pins.map(formatRelation),
  excluded,
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
