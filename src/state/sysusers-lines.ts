// One line of sysusers.d(5) as a value, or what is wrong with it. Names, ids, descriptions and paths are checked as that
// page says: they end in etc/passwd, where a colon or a line break would be another field. Pure and total.
import type { ConfigLine } from './drop-ins.ts'
import { expandSpecifiers, splitWords } from './line-words.ts'

export interface UserLine {
  readonly kind: 'user'
  readonly place: string
  readonly name: string
  readonly uid?: number
  /** The user gets the id of who owns this. */
  readonly owns?: string
  /** A group that is there or made by another line: its id or its name. Without it, one of the user's own name. */
  readonly group?: number | string
  readonly description: string
  readonly home: string
  /** Without it, one that lets nobody in; for id 0 a real one. */
  readonly shell?: string
  /** Locked altogether, not only its password. */
  readonly isLocked: boolean
}

export interface GroupLine {
  readonly kind: 'group'
  readonly place: string
  readonly name: string
  readonly gid?: number
  readonly owns?: string
}

export interface MemberLine {
  readonly kind: 'member'
  readonly place: string
  readonly user: string
  readonly group: string
}

/** Where ids are taken from, both ends included. */
export interface RangeLine {
  readonly kind: 'range'
  readonly low: number
  readonly high: number
}

export type SysusersLine = UserLine | GroupLine | MemberLine | RangeLine

export interface LineProblem {
  readonly kind: 'problem'
  /** A sentence that begins with the line's place. */
  readonly text: string
}

/** A user of this name and nothing else said of it. */
export const plainUser = (name: string, place: string): UserLine => ({
  kind: 'user',
  place,
  name,
  description: '',
  home: '/',
  isLocked: false,
})

export function parseSysusersLine({ place, text }: ConfigLine): SysusersLine | LineProblem {
  const problem = (what: string): LineProblem => ({ kind: 'problem', text: `${place}: ${what}` })
  const split = splitWords(text, 6)
  if (split === undefined) return problem('a quote or an escape does not end')
  if (split.rest !== '') return problem('too many fields')
  const [type = '', ...words] = split.words
  const fields: string[] = []
  for (const word of words) {
    const expanded = expandSpecifiers(word, {})
    if (expanded.kind === 'unknown') return problem(`${expanded.specifier} has no value here`)
    fields.push(expanded.text)
  }
  const parse = lineTypes[type]
  if (parse === undefined) return problem(`lines of type ${type} are not known`)
  const [name = '-', id = '-', ...more] = fields.map((field) => (field === '' ? '-' : field))
  const line = parse({ place, name, id, more })
  return typeof line === 'string' ? problem(line) : line
}

interface Fields {
  readonly place: string
  readonly name: string
  readonly id: string
  /** Description, home, shell. */
  readonly more: readonly string[]
}

/** The line, or what is wrong with it. */
type ParseLine = (fields: Fields) => SysusersLine | string

const lineTypes: Readonly<Record<string, ParseLine>> = {
  __proto__: null as never,
  u: (fields) => parseUser(fields, false),
  'u!': (fields) => parseUser(fields, true),
  g: parseGroup,
  m: parseMember,
  r: parseRange,
}

const isName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_-]{0,30}$/.test(name)

const isDescription = (text: string): boolean => !/[:\p{Cc}]/u.test(text)

/** Absolute, without `.` and `..`. */
const isPlainPath = (path: string): boolean =>
  /^\/[^:\p{Cc}]*$/u.test(path) && !path.split('/').some((part) => part === '.' || part === '..')

/** Undefined where it is none; 65535 and the highest one mean "no id" to the kernel. */
function parseId(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,9})$/.test(text)) return undefined
  const id = Number(text)
  return id >= 0xffff_ffff || id === 0xffff ? undefined : id
}

function parseUser({ place, name, id, more }: Fields, isLocked: boolean): UserLine | string {
  if (!isName(name)) return `${name} is not a name of a user`
  const ids = parseUserIds(id)
  if (ids === undefined) return `${id} is not an id of a user`
  const [description, home, shell] = more.map((field) => (field === '-' ? undefined : field))
  if (description !== undefined && !isDescription(description)) return `${description} is not a description`
  for (const path of [home, shell])
    if (path !== undefined && !isPlainPath(path)) return `${path} is not an absolute path`
  const plain = plainUser(name, place)
  return {
    ...plain,
    ...ids,
    description: description ?? plain.description,
    home: home ?? plain.home,
    ...(shell === undefined ? {} : { shell }),
    isLocked,
  }
}

/** `-`, an id, a path, or `UID:GROUP`. */
function parseUserIds(text: string): Pick<UserLine, 'uid' | 'owns' | 'group'> | undefined {
  if (text === '-') return {}
  if (text.startsWith('/')) return isPlainPath(text) ? { owns: text } : undefined
  const [user = '', group] = text.split(/:(.*)/s)
  const uid = parseId(user)
  if (uid === undefined && (user !== '-' || group === undefined)) return undefined
  const ids = uid === undefined ? {} : { uid }
  if (group === undefined) return ids
  const gid = parseId(group)
  if (gid === undefined && !isName(group)) return undefined
  return { ...ids, group: gid ?? group }
}

function parseGroup({ place, name, id }: Fields): GroupLine | string {
  if (!isName(name)) return `${name} is not a name of a group`
  const group = { kind: 'group', place, name } as const
  if (id === '-') return group
  if (id.startsWith('/') && isPlainPath(id)) return { ...group, owns: id }
  const gid = parseId(id)
  return gid === undefined ? `${id} is not an id of a group` : { ...group, gid }
}

function parseMember({ place, name, id }: Fields): MemberLine | string {
  if (!isName(name)) return `${name} is not a name of a user`
  return isName(id) ? { kind: 'member', place, user: name, group: id } : `${id} is not a name of a group`
}

function parseRange({ name, id }: Fields): RangeLine | string {
  const [low, high, ...others] = id.split('-').map(parseId)
  const isSingle = !id.includes('-')
  const end = isSingle ? low : high
  if (name !== '-' || low === undefined || end === undefined || end < low || others.length > 0)
    return `${id} is not a range of ids`
  return { kind: 'range', low, high: end }
}
