// Packages' defaults for /etc and /var, delivered from the state's factory. What is missing is copied and remembered
// by what it was; an unmodified copy then follows its package and a rollback; one that the machine changed, deleted or
// had before stays as the machine has it. Pure: deciding is here, doing in deliver.ts.
import type { DeliveryRow } from './tables.ts'

/** What stands at a path, named by kind, attributes and content; '' is nothing, `blocked` is out of reach. */
export type Standing = string

/** A place that cannot be used: below a link or a file, or where a left-over is in the way. */
export const blocked: Standing = 'blocked'
export const nothing: Standing = ''
export const isFolder = (standing: Standing): boolean => standing.startsWith('folder')

export interface Delivery {
  readonly kind: 'place' | 'replace' | 'remove'
  readonly path: string
  /** What was there, and what shall be. */
  readonly before: Standing
  readonly after: Standing
}

export interface DeliveryPlan {
  /** Parents before children, except removals, which come last, deepest first. */
  readonly deliveries: readonly Delivery[]
  /** Rows that no longer say anything: their file is gone, or became the machine's own. */
  readonly forgotten: readonly string[]
}

export interface DeliveryFacts {
  /** What the factory offers: path → what would stand there. */
  readonly offered: ReadonlyMap<string, Standing>
  /** What is made again though the machine removed it: tmpfiles.d means what must be there. */
  readonly remade: ReadonlySet<string>
  /** What was delivered before; nothing in it is pending. */
  readonly rows: readonly DeliveryRow[]
  readonly standingAt: (path: string) => Standing
}

export function planDeliveries({ offered, remade, rows, standingAt }: DeliveryFacts): DeliveryPlan {
  const delivered = new Map(rows.map((row) => [row.path, row.digest]))
  const deliveries: Delivery[] = []
  const removals: Delivery[] = []
  const forgotten: string[] = []
  for (const [path, after] of [...offered].toSorted(byPath)) {
    const before = standingAt(path)
    const known = delivered.get(path)
    if (before === nothing && (known === undefined || remade.has(path)))
      deliveries.push({ kind: 'place', path, before, after })
    else if (known !== undefined && before === known && before !== after)
      if (isFolder(before) || isFolder(after)) continue
      else deliveries.push({ kind: 'replace', path, before, after })
  }
  for (const [path, known] of [...delivered].toSorted(byPath).toReversed()) {
    if (offered.has(path)) continue
    const before = standingAt(path)
    if (before === known) removals.push({ kind: 'remove', path, before, after: nothing })
    // What the machine removed stays known, so that it does not come back with its package.
    else if (before !== nothing) forgotten.push(path)
  }
  return { deliveries: [...deliveries, ...removals], forgotten }
}

const byPath = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : a > b ? 1 : 0
