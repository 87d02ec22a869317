// What could stand where somebody presses Tab: the next word of a verb, a flag, or a value, by the verbs' own table.
import { type Candidate, type CandidateKind, candidatesFor } from '../ops/candidates.ts'
import type { Outside } from '../ops/types.ts'
import { findVerb, globalFlags, matchLength, plainWords, wordings } from './arguments.ts'
import { absolute } from './call.ts'
import type { Flag, ValueKind, Verb } from './verb.ts'

export interface Typed {
  /** After `moss`; the last one is being typed, and may be empty. */
  readonly words: readonly string[]
  readonly verbs: readonly Verb[]
  readonly outside: Outside
  /** Of a station, unless the words say another. */
  readonly home: string
}

export interface Offers {
  /** Whole words, each beginning with what was typed. */
  readonly offers: readonly Candidate[]
  /** What the shell shall offer of its own besides. */
  readonly paths: 'files' | 'folders' | 'none'
}

const nothing: Offers = { offers: [], paths: 'none' }

interface Scan {
  readonly operands: readonly string[]
  readonly given: ReadonlyMap<string, string>
  /** The flag whose value is being typed. */
  readonly open: Flag | undefined
  /** Behind `--` there are no flags. */
  readonly isBehindDashes: boolean
}

export async function offersFor(typed: Typed): Promise<Offers> {
  const before = typed.words.slice(0, -1)
  const current = typed.words.at(-1) ?? ''
  const said = plainWords(before)
  const verb = findVerb(said, typed.verbs)
  const flags = [...(verb?.flags ?? []), ...globalFlags]
  const scan = scanWords(before, flags)
  const value = (kind: ValueKind | undefined, prefix: string) => offerValues(typed, { scan, kind, prefix })
  if (scan.open !== undefined) return value(kindOfFlag(scan.open), current)
  if (!scan.isBehindDashes && current.startsWith('-')) {
    const [, name, prefix = ''] = /^--([^=]+)=(.*)$/s.exec(current) ?? []
    if (name === undefined) return { offers: offerFlags(flags, { scan, current }), paths: 'none' }
    const flag = flags.find((each) => each.name === name)
    return flag?.value === undefined
      ? nothing
      : withPrefix(`--${name}=`, await value(kindOfFlag(flag), prefix))
  }
  const next = offerWords(typed.verbs, { said, current })
  if (verb === undefined) return { offers: next, paths: 'none' }
  const place = scan.operands.length - matchLength(verb, said)
  const last = verb.operands?.at(-1)
  const operand = verb.operands?.[place] ?? (last?.repeats === true ? last : undefined)
  if (operand === undefined) return { offers: next, paths: 'none' }
  if (operand.kind === 'verb')
    return { offers: offerWords(typed.verbs, { said: said.slice(1), current }), paths: 'none' }
  const { offers, paths } = await value(operand.kind ?? kindByName(operand.name), current)
  // What was said once is not offered again.
  const used = new Set(scan.operands.slice(matchLength(verb, said)))
  return { offers: [...next, ...offers.filter((offer) => !used.has(offer.value))], paths }
}

const kindOfFlag = ({ kind, value = '' }: Flag): ValueKind | undefined => kind ?? kindByName(value)

/** What no table says more of, by what stands for it in help. */
function kindByName(name: string): ValueKind | undefined {
  if (/FILE|PATH|BUNDLE|VOLUME|RECIPE|^OUT$|^SIG$/.test(name)) return 'file'
  return /DIR|FOLDER/.test(name) ? 'folder' : undefined
}

function scanWords(words: readonly string[], flags: readonly Flag[]): Scan {
  const operands: string[] = []
  const given = new Map<string, string>()
  let open: Flag | undefined
  let isBehindDashes = false
  for (const word of words) {
    if (open !== undefined) {
      given.set(open.name, word)
      open = undefined
    } else if (isBehindDashes || !word.startsWith('-') || word === '-') operands.push(word)
    else if (word === '--') isBehindDashes = true
    else {
      const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
      const flag = flags.find((each) => (name === '' ? each.short === word.at(-1) : each.name === name))
      if (flag === undefined) continue
      given.set(flag.name, value ?? '')
      if (flag.value !== undefined && value === undefined) open = flag
    }
  }
  return { operands, given, open, isBehindDashes }
}

/** Those that were not given, or may be given again. */
const offerFlags = (
  flags: readonly Flag[],
  { scan, current }: { readonly scan: Scan; readonly current: string },
): readonly Candidate[] =>
  flags
    .filter(({ name, repeats }) => repeats === true || !scan.given.has(name))
    .map(({ name, summary }) => ({ value: `--${name}`, about: summary }))
    .filter(({ value }) => value.startsWith(current))

/** The next word of each verb that begins with these. */
function offerWords(
  verbs: readonly Verb[],
  { said, current }: { readonly said: readonly string[]; readonly current: string },
): readonly Candidate[] {
  const found = new Map<string, Set<string>>()
  for (const verb of verbs)
    for (const wording of wordings(verb)) {
      const parts = wording.split(' ')
      const next = parts[said.length]
      if (next === undefined || !next.startsWith(current) || said.some((word, at) => parts[at] !== word))
        continue
      found.getOrInsertComputed(next, () => new Set()).add(parts[said.length + 1] ?? verb.summary)
    }
  return [...found]
    .map(([value, about]) => ({ value, about: [...about].join(', ') }))
    .toSorted((a, b) => (a.value < b.value ? -1 : 1))
}

const besides: Readonly<Partial<Record<string, Offers['paths']>>> = {
  file: 'files',
  folder: 'folders',
  medium: 'folders',
  'medium-or-file': 'files',
  'host-or-medium': 'files',
}

/** The kinds of ops/ that a kind of ours stands for. */
const parts: Readonly<Partial<Record<string, readonly CandidateKind[]>>> = {
  file: [],
  folder: [],
  verb: [],
  'medium-or-file': ['medium'],
  'host-or-group': ['host', 'group'],
  'host-or-medium': ['host', 'group', 'medium'],
}

async function offerValues(
  { outside, home }: Typed,
  {
    scan,
    kind,
    prefix,
  }: { readonly scan: Scan; readonly kind: ValueKind | undefined; readonly prefix: string },
): Promise<Offers> {
  if (kind === undefined) return nothing
  if (typeof kind !== 'string')
    return {
      offers: kind.filter((value) => value.startsWith(prefix)).map((value) => ({ value, about: '' })),
      paths: 'none',
    }
  const places = {
    root: absolute(scan.given.get('root') ?? '/'),
    home: absolute(scan.given.get('home') ?? home),
  }
  const offers: Candidate[] = []
  for (const part of parts[kind] ?? [kind as CandidateKind])
    offers.push(...(await candidatesFor(outside, { kind: part, ...places, prefix })))
  return { offers, paths: besides[kind] ?? 'none' }
}

const withPrefix = (prefix: string, { offers, paths }: Offers): Offers => ({
  offers: offers.map(({ value, about }) => ({ value: `${prefix}${value}`, about })),
  paths,
})
