// What the lines of sysusers.d add to etc/passwd, etc/group and their shadows. Who is there stays as they are, whatever
// a line says of them; nothing is ever removed, because files may belong to them. Groups come first, then users with a
// group of their own, then those who name one, each in the order of the lines; of two lines for one name the first
// counts. Pure.
import { AccountBook, accountsIn } from './account-book.ts'
import {
  type GroupLine,
  plainUser,
  type RangeLine,
  type SysusersLine,
  type UserLine,
} from './sysusers-lines.ts'

/** The texts of the four files; '' where there is none. */
export type AccountFiles = Readonly<Record<AccountFile, string>>
export type AccountFile = 'passwd' | 'group' | 'shadow' | 'gshadow'

export interface AccountPlan {
  readonly files: AccountFiles
  /** Lines that were left out, or obeyed in part, a sentence each. */
  readonly problems: readonly string[]
}

export interface AccountFacts {
  readonly files: AccountFiles
  readonly lines: readonly SysusersLine[]
  /** Days since 1970, for the shadows. */
  readonly today: number
  /** Of a path of the root, if it is there. */
  readonly ownerOf: (path: string) => { readonly uid: number; readonly gid: number } | undefined
}

export function planAccounts(facts: AccountFacts): AccountPlan {
  const { files, lines } = facts
  const draft = new AccountDraft(facts)
  const wanted = wantedBy(lines)
  for (const line of wanted.groups.values()) draft.addGroup(line)
  // Those with a group of their own first: the others may name it, and so the same again finds no more than the first time.
  const namesGroup = ({ group }: UserLine): number => (group === undefined ? 0 : 1)
  for (const line of [...wanted.users.values()].toSorted((a, b) => namesGroup(a) - namesGroup(b)))
    draft.addUser(line)
  const { passwd, group, shadow, gshadow } = draft.added
  const members = wanted.members.filter(
    (line) =>
      draft.book.idOf('user', line.user) !== undefined && draft.book.idOf('group', line.group) !== undefined,
  )
  const withMembers = (text: string): string => members.reduce((grown, line) => addMember(grown, line), text)
  return {
    files: {
      passwd: append(files.passwd, passwd),
      shadow: append(files.shadow, unnamedIn(files.shadow, shadow)),
      group: withMembers(append(files.group, group)),
      gshadow: withMembers(append(files.gshadow, unnamedIn(files.gshadow, gshadow))),
    },
    problems: [...wanted.problems, ...draft.problems],
  }
}

interface Wanted {
  readonly groups: ReadonlyMap<string, GroupLine>
  readonly users: ReadonlyMap<string, UserLine>
  readonly members: readonly { readonly user: string; readonly group: string }[]
  readonly problems: readonly string[]
}

/** One line for a name. A member and its group are wanted too where no line says more of them. */
function wantedBy(lines: readonly SysusersLine[]): Wanted {
  const groups = new Map<string, GroupLine>()
  const users = new Map<string, UserLine>()
  const problems: string[] = []
  const keepFirst = <Line extends UserLine | GroupLine>(kept: Map<string, Line>, line: Line): void => {
    const first = kept.get(line.name)
    if (first === undefined) kept.set(line.name, line)
    else if (JSON.stringify({ ...line, place: first.place }) !== JSON.stringify(first))
      problems.push(`${line.place}: ${first.place} says otherwise of ${line.kind} ${line.name}, and counts`)
  }
  for (const line of lines)
    if (line.kind === 'user') keepFirst(users, line)
    else if (line.kind === 'group') keepFirst(groups, line)
  const members = lines.filter((line) => line.kind === 'member')
  for (const { user, group, place } of members) {
    if (!users.has(user)) users.set(user, plainUser(user, place))
    if (!groups.has(group) && !users.has(group)) groups.set(group, { kind: 'group', place, name: group })
  }
  return { groups, users, members, problems }
}

class AccountDraft {
  readonly book: AccountBook
  readonly added: Record<AccountFile, string[]> = { passwd: [], group: [], shadow: [], gshadow: [] }
  readonly problems: string[] = []
  readonly #facts: AccountFacts

