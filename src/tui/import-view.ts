// Import: who signed a bundle, for whom, from which serial to which, and whether this host would take it. What the file
// claims and what was judged are told apart.
import { formatAge, formatBytes, formatDate, plural, shortId } from '../base/format.ts'
import type { ApplyPlan, ImportedBundle } from '../ops/changes.ts'
import type { Inspection } from '../ops/host-operations.ts'
import { type Area, fill } from './area.ts'
import { blank, field, type Line, line, paragraph, span } from './lines.ts'
import { sayChanges } from './plan-rows.ts'
import { readyValue, type BundleView, type ScreensState } from './state.ts'
import { arrow, problemLines, reading, workLines } from './widgets.ts'

export function importLines(state: ScreensState, area: Area): readonly Line[] {
  const { bundle } = state
  if (bundle === undefined)
    return [
      blank,
      ...paragraph('No bundle is chosen. Press Esc, choose one on Overview and press Enter.', area.width),
    ]
  const { about } = bundle
  if (about.kind === 'failed')
    return [
      blank,
      ...field('file', bundle.path, area.width),
      blank,
      ...problemLines(about.problem, area.width),
    ]
  if (about.kind !== 'ready') return reading(`reading ${bundle.path}`)
  return fill(
    [
      ...claims(bundle.path, about.value, area.width),
      ...judgement(state, bundle, area.width),
      blank,
      ...progress(state, bundle, area.width),
    ],
    area.height,
  )
}

function claims(path: string, about: Inspection, width: number): readonly Line[] {
  const of = (label: string): string => about.about.find(([name]) => name === label)?.[1] ?? ''
  return [
    ...field('file', `${path}, ${formatBytes(about.fileBytes)}`, width),
    ...(about.volumeText === undefined ? [] : field('volume', about.volumeText, width)),
    ...field('for', of('hosts'), width).slice(0, 3),
    ...field('made', `${formatDate(about.created)}, bundle ${shortId(about.id)}`, width),
    ...field('exporter', about.signers.map((signer) => `key ${signer.slice(0, 16)}`).join(', '), width),
  ]
}

function judgement(state: ScreensState, { judged }: BundleView, width: number): readonly Line[] {
  if (judged.kind === 'failed') return [blank, ...problemLines(judged.problem, width)]
  if (judged.kind === 'ready') return accepted(state, judged.value, width)
  return field('trust', 'checking signatures, host and serial …', width, 'quiet')
}

function accepted(state: ScreensState, plan: ApplyPlan, width: number): readonly Line[] {
  const nowSeconds = Math.floor(state.nowMs / 1000)
  const { channel } = plan
  return [
    ...field('trust', 'signatures are genuine, and it is for this host', width, 'good'),
    ...(channel === undefined
      ? []
      : field(
          'serial',
          `${channel.fromSerial ?? 'none'} ${arrow(state.look)} ${channel.serial} of channel ${channel.name}, signed ${formatDate(channel.created)} (${formatAge(channel.created, nowSeconds)})`,
          width,
        )),
    ...field(
      'changes',
      plan.isNothing ? 'nothing: this state is the current one already' : `${sayChanges(plan)}; p shows them`,
      width,
    ),
    ...(plan.warnings.length + plan.privileged.length === 0
      ? []
      : field(
          '!',
          `${plural(plan.warnings.length + plan.privileged.length, 'warning')}: p shows them`,
          width,
          'warning',
        )),
  ]
}

function progress(state: ScreensState, bundle: BundleView, width: number): readonly Line[] {
  const { work } = state
  if (work !== undefined) return workLines({ ...work, isDone: false, isFailed: false })
  const imported = readyValue(bundle.imported)
  if (imported !== undefined) return takenIn(imported, width)
  const { verified } = bundle
  if (verified.kind === 'failed') return problemLines(verified.problem, width)
  if (verified.kind === 'ready')
    return verified.value.flatMap((text) => paragraph(text.replace(`${bundle.path}: `, '✓ '), width, 'good'))
  if (readyValue(bundle.judged) === undefined) return []
  return paragraph(
    'Enter copies it from the medium, checks every byte on the way and puts it into the store. The system does not change by that; the medium is only read.',
    width,
    'quiet',
  )
}

const takenIn = (done: ImportedBundle, width: number): readonly Line[] => [
  line(span(' ✓ taken in', 'good')),
  ...field(
    'carried',
    done.isNew
      ? `${formatBytes(done.fileBytes)}, of which ${plural(done.files, 'new file')} (${formatBytes(done.contentBytes)}) in ${done.seconds.toFixed(1)} s`
      : 'it was here already; nothing had to be done',
    width,
  ),
  ...(done.trustRoot === undefined
    ? []
    : field('trust', `root ${done.trustRoot} came with it and counts now`, width)),
  ...paragraph('The medium may be pulled. The system has not changed yet: Enter shows the plan.', width),
]
