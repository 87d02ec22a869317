// The lines of a plan's list: what somebody must know first, then every change by name. Kept for one plan and filter,
// since the list may be long and every frame asks for it.
import { formatCount, plural } from '../base/format.ts'
import type { ApplyPlan } from '../ops/changes.ts'

export type PlanRow =
  | { readonly kind: 'log'; readonly name: string; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }
  | {
      readonly kind: 'change'
      readonly mark: '+' | '-' | '~'
      readonly name: string
      readonly from?: string
      readonly to?: string
      readonly reason?: string
    }

export interface PlanShown {
  readonly filter: string
  /** Below each package what it says of its newer versions. */
  readonly hasChangelogs: boolean
}

let last: (PlanShown & { readonly plan: ApplyPlan; readonly rows: readonly PlanRow[] }) | undefined

export function planRows(plan: ApplyPlan, { filter, hasChangelogs }: PlanShown): readonly PlanRow[] {
  if (last?.plan === plan && last.filter === filter && last.hasChangelogs === hasChangelogs) return last.rows
  const wanted = filter.toLowerCase()
  const all = hasChangelogs ? withChangelogs(plan) : allRows(plan)
  const rows = all.filter((row) => wanted === '' || textOf(row).toLowerCase().includes(wanted))
  last = { plan, filter, hasChangelogs, rows }
  return rows
}

function withChangelogs(plan: ApplyPlan): readonly PlanRow[] {
  const told = new Map(plan.changelogs?.map((each) => [each.package, each.lines]))
  return allRows(plan).flatMap((row): readonly PlanRow[] =>
    row.kind === 'change'
      ? [row, ...(told.get(row.name) ?? []).map((text) => ({ kind: 'log', name: row.name, text }) as const)]
      : [row],
  )
}

export const textOf = (row: PlanRow): string => (row.kind === 'warning' ? row.text : row.name)

const noteCells = 66

/** A row cannot be wrapped, and a note may be long. */
function noteLines(note: string | undefined): readonly string[] {
  const lines: string[] = []
  for (const word of note === undefined ? [] : `note: “${note}”`.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= noteCells) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

const allRows = (plan: ApplyPlan): readonly PlanRow[] => [
  ...noteLines(plan.note).map((text) => ({ kind: 'warning', text }) as const),
  ...plan.advisories.map(
    ({ package: name, before, text, isMended }) =>
      ({
        kind: 'warning',
        text: `the channel says of ${name} before ${before}: ${text}; ${isMended ? 'this mends it' : 'it stays'}`,
      }) as const,
  ),
  ...plan.warnings.map((text) => ({ kind: 'warning', text }) as const),
  ...plan.privileged.map(
    (path) => ({ kind: 'warning', text: `privileged file ${path} is new or changes` }) as const,
  ),
  ...plan.changes.map((change): PlanRow => ({
    kind: 'change',
    mark: change.from === undefined ? '+' : change.to === undefined ? '-' : '~',
    ...change,
  })),
]

/** `31 packages change, 2 new, 1 removed`; what is none is not said. */
export function sayChanges({ changes }: Pick<ApplyPlan, 'changes'>): string {
  const added = changes.filter((change) => change.from === undefined).length
  const removed = changes.filter((change) => change.to === undefined).length
  const changed = changes.length - added - removed
  const parts = [
    ...(changed > 0 ? [plural(changed, 'package changes', 'packages change')] : []),
    ...(added > 0 ? [`${formatCount(added)} new`] : []),
    ...(removed > 0 ? [`${formatCount(removed)} removed`] : []),
  ]
  return parts.length === 0 ? 'no package changes' : parts.join(', ')
}
