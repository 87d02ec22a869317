// History: the states of this machine, a line each, and what going back to the chosen one would change.
import { formatAge, formatDate, plural } from '../base/format.ts'
import type { StateDiff, StateRow } from '../ops/host-operations.ts'
import { type Area, stack } from './area.ts'
import { blank, column, type Line, line, paragraph, span } from './lines.ts'
import type { ScreensState } from './state.ts'
import { arrow, listLines, problemLines, reading } from './widgets.ts'

export function historyLines(state: ScreensState, area: Area): readonly Line[] {
  const { states } = state.history
  if (states.kind === 'failed') return [blank, ...problemLines(states.problem, area.width)]
  if (states.kind !== 'ready') return reading('reading the kept states')
  const rows = states.value
  const isComparing = state.history.diff.kind !== 'none'
  const listHeight = isComparing
    ? Math.min(rows.length, Math.max(3, Math.floor(area.height / 3)))
    : rows.length
  return stack(area.height, {
    top: [
      line(span(' States, the oldest first', 'strong')),
      ...listLines({
        rows,
        cursor: state.history.cursor,
        area: { ...area, height: Math.min(listHeight, area.height - 4) },
        draw: (row) => stateRow(row, state),
      }),
      blank,
    ],
    middle: (height) => (isComparing ? compared(state, { ...area, height }) : advice(rows, area)),
  })
}

const stateRow = (row: StateRow, state: ScreensState): Line => [
  span(row.isCurrent ? '* ' : '  ', 'good'),
  column(`${row.number}`, 5),
  column(formatDate(row.created), 12),
  column(plural(row.packages, 'package'), 15),
  column(row.serial === undefined ? 'no channel yet' : `${row.channel ?? ''} serial ${row.serial}`, 24),
  span(
    row.isCurrent ? 'current' : formatAge(row.created, Math.floor(state.nowMs / 1000)),
    row.isCurrent ? 'good' : 'quiet',
  ),
]

const advice = (rows: readonly StateRow[], { width }: Area): readonly Line[] =>
  paragraph(
    rows.length < 2
      ? 'There is one state only: the next apply keeps it, so that you can come back to it.'
      : 'Enter compares the chosen state with the current one, b goes back to it. The state you leave is kept.',
    width,
    'quiet',
  )

function compared(state: ScreensState, area: Area): readonly Line[] {
  const { diff } = state.history
  if (diff.kind === 'failed') return problemLines(diff.problem, area.width)
  if (diff.kind !== 'ready') return reading('comparing')
  const rows = diffRows(diff.value, arrow(state.look))
  const shown = rows.slice(state.history.offset, state.history.offset + area.height - 1)
  const { from, to, packages, files } = diff.value
  const title = `From state ${from} to state ${to}: ${plural(packages.length, 'package')}${files === undefined ? '' : `, ${plural(files.length, 'file')}`}`
  return [line(span(` ${title}`, 'strong')), ...shown]
}

const diffRows = ({ packages, files = [] }: StateDiff, to: string): readonly Line[] => [
  ...packages.map((change) =>
    line('   ', column(change.name, 24), ` ${change.from ?? 'absent'} ${to} ${change.to ?? 'absent'}`),
  ),
  ...files.map((file) => line(span(`   ${file.change} ${file.path}`, 'quiet'))),
]