  constructor(facts: AccountFacts) {
    this.#facts = facts
    this.book = new AccountBook(facts.lines.filter((line): line is RangeLine => line.kind === 'range'))
    for (const { name, id } of accountsIn(facts.files.passwd)) this.book.add('user', name, id)
    for (const { name, id } of accountsIn(facts.files.group)) this.book.add('group', name, id)
  }

  /** The group's id. Undefined, and told, where there is none to be had. */
  addGroup({ place, name, gid, owns }: Omit<GroupLine, 'kind'>, namesake?: number): number | undefined {
    const known = this.book.idOf('group', name)
    if (known !== undefined) {
      if (gid !== undefined && gid !== known)
        this.#tell(place, `group ${name} has id ${known} already, not ${gid}`)
      return known
    }
    const owner = owns === undefined ? undefined : this.#facts.ownerOf(owns)?.gid
    const id = this.book.choose('group', name, [
      { id: gid, isShared: true },
      { id: namesake, isShared: false },
      { id: owner, isShared: false },
    ])
    if (id === undefined) return this.#tell(place, `no id is free for group ${name}`)
    if (gid !== undefined && gid !== id)
      this.#tell(place, `id ${gid} of group ${name} is another’s: it gets ${id}`)
    this.book.add('group', name, id)
    this.added.group.push(`${name}:x:${id}:`)
    this.added.gshadow.push(`${name}:!*::`)
    return id
  }

  addUser(line: UserLine): void {
    const { place, name, uid, owns } = line
    const known = this.book.idOf('user', name)
    const gid = known === undefined || line.group === undefined ? this.#groupOf(line) : undefined
    if (known !== undefined) {
      if (uid !== undefined && uid !== known)
        this.#tell(place, `user ${name} has id ${known} already, not ${uid}`)
      return
    }
    if (gid === undefined) return
    // Who names another group means it: then the id may be the one of some group.
    const isShared = line.group !== undefined
    const owner = owns === undefined ? undefined : this.#facts.ownerOf(owns)?.uid
    const id = this.book.choose('user', name, [
      { id: uid, isShared },
      { id: owner, isShared },
      { id: gid, isShared: false },
    ])
    if (id === undefined) return this.#tell(place, `no id is free for user ${name}`)
    if (uid !== undefined && uid !== id)
      this.#tell(place, `id ${uid} of user ${name} is another’s: it gets ${id}`)
    this.book.add('user', name, id)
    const { description, home, isLocked } = line
    const shell = line.shell ?? (id === 0 ? '/bin/sh' : '/usr/sbin/nologin')
    this.added.passwd.push(`${name}:x:${id}:${gid}:${description}:${home}:${shell}`)
    this.added.shadow.push(`${name}:!*:${this.#facts.today}:::::${isLocked ? '1' : ''}:`)
  }

  #groupOf({ place, name, uid, owns, group }: UserLine): number | undefined {
    if (group === undefined)
      return this.addGroup({ place, name, ...(owns === undefined ? {} : { owns }) }, uid)
    const gid = typeof group === 'number' ? group : this.book.idOf('group', group)
    if (gid !== undefined && this.book.hasId('group', gid)) return gid
    return this.#tell(place, `user ${name} is left out: there is no group ${group}`)
  }

  #tell(place: string, what: string): undefined {
    this.problems.push(`${place}: ${what}`)
  }
}

function append(text: string, lines: readonly string[]): string {
  if (lines.length === 0) return text
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${lines.join('\n')}\n`
}

/** A shadow is written before the account itself, so a run that was cut short has left it. */
function unnamedIn(text: string, lines: readonly string[]): readonly string[] {
  const names = new Set(text.split('\n').map((line) => line.split(':')[0]))
  return lines.filter((line) => !names.has(line.split(':')[0]))
}

function addMember(text: string, { user, group }: { readonly user: string; readonly group: string }): string {
  return text
    .split('\n')
    .map((line) => {
      const fields = line.split(':')
      const members = (fields[3] ?? '').split(',').filter((name) => name !== '')
      if (fields[0] !== group || fields.length !== 4 || members.includes(user)) return line
      return [...fields.slice(0, 3), [...members, user].join(',')].join(':')
    })
    .join('\n')
}
