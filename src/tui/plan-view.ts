// Plan: every package that changes with its versions, what to beware of first, and why the chosen one is there.
import { formatAge, formatBytes, plural } from '../base/format.ts'
import type { ApplyPlan } from '../ops/changes.ts'
import { type Area, stack } from './area.ts'
import { blank, column, field, type Line, line, paragraph, span } from './lines.ts'
import { type PlanRow, planRows, sayChanges } from './plan-rows.ts'
import type { ScreensState } from './state.ts'
import { arrow, filterLines, listLines, problemLines, reading } from './widgets.ts'

export function planLines(state: ScreensState, area: Area): readonly Line[] {
  const { plan } = state.plan
  if (plan.kind === 'failed') return [blank, ...problemLines(plan.problem, area.width)]
  if (plan.kind !== 'ready') return reading('making the plan')
  return plan.value.isNothing ? nothing(plan.value, area) : whole(state, plan.value, area)
}

const nothing = (plan: ApplyPlan, { width }: Area): readonly Line[] => [
  blank,
  line(span(` Nothing waits: state ${plan.from} stays as it is.`, 'strong')),
  blank,
  ...paragraph('Take a bundle in first: press Esc for Overview, choose a bundle and press Enter.', width),
]

function whole(state: ScreensState, plan: ApplyPlan, area: Area): readonly Line[] {
  const { filter, cursor } = state.plan
  const rows = planRows(plan, state.plan)
  const chosen = rows[cursor]
  return stack(area.height, {
    top: [...summary(state, plan, area.width), ...filterLines(state.plan, rows.length), blank],
    middle: (height) =>
      rows.length === 0
        ? [line(span(filter === '' ? '   no package changes' : '   nothing matches the filter', 'quiet'))]
        : listLines({
            rows,
            cursor,
            area: { ...area, height },
            draw: (row) => planRow(row, state, area.width),
          }),
    bottom: reasonLines(chosen, area.width),
  })
}

function summary(state: ScreensState, plan: ApplyPlan, width: number): readonly Line[] {
  const { channel } = plan
  const to = arrow(state.look)
  const serial =
    channel === undefined
      ? ''
      : `; serial ${channel.fromSerial ?? 'none'} ${to} ${channel.serial}, signed ${formatAge(channel.created, Math.floor(state.nowMs / 1000))}`
  return [
    ...(state.plan.from === undefined
      ? []
      : field('preview', `of ${state.plan.from}, not taken in yet`, width, 'warning')),
    ...field('plan', `state ${plan.from} ${to} ${plan.to}${serial}`, width),
    ...field('changes', sayChanges(plan), width),
    ...field(
      'after',
      `${plural(plan.packages, 'package')}, ${plural(plan.files, 'file')}, ${formatBytes(plan.sizeBytes)}`,
      width,
    ),
    ...field(
      'disk',
      `${formatBytes(plan.freeBytes)} free, at most ${formatBytes(plan.neededBytes)} needed while working`,
      width,
    ),
  ]
}

function planRow(row: PlanRow, state: ScreensState, width: number): Line {
  if (row.kind === 'warning') return [span('! ', 'warning'), span(row.text, 'warning')]
  if (row.kind === 'log') return [span(`    ${row.text}`, 'quiet')]
  const nameCells = Math.min(32, Math.floor(width / 3))
  return [
    span(`${row.mark} `, row.mark === '-' ? 'bad' : row.mark === '+' ? 'good' : 'plain'),
    column(row.name, nameCells),
    span(` ${versions(row, arrow(state.look))}`),
  ]
}

function versions(row: Extract<PlanRow, { kind: 'change' }>, to: string): string {
  if (row.from === undefined) return `${row.to ?? ''}  new`
  return row.to === undefined ? `${row.from}  removed` : `${row.from} ${to} ${row.to}`
}

/** Two lines, always, so that the list does not jump. */
function reasonLines(row: PlanRow | undefined, width: number): readonly Line[] {
  if (row === undefined) return [blank, blank]
  const text =
    row.kind !== 'change'
      ? row.text
      : row.reason === undefined
        ? `${row.name}: nothing asks for it any more`
        : `${row.name}: ${row.reason}`
  const shown = field('why', text, width).slice(0, 2)
  return shown.length === 1 ? [blank, ...shown] : shown
}
