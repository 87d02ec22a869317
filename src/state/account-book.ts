// Which names and ids of users and groups are taken, and which id a new one gets: the one that is asked for, the one
// that its namesake has, or the highest free one of the ranges. A user and a group share an id only if they share the
// name. Looking from the top each time gives the same ids again where an earlier run was cut short.

/** Below are ids that distributions fix, above are people. */
const defaultRanges: readonly IdRange[] = [{ low: 100, high: 999 }]

export interface IdRange {
  /** Both included. */
  readonly low: number
  readonly high: number
}

/** An id to be had if it is free. */
export interface Wish {
  readonly id: number | undefined
  /** Also if a group, or user, of another name has the same. */
  readonly isShared: boolean
}

type Kind = 'user' | 'group'
const other = { user: 'group', group: 'user' } as const

export class AccountBook {
  readonly #ids = { user: new Map<string, number>(), group: new Map<string, number>() }
  readonly #names = { user: new Map<number, string>(), group: new Map<number, string>() }
  readonly #ranges: readonly IdRange[]

  constructor(ranges: readonly IdRange[]) {
    this.#ranges = (ranges.length > 0 ? ranges : defaultRanges).toSorted((a, b) => b.high - a.high)
  }

  idOf(kind: Kind, name: string): number | undefined {
    return this.#ids[kind].get(name)
  }

  hasId(kind: Kind, id: number): boolean {
    return this.#names[kind].has(id)
  }

  add(kind: Kind, name: string, id: number): void {
    if (!this.#ids[kind].has(name)) this.#ids[kind].set(name, id)
    if (!this.#names[kind].has(id)) this.#names[kind].set(id, name)
  }

  /** The first wish that is free, or else the highest free id. Undefined where every id of the ranges is taken. */
  choose(kind: Kind, name: string, wishes: readonly Wish[]): number | undefined {
    const isFree = ({ id, isShared }: Wish): boolean =>
      id !== undefined &&
      !this.hasId(kind, id) &&
      (isShared || (this.#names[other[kind]].get(id) ?? name) === name)
    const wish = wishes.find(isFree)
    if (wish !== undefined) return wish.id
    for (const { low, high } of this.#ranges)
      for (let id = high; id >= Math.max(low, 1); id--)
        if (id !== 0xffff && isFree({ id, isShared: false })) return id
    return undefined
  }
}

/** Name and id of each line of etc/passwd or etc/group that has both. */
export function accountsIn(text: string): readonly { readonly name: string; readonly id: number }[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , id = ''] = line.split(':')
    return name !== '' && /^\d{1,10}$/.test(id) ? [{ name, id: Number(id) }] : []
  })
}
