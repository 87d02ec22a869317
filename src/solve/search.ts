// A complete search over yes-or-no questions: conflict-driven clause learning with two watched literals and
// first-UIP clauses (Marques-Silva and Sakallah 1999; Eén and Sörensson 2003). What it tries first is fixed by
// the agenda, never by statistics, so the same problem has the same answer: of all answers the one that honours
// the earliest wishes best. Literals are non-zero numbers: v for "chosen", -v for "not chosen".

export interface Clause {
  /** At least one of these holds. */
  readonly literals: readonly number[]
}

export interface SearchProblem {
  /** Variables are 1 to `variables`. */
  readonly variables: number
  readonly clauses: readonly Clause[]
  /** Wishes to be met first, in order: each a list of variables of which one must be chosen, preferred first. */
  readonly wishes: readonly (readonly number[])[]
  /** The wishes that choosing a variable brings with it. */
  readonly wishesOf: (variable: number) => readonly (readonly number[])[]
}

export type SearchOutcome =
  | { readonly kind: 'found'; readonly chosen: readonly number[] }
  /** Positions of clauses that cannot all hold; not necessarily the fewest. */
  | { readonly kind: 'none'; readonly core: readonly number[] }

/** Every wish must also be among the clauses: wishes say what to try, clauses what must hold. */
export function search(problem: SearchProblem): SearchOutcome {
  return new Search(problem).run()
}

interface Cursor {
  /** -1 while the problem's own wishes are looked at, then a position in the trail. */
  readonly source: number
  readonly wish: number
}

const none = -1

class Search {
  readonly #problem: SearchProblem
  /** Given clauses first, learned ones after them. Literals are reordered: the first two are watched. */
  readonly #clauses: number[][] = []
  /** Of each learned clause: the clauses it follows from. */
  readonly #parents: number[][] = []
  readonly #watchers: number[][]
  readonly #values: Int8Array
  readonly #levels: Int32Array
  readonly #reasons: Int32Array
  readonly #trail: number[] = []
  readonly #levelStarts: number[] = []
  readonly #cursors: Cursor[] = []
  #cursor: Cursor = { source: none, wish: 0 }
  #propagated = 0

  constructor(problem: SearchProblem) {
    const size = problem.variables + 1
    this.#problem = problem
    this.#watchers = Array.from({ length: 2 * size }, () => [])
    this.#values = new Int8Array(size)
    this.#levels = new Int32Array(size)
    this.#reasons = new Int32Array(size).fill(none)
  }

  run(): SearchOutcome {
    for (const { literals } of this.#problem.clauses) {
      const conflict = this.#add([...new Set(literals)], [])
      if (conflict !== none) return { kind: 'none', core: this.#coreOf(conflict) }
    }
    for (;;) {
      const conflict = this.#propagate()
      if (conflict === none) {
        const wished = this.#nextWish()
        if (wished === 0) return { kind: 'found', chosen: this.#trail.filter((literal) => literal > 0) }
        this.#levelStarts.push(this.#trail.length)
        this.#cursors.push(this.#cursor)
        this.#assign(wished, none)
        continue
      }
      if (this.#levelStarts.length === 0) return { kind: 'none', core: this.#coreOf(conflict) }
      this.#learn(conflict)
    }
  }

  #valueOf(literal: number): number {
    return literal > 0 ? (this.#values[literal] as number) : -(this.#values[-literal] as number)
  }

  #levelOf(literal: number): number {
    return this.#levels[Math.abs(literal)] as number
  }

  #watchersOf(literal: number): number[] {
    return this.#watchers[literal > 0 ? 2 * literal : 1 - 2 * literal] as number[]
  }

  #assign(literal: number, reason: number): void {
    const variable = Math.abs(literal)
    this.#values[variable] = literal > 0 ? 1 : -1
    this.#levels[variable] = this.#levelStarts.length
    this.#reasons[variable] = reason
    this.#trail.push(literal)
  }

  /** Adds a clause before the search begins; gives its position if it cannot hold already. */
  #add(literals: number[], parents: number[]): number {
    const position = this.#clauses.length
    // True literals first, then open ones: what is watched must not be false while others are not.
    literals.sort((a, b) => this.#valueOf(b) - this.#valueOf(a))
    this.#clauses.push(literals)
    this.#parents.push(parents)
    const [first, second] = literals
    if (first !== undefined) this.#watchersOf(first).push(position)
    if (second !== undefined) this.#watchersOf(second).push(position)
    if (first === undefined || this.#valueOf(first) < 0) return position
    const isUnit = second === undefined || this.#valueOf(second) < 0
    if (isUnit && this.#valueOf(first) === 0) this.#assign(first, position)
    return none
  }

  /** Draws all conclusions; gives the position of a clause that cannot hold, or none. */
  #propagate(): number {
    while (this.#propagated < this.#trail.length) {
      const falsified = -(this.#trail[this.#propagated++] as number)
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
  #nextWish(): number {
    let { source, wish } = this.#cursor
    for (; source < this.#trail.length; source++, wish = 0) {
      const from = source === none ? 0 : (this.#trail[source] as number)
      if (from < 0) continue
      const wishes = source === none ? this.#problem.wishes : this.#problem.wishesOf(from)
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
    const position = this.#clauses.length
    this.#clauses.push(literals)
    this.#parents.push(parents)
    for (const watched of literals.slice(0, 2)) this.#watchersOf(watched).push(position)
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
  #coreOf(conflict: number): readonly number[] {
    const given = this.#problem.clauses.length
    const seen = new Set<number>()
    const pending = [conflict]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === none || seen.has(next)) continue
      seen.add(next)
      pending.push(...(this.#parents[next] as number[]))
      for (const literal of this.#clauses[next] as number[]) {
        const variable = Math.abs(literal)
        if (this.#values[variable] !== 0 && this.#levels[variable] === 0)
          pending.push(this.#reasons[variable] as number)
      }
    }
    return [...seen].filter((position) => position < given).toSorted((a, b) => a - b)
  }
}
