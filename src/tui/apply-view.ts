// Apply: what is about to happen, the phases while it does with the point of no return among them, and how it went.
import { formatBytes, plural } from '../base/format.ts'
import type { Applied, ApplyPlan } from '../ops/changes.ts'
import { type Area, stack } from './area.ts'
import { blank, field, type Line, line, paragraph, span } from './lines.ts'
import { sayChanges } from './plan-rows.ts'
import { readyValue, type ScreensState } from './state.ts'
import { arrow, problemLines, reading, workLines } from './widgets.ts'
import { startWork } from './work.ts'

export function applyLines(state: ScreensState, area: Area): readonly Line[] {
  const { apply, work } = state
  const plan = readyValue(apply.plan)
  if (apply.outcome.kind === 'ready') return finished(state, apply.outcome.value, area)
  if (apply.plan.kind === 'failed') return [blank, ...problemLines(apply.plan.problem, area.width)]
  if (plan === undefined) return reading('making the plan')
  if (plan.isNothing)
    return [
      blank,
      line(span(` Nothing waits to be applied: state ${plan.from} stays as it is.`, 'strong')),
      blank,
      ...paragraph('Take a bundle in first: choose one on Overview and press Enter.', area.width),
      ...warningsOf(plan.warnings, area.width),
    ]
  const isFailed = apply.outcome.kind === 'failed'
  const shown = work ?? { ...startWork(plan.kind, 0), ...(isFailed ? failedAt(state) : {}) }
  return [
    ...what(state, plan, area.width),
    blank,
    ...workLines({ ...shown, isDone: false, isFailed }),
    ...(work?.warnings ?? []).slice(-3).flatMap((text) => paragraph(`note: ${text}`, area.width, 'warning')),
    blank,
    ...(work === undefined && !isFailed
      ? paragraph(
          'Power may fail at any moment: the machine then has the old state or the new one, whole.',
          area.width,
          'quiet',
        )
      : []),
  ]
}

/** The last phase that had begun. */
function failedAt({ apply }: ScreensState) {
  return {
    steps: apply.steps,
    at: Math.max(
      0,
      apply.steps.findLastIndex((each) => each.startedMs !== undefined),
    ),
  }
}

function what(state: ScreensState, plan: ApplyPlan, width: number): readonly Line[] {
  const to = arrow(state.look)
  const { channel } = plan
  return [
    ...field(
      plan.kind === 'apply' ? 'apply' : 'back',
      `state ${plan.from} ${to} ${plan.to}${channel === undefined ? '' : `, serial ${channel.serial} of channel ${channel.name}`}`,
      width,
      'strong',
    ),
    ...field('changes', sayChanges(plan), width),
    ...field(
      'after',
      `${plural(plan.packages, 'package')}, ${plural(plan.files, 'file')}, ${formatBytes(plan.sizeBytes)}`,
      width,
    ),
    ...warningsOf([...plan.warnings, ...plan.privileged.map((path) => `privileged file ${path}`)], width),
  ]
}

const warningsOf = (texts: readonly string[], width: number): readonly Line[] =>
  texts.slice(0, 3).flatMap((text) => field('!', text, width, 'warning').slice(0, 2))

function finished(state: ScreensState, done: Applied, area: Area): readonly Line[] {
  const isBack = done.health?.kind === 'back'
  const rows: readonly Line[] = [
    ...done.notes.flatMap((note) => paragraph(`note: ${note}`, area.width)),
    ...done.triggers.flatMap(({ name, outcome }) => field('trigger', `${name}: ${outcome}`, area.width)),
    ...done.deliveries.flatMap(({ path, outcome }) => field('etc', `${path}: ${outcome}`, area.width)),
  ]
  return stack(area.height, {
    top: [
      ...field(
        done.kind === 'apply' && !isBack ? 'applied' : 'back',
        `state ${done.state} is current; state ${done.previous} is kept, and History takes you back to it`,
        area.width,
        isBack ? 'warning' : 'good',
      ),
      ...field(
        'changed',
        `${sayChanges(done)}; ${plural(done.files, 'file')} in ${done.seconds.toFixed(1)} s`,
        area.width,
      ),
      ...field('receipt', 'written; e on Overview puts it on the stick for the station', area.width),
      blank,
      ...workLines({ steps: state.apply.steps, at: state.apply.steps.length, isDone: true, isFailed: false }),
      blank,
    ],
    middle: (height) => rows.slice(state.apply.offset, state.apply.offset + height),
  })
}
