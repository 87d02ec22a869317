// A complete search over yes-or-no questions: conflict-driven clause learning with two watched literals and
// first-UIP clauses (Marques-Silva and Sakallah 1999; Eén and Sörensson 2003). What it tries first is fixed by
// the agenda, never by statistics, so the same problem has the same answer: of all answers the one that honours
// the earliest wishes best. A variable's own clauses are asked for when it is first chosen and stay: until then they hold
// by its not being chosen. Hopes come last: when every wish is met, that is settled for good, and one hope after the other is
// tried beside it. Literals are non-zero numbers: v for "chosen", -v for "not chosen".

export interface Clause {
  /** At least one of these holds. None stands here twice. */
  readonly literals: readonly number[]
  /** Those of them of which one shall be chosen, preferred first, as soon as the clause is asked for. */
  readonly wish?: readonly number[]
}

export interface SearchProblem<C extends Clause> {
  /** Variables are 1 to `variables`. */
  readonly variables: number
  /** Their wishes are met first, in order. */
  readonly clauses: readonly C[]
  /** Clauses that have `-variable` among their literals; their wishes are those that choosing it brings with it. */
  readonly clausesOf: (variable: number) => readonly C[]
  /** What choosing it lets hope for: of each of these one is chosen, if that can be beside all that was chosen before. */
  readonly hopesOf?: (variable: number) => readonly (readonly number[])[]
}

export type SearchOutcome<C extends Clause> =
  /** What meets the wishes, and what came for hopes. */
  | { readonly kind: 'found'; readonly chosen: readonly number[]; readonly hoped: readonly number[] }
  /** Clauses that cannot all hold, in the order in which they were asked for; not necessarily the fewest. */
  | { readonly kind: 'none'; readonly core: readonly C[] }

export function search<C extends Clause>(problem: SearchProblem<C>): SearchOutcome<C> {
  return new Search(problem).run()
}

type Wishes = readonly (readonly number[])[]

interface OwnClauses<C> {
  /** Those that were not needed yet. */
  readonly open: C[]
  readonly wishes: Wishes
}

interface Cursor {
  /** -1 while the problem's own wishes are looked at, then a position in the trail. */
  readonly source: number
  readonly wish: number
}

const none = -1

class Search<C extends Clause> {
  readonly #problem: SearchProblem<C>
  /** Literals are reordered: the first two are watched. */
  readonly #clauses: number[][] = []
  /** The clause as it was given; undefined of a learned one. */
  readonly #given: (C | undefined)[] = []
  /** Of each learned clause: the clauses it follows from. */
  readonly #parents: (readonly number[])[] = []
  /** Of each literal that is watched. */
  readonly #watchers = new Map<number, number[]>()
  readonly #values: Int8Array
  readonly #levels: Int32Array
  readonly #reasons: Int32Array
  /** Of each variable that was chosen. */
  readonly #own = new Map<number, OwnClauses<C>>()
  readonly #trail: number[] = []
  readonly #levelStarts: number[] = []
  readonly #cursors: Cursor[] = []
  #cursor: Cursor = { source: none, wish: 0 }
  #propagated = 0
  /** Positions of the trail whose hopes are met or vain. */
  #hoped = 0
  /** So much of the trail met all wishes before any hope was tried. */
  #wished: number | undefined

  constructor(problem: SearchProblem<C>) {
    const size = problem.variables + 1
    this.#problem = problem
    this.#values = new Int8Array(size)
    this.#levels = new Int32Array(size)
    this.#reasons = new Int32Array(size).fill(none)
  }

  run(): SearchOutcome<C> {
    const impossible = this.#addGiven(this.#problem.clauses)
    if (impossible !== none) return { kind: 'none', core: this.#coreOf(impossible) }
    const wishes = wishesOf(this.#problem.clauses)
    for (;;) {
      const conflict = this.#propagate()
      if (conflict === none) {
        const wished = this.#nextWish(wishes) || this.#nextHope()
        if (wished === 0) return this.#found()
        this.#levelStarts.push(this.#trail.length)
        this.#cursors.push(this.#cursor)
        this.#assign(wished, none)
        continue
      }
      if (this.#levelStarts.length === 0) return { kind: 'none', core: this.#coreOf(conflict) }
      this.#learn(conflict)
    }
  }

  #found(): SearchOutcome<C> {
    const end = this.#wished ?? this.#trail.length
    return {
      kind: 'found',
      chosen: this.#trail.slice(0, end).filter((literal) => literal > 0),
      hoped: this.#trail.slice(end).filter((literal) => literal > 0),
    }
  }

  #valueOf(literal: number): number {
    return literal > 0 ? (this.#values[literal] as number) : -(this.#values[-literal] as number)
  }

  #levelOf(literal: number): number {
    return this.#levels[Math.abs(literal)] as number
  }

  #watchersOf(literal: number): number[] {
    const known = this.#watchers.get(literal)
    if (known !== undefined) return known
    const fresh: number[] = []
    this.#watchers.set(literal, fresh)
    return fresh
  }

