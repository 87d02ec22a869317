// Doctor: what is not as it should be on this machine, and what to do about the chosen one.
import { plural } from '../base/format.ts'
import type { Diagnosis } from '../ops/doctor.ts'
import { type Area, stack } from './area.ts'
import { blank, column, field, type Line, line, paragraph, span } from './lines.ts'
import type { ScreensState } from './state.ts'
import { listLines, problemLines, reading } from './widgets.ts'

export function doctorLines(state: ScreensState, area: Area): readonly Line[] {
  const { diagnosis, cursor } = state.doctor
  if (diagnosis.kind === 'failed') return [blank, ...problemLines(diagnosis.problem, area.width)]
  if (diagnosis.kind !== 'ready') return reading('looking at this machine')
  const { findings } = diagnosis.value
  const chosen = findings[cursor]
  if (chosen === undefined) return [blank, ...wellLines(diagnosis.value, area.width)]
  return stack(area.height, {
    top: [line(span(` ${plural(findings.length, 'thing')} to see to`, 'strong')), blank],
    middle: (height) =>
      listLines({
        rows: findings,
        cursor,
        area: { ...area, height },
        draw: ({ about, problem }) => [column(about, 13, 'warning'), span(problem)],
      }),
    bottom: [
      blank,
      ...field('found', chosen.problem, area.width),
      ...field('do', chosen.remedy, area.width, 'good'),
    ],
  })
}

const wellLines = ({ checked }: Diagnosis, width: number): readonly Line[] =>
  checked.length === 0
    ? paragraph('There is no managed root here: moss init makes one.', width)
    : [
        ...paragraph('✓ nothing to see to', width, 'good'),
        blank,
        ...checked.flatMap((each) => paragraph(`looked at ${each}`, width, 'quiet')),
      ]
