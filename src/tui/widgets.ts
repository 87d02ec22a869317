// Small things that several screens draw: a list with its cursor, a bar, the phases of long work, an error.
import { formatBytes, formatCount } from '../base/format.ts'
import type { Area } from './area.ts'
import { windowOf } from './list-window.ts'
import { blank, column, type Line, line, paragraph, span, type Tone } from './lines.ts'
import type { Look, Problem, WorkStep } from './state.ts'
import { decidingPhase, meaningOf } from './work.ts'

export const arrow = (look: Look): string => (look.isAscii ? '->' : '→')

/** Only the rows that fit are made. The last line tells where the cursor is if not all fit. */
export function listLines<Row>(list: {
  readonly rows: readonly Row[]
  readonly cursor: number
  readonly area: Area
  readonly draw: (row: Row, isChosen: boolean) => Line
}): readonly Line[] {
  const { rows, cursor, area, draw } = list
  const isLong = rows.length > area.height && area.height > 1
  const height = isLong ? area.height - 1 : area.height
  const { first, end } = windowOf({ count: rows.length, cursor, height })
  const shown = rows.slice(first, end).map((row, index) => {
    const isChosen = first + index === cursor
    return [span(isChosen ? ' > ' : '   ', isChosen ? 'chosen' : 'plain'), ...draw(row, isChosen)]
  })
  return isLong
    ? [...shown, line(span(`   ${formatCount(cursor + 1)} of ${formatCount(rows.length)}`, 'quiet'))]
    : shown
}

export function bar(share: number, cells: number): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * cells)
  return '█'.repeat(full) + '░'.repeat(cells - full)
}

/** Above a list, as long as something is left out of it. */
export function filterLines(
  { filter, isTyping }: { readonly filter: string; readonly isTyping: boolean },
  count: number,
): readonly Line[] {
  if (filter === '' && !isTyping) return []
  return [
    line(
      span(' filter    ', 'quiet'),
      span(`/${filter}${isTyping ? '_' : ''}`, 'strong'),
      span(`  ${count} shown`, 'quiet'),
    ),
  ]
}

export const problemLines = (problem: Problem, width: number): readonly Line[] => [
  ...paragraph(`! ${problem.message} [${problem.code}]`, width, 'bad'),
  ...(problem.hint === undefined ? [] : paragraph(`hint: ${problem.hint}`, width)),
]

const barCells = 18

/** A line each: mark, name, bar or meaning; the point of no return is a line of its own. */
export function workLines(work: {
  readonly steps: readonly WorkStep[]
  readonly at: number
  readonly isDone: boolean
  readonly isFailed: boolean
}): readonly Line[] {
  return work.steps.flatMap((step, index) => {
    const status = statusOf(work, index)
    const row: Line = [
      span(` ${marks[status]} `, tones[status]),
      column(step.phase, 10, status === 'now' ? 'strong' : 'plain'),
      ...(status === 'now' ? amountOf(step) : [span(meaningOf(step.phase), 'quiet')]),
    ]
    if (step.phase !== decidingPhase) return [row]
    const text = ' -- point of no return: from here on the new state is the current one --'
    return [line(span(text, 'warning')), row]
  })
}

type Status = 'done' | 'now' | 'failed' | 'waiting'
const marks: Readonly<Record<Status, string>> = { done: '✓', now: '>', failed: '!', waiting: ' ' }
const tones: Readonly<Record<Status, Tone>> = { done: 'good', now: 'strong', failed: 'bad', waiting: 'quiet' }

function statusOf(work: Parameters<typeof workLines>[0], index: number): Status {
  if (work.isDone || index < work.at) return 'done'
  if (index > work.at) return 'waiting'
  return work.isFailed ? 'failed' : 'now'
}

/** Bar, amount, rate and time left, as far as they are known. */
function amountOf(step: WorkStep): readonly ReturnType<typeof span>[] {
  const { doneBytes = 0, totalBytes = 0, doneItems = 0, totalItems = 0 } = step
  const share = totalBytes > 0 ? doneBytes / totalBytes : totalItems > 0 ? doneItems / totalItems : undefined
  if (share === undefined) return [span(step.item === undefined ? meaningOf(step.phase) : step.item)]
  const amount =
    totalBytes > 0
      ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`
      : `${formatCount(doneItems)} of ${formatCount(totalItems)}`
  return [span(bar(share, barCells), 'good'), span(`  ${[amount, ...paceOf(step, share)].join('  ')}`)]
}

function paceOf({ startedMs = 0, seenMs = 0, doneBytes = 0 }: WorkStep, share: number): readonly string[] {
  const elapsedMs = seenMs - startedMs
  if (elapsedMs < 1000 || share < 0.01) return []
  const rate = doneBytes > 0 ? [`${formatBytes(Math.round(doneBytes / (elapsedMs / 1000)))}/s`] : []
  return [...rate, `${Math.ceil((elapsedMs * (1 - share)) / share / 1000)} s left`]
}

export const reading = (what: string): readonly Line[] => [blank, line(span(` ${what} …`, 'quiet'))]