  #assign(literal: number, reason: number): void {
    const variable = Math.abs(literal)
    this.#values[variable] = literal > 0 ? 1 : -1
    this.#levels[variable] = this.#levelStarts.length
    this.#reasons[variable] = reason
    this.#trail.push(literal)
  }

  /** Gives the position of the first that cannot hold, or none. */
  #addGiven(given: readonly C[]): number {
    let impossible = none
    for (const clause of given) {
      const position = this.#addOne(clause)
      if (impossible === none) impossible = position
    }
    return impossible
  }

  /** Under what is assigned now, of which nothing is later than the current level. */
  #addOne(given: C): number {
    const literals = given.literals.slice()
    // True literals, then open ones, then those falsified last: what is watched must not be false while others are not.
    for (let place = 0; place < 2; place++) {
      let best = place
      for (let n = place + 1; n < literals.length; n++)
        if (this.#isBetterWatched(literals[n] as number, literals[best] as number)) best = n
      const moved = literals[place]
      if (moved === undefined) break
      literals[place] = literals[best] as number
      literals[best] = moved
    }
    const position = this.#push(literals, { given, parents: [] })
    const [first, second] = literals
    if (first === undefined || this.#valueOf(first) < 0) return position
    const isUnit = second === undefined || this.#valueOf(second) < 0
    if (isUnit && this.#valueOf(first) === 0) this.#assign(first, position)
    return none
  }

  #isBetterWatched(literal: number, other: number): boolean {
    const difference = this.#valueOf(literal) - this.#valueOf(other)
    return difference > 0 || (difference === 0 && this.#levelOf(literal) > this.#levelOf(other))
  }

  #push(
    literals: number[],
    { given, parents }: { readonly given: C | undefined; readonly parents: readonly number[] },
  ): number {
    const position = this.#clauses.push(literals) - 1
    this.#given.push(given)
    this.#parents.push(parents)
    if (literals.length > 0) this.#watchersOf(literals[0] as number).push(position)
    if (literals.length > 1) this.#watchersOf(literals[1] as number).push(position)
    return position
  }

  /**
   * The clauses of a variable that has just been chosen; gives the position of one that cannot hold, or none. What a
   * choice meets already is left out until the variable is chosen anew: as long as it is, so is that choice.
   */
  #expand(variable: number): number {
    const own = this.#own.get(variable) ?? this.#ask(variable)
    let impossible = none
    let left = 0
    for (const clause of own.open) {
      if (clause.wish?.some((choice) => this.#valueOf(choice) > 0) === true) {
        own.open[left++] = clause
        continue
      }
      const position = this.#addOne(clause)
      if (impossible === none) impossible = position
    }
    own.open.length = left
    return impossible
  }

  #ask(variable: number): OwnClauses<C> {
    const clauses = this.#problem.clausesOf(variable)
    const own = { open: [...clauses], wishes: wishesOf(clauses) }
    this.#own.set(variable, own)
    return own
  }

  /** Draws all conclusions; gives the position of a clause that cannot hold, or none. */
  #propagate(): number {
    while (this.#propagated < this.#trail.length) {
      const literal = this.#trail[this.#propagated++] as number
      const impossible = literal > 0 ? this.#expand(literal) : none
      if (impossible !== none) return impossible
      const falsified = -literal
      const watchers = this.#watchersOf(falsified)
      let kept = 0
      for (let i = 0; i < watchers.length; i++) {
        const position = watchers[i] as number
        const verdict = this.#visit(position, falsified)
        if (verdict === 'moved') continue
        watchers[kept++] = position
        if (verdict === 'holds') continue
        while (++i < watchers.length) watchers[kept++] = watchers[i] as number
        watchers.length = kept
        return position
      }
      watchers.length = kept
    }
    return none
  }

  /** One watcher of a literal that became false: finds another literal to watch, concludes, or fails. */
  #visit(position: number, falsified: number): 'moved' | 'holds' | 'fails' {
    const literals = this.#clauses[position] as number[]
    if (literals[0] === falsified && literals.length > 1) {
      literals[0] = literals[1] as number
      literals[1] = falsified
    }
    const first = literals[0] as number
    const value = this.#valueOf(first)
    if (value > 0) return 'holds'
    for (let i = 2; i < literals.length; i++) {
      const other = literals[i] as number
      if (this.#valueOf(other) < 0) continue
      literals[1] = other
      literals[i] = falsified
      this.#watchersOf(other).push(position)
      return 'moved'
    }
    if (value < 0) return 'fails'
    this.#assign(first, position)
    return 'holds'
  }

  /** The preferred open variable of the first wish that is not met yet; 0 if all are. */
  #nextWish(first: Wishes): number {
    let { source, wish } = this.#cursor
    for (; source < this.#trail.length; source++, wish = 0) {
      const from = source === none ? 0 : (this.#trail[source] as number)
      if (from < 0) continue
      const wishes = source === none ? first : (this.#own.get(from)?.wishes as Wishes)
      for (; wish < wishes.length; wish++) {
        const choices = wishes[wish] as readonly number[]
        if (choices.some((variable) => this.#valueOf(variable) > 0)) continue
        const open = choices.find((variable) => this.#valueOf(variable) === 0)
        if (open === undefined) throw new Error('broken promise: a wish without a clause')
        this.#cursor = { source, wish }
        return open
      }
    }
    this.#cursor = { source, wish: 0 }
    return 0
  }

  /** The preferred open variable of the first hope that is neither met nor vain; 0 if there is none. */
  #nextHope(): number {
    const { hopesOf } = this.#problem
    if (hopesOf === undefined) return 0
    this.#settle()
    for (; this.#hoped < this.#trail.length; this.#hoped++) {
      const from = this.#trail[this.#hoped] as number
      for (const choices of from < 0 ? [] : hopesOf(from)) {
        if (choices.some((variable) => this.#valueOf(variable) > 0)) continue
        const open = choices.find((variable) => this.#valueOf(variable) === 0)
        if (open !== undefined) return open
      }
    }
    return 0
  }

  /** What is chosen now meets all wishes: it is not undone any more. */
  #settle(): void {
    this.#wished ??= this.#trail.length
    for (const literal of this.#trail) this.#levels[Math.abs(literal)] = 0
    this.#levelStarts.length = 0
    this.#cursors.length = 0
  }

  /** Learns why the current choices fail, undoes the last of them that matters, and concludes the opposite. */
  #learn(conflict: number): void {
    const level = this.#levelStarts.length
    const seen = new Set<number>()
    const learned: number[] = []
    const parents: number[] = [conflict]
    let open = 0
    let at = this.#trail.length
    let pivot = 0
    let literals: readonly number[] = this.#clauses[conflict] as number[]
    for (;;) {
      for (const literal of literals) {
        const variable = Math.abs(literal)
        if (literal === pivot || seen.has(variable)) continue
        seen.add(variable)
        if (this.#levelOf(literal) === level) open++
        else if (this.#levelOf(literal) > 0) learned.push(literal)
      }
      do pivot = this.#trail[--at] as number
      while (!seen.has(Math.abs(pivot)) || this.#levelOf(pivot) !== level)
      if (--open === 0) break
      const reason = this.#reasons[Math.abs(pivot)] as number
      parents.push(reason)
      literals = this.#clauses[reason] as number[]
    }
    this.#undoTo(learned.reduce((highest, literal) => Math.max(highest, this.#levelOf(literal)), 0))
    this.#addLearned([-pivot, ...learned], parents)
  }

  /** The first literal is the conclusion; the second must be one of those falsified last. */
  #addLearned(literals: number[], parents: number[]): void {
    let latest = 1
    for (let i = 2; i < literals.length; i++)
      if (this.#levelOf(literals[i] as number) > this.#levelOf(literals[latest] as number)) latest = i
    if (literals.length > 1) {
      const swapped = literals[1] as number
      literals[1] = literals[latest] as number
      literals[latest] = swapped
    }
    const position = this.#push(literals, { given: undefined, parents })
    this.#assign(literals[0] as number, position)
  }

  #undoTo(level: number): void {
    const start = this.#levelStarts[level] as number
    while (this.#trail.length > start) this.#values[Math.abs(this.#trail.pop() as number)] = 0
    this.#cursor = this.#cursors[level] as Cursor
    this.#levelStarts.length = level
    this.#cursors.length = level
    this.#propagated = start
  }

  /**
   * The given clauses from which the failure of `conflict` follows. What is assigned now is so at level 0: learned
   * clauses left those literals out, but the clauses they follow from still have them.
   */
  #coreOf(conflict: number): readonly C[] {
    const seen = new Set<number>()
    const pending = [conflict]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === none || seen.has(next)) continue
      seen.add(next)
      pending.push(...(this.#parents[next] as readonly number[]))
      for (const literal of this.#clauses[next] as number[]) {
        const variable = Math.abs(literal)
        if (this.#values[variable] !== 0 && this.#levels[variable] === 0)
          pending.push(this.#reasons[variable] as number)
      }
    }
    return [...seen]
      .toSorted((a, b) => a - b)
      .map((position) => this.#given[position])
      .filter((given) => given !== undefined)
  }
}

const wishesOf = (clauses: readonly Clause[]): Wishes =>
  clauses.map(({ wish }) => wish).filter((wish) => wish !== undefined)
