// Export: what one bundle for the chosen hosts would carry, each host's share and where the bytes go; the medium that it goes
// to; the writing, and when the stick may be pulled.
import { formatBytes, plural, shortId } from '../base/format.ts'
import type { Exported } from '../ops/export.ts'
import type { ExportPlan } from '../ops/plan-export.ts'
import { type Area, fill, stack } from './area.ts'
import { blank, column, field, type Line, line, paragraph, span } from './lines.ts'
import { readyValue, type ScreensState } from './state.ts'
import { arrow, problemLines, reading, workLines } from './widgets.ts'

export function exportLines(state: ScreensState, area: Area): readonly Line[] {
  const { plan, outcome } = state.export
  if (plan.kind === 'none')
    return [
      blank,
      ...paragraph(
        'No hosts are chosen. Press Esc, choose some in Fleet with Space, and press Enter.',
        area.width,
      ),
    ]
  if (plan.kind === 'failed') return [blank, ...problemLines(plan.problem, area.width)]
  if (plan.kind !== 'ready') return reading('planning the bundle')
  if (outcome.kind === 'ready') return fill(written(outcome.value, plan.value, area.width), area.height)
  const { work } = state
  if (work !== undefined)
    return fill(
      [
        ...summary(state, plan.value, area.width),
        blank,
        ...workLines({ ...work, isDone: false, isFailed: false }),
        ...work.warnings.slice(-3).flatMap((text) => paragraph(`note: ${text}`, area.width, 'warning')),
      ],
      area.height,
    )
  return stack(area.height, {
    top: [...summary(state, plan.value, area.width), blank],
    middle: (height) => hostLines(state, plan.value, { ...area, height }),
  })
}

function summary(state: ScreensState, plan: ExportPlan, width: number): readonly Line[] {
  const { deltas, whole, metadata } = plan.estimate
  const { medium } = state.export
  const found = readyValue(state.fleet.carried)?.media.find(({ path }) => path === medium)
  const free = found?.freeBytes
  const size = deltas + whole + metadata
  return [
    ...field(
      'bundle',
      `serial ${plan.serial} of channel ${plan.channel}, for ${plural(plan.hosts.length, 'host')}`,
      width,
    ),
    ...field(
      'content',
      `${formatBytes(plan.fullBytes)} wanted, ${formatBytes(plan.sharedBytes)} already there`,
      width,
    ),
    ...field(
      'size',
      `about ${formatBytes(size)} at effort ${plan.effort}: deltas ${formatBytes(deltas)}, whole ${formatBytes(whole)}, metadata ${formatBytes(metadata)}`,
      width,
    ),
    ...(medium === undefined || free === undefined
      ? field(
          'to',
          `${medium ?? 'no medium'} is ${medium === undefined ? '' : 'not '}here: mount a stick, or press o and type a folder`,
          width,
          'warning',
        )
      : field(
          'to',
          `${medium}, ${formatBytes(free)} free`,
          width,
          free < size && state.export.next === undefined ? 'bad' : 'plain',
        )),
    ...(state.export.next === undefined
      ? []
      : field('volume', `${state.export.next.number} comes next: put another medium in`, width, 'warning')),
  ]
}

/** Each host with its share, then what to beware of; scrolled as one. */
export function exportRows(
  plan: ExportPlan,
  { columns: width }: ScreensState['size'],
  to: string,
): readonly Line[] {
  return [
    ...plan.hosts.map((host) => [
      span('   '),
      column(host.name, Math.min(24, Math.floor(width / 4))),
      column(` ${host.fromSerial ?? 'none'} ${to} ${plan.serial}`, 13),
      column(` ${plural(host.changes.length, 'package changes', 'packages change')}`, 22),
      span(` ${formatBytes(host.newBytes)} of ${formatBytes(host.fullBytes)}`),
    ]),
    ...plan.warnings.flatMap((warning) => paragraph(`! ${warning}`, width, 'warning')),
  ]
}

function hostLines(state: ScreensState, plan: ExportPlan, area: Area): readonly Line[] {
  const rows = exportRows(plan, state.size, arrow(state.look))
  const first = Math.min(state.export.offset, Math.max(0, rows.length - area.height))
  return rows.slice(first, first + area.height)
}

const written = (done: Exported, plan: ExportPlan, width: number): readonly Line[] => [
  line(
    span(
      ` ✓ ${done.isNew ? 'written' : 'it was there already'} and read back: the medium is safe to remove`,
      'good',
    ),
  ),
  blank,
  ...field('bundle', done.path, width),
  ...field('id', shortId(done.bundle), width),
  ...field(
    'carried',
    `${formatBytes(done.fileBytes)} of ${formatBytes(plan.fullBytes)} in ${done.seconds.toFixed(1)} s: deltas ${formatBytes(done.deltaBytes)}, whole ${formatBytes(done.frameBytes - done.deltaBytes)}, metadata ${formatBytes(done.bytes.metadata)}`,
    width,
  ),
  ...field('for', plan.hosts.map(({ name }) => name).join(', '), width).slice(0, 4),
  blank,
  ...paragraph(
    'At the host: choose the bundle on Overview, or run moss sync with the stick. The state that it leaves there tells this station how it went.',
    width,
  ),
]
