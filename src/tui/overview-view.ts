// Overview: what this machine is, what waits, and the bundles that could be taken in.
import { formatAge, formatBytes, formatDate, plural } from '../base/format.ts'
import type { HostStatus } from '../ops/host-operations.ts'
import type { MediumBundle } from '../ops/medium-scan.ts'
import { type Area, stack } from './area.ts'
import { blank, column, field, type Line, line, paragraph, span } from './lines.ts'
import type { Problem, ScreensState } from './state.ts'
import { listLines, problemLines, reading } from './widgets.ts'

export function overviewLines(state: ScreensState, area: Area): readonly Line[] {
  const { status } = state
  if (status.kind === 'failed') return unreadable(state.root, status.problem, area)
  if (status.kind !== 'ready') return reading('reading this machine')
  return stack(area.height, {
    top: [...hostFields(state, status.value, area.width), blank, line(span(' Bundles to take in', 'strong'))],
    middle: (height) => bundleLines(state, { ...area, height }),
  })
}

const unreadable = (root: string, problem: Problem, area: Area): readonly Line[] =>
  problem.code === 'NOT_INITIALISED'
    ? beginning(root, area)
    : [blank, ...problemLines(problem, area.width), blank, ...lookElsewhere(problem, area)]

function hostFields(state: ScreensState, status: HostStatus, width: number): readonly Line[] {
  const { channel, waiting } = status
  const nowSeconds = Math.floor(state.nowMs / 1000)
  const kept = status.kept.length === 0 ? 'none kept' : `kept for going back: ${status.kept.join(', ')}`
  return [
    ...field('host', `${status.name}, id ${status.host}`, width),
    ...field('state', `${status.current}, ${plural(status.packages, 'package')}; ${kept}`, width),
    ...field(
      'channel',
      channel.serial === undefined
        ? `${channel.name}, nothing received yet`
        : `${channel.name}, serial ${channel.serial}, signed ${formatDate(channel.created ?? 0)} (${formatAge(channel.created ?? 0, nowSeconds)})`,
      width,
    ),
    ...field(
      'waits',
      waiting === undefined ? 'nothing' : `serial ${waiting.serial} is taken in: p shows its plan`,
      width,
      waiting === undefined ? 'plain' : 'good',
    ),
    ...field('space', `${formatBytes(status.freeBytes)} free`, width),
    ...field('trust', `fingerprint ${status.trust.fingerprint}`, width).slice(0, 2),
    blank,
    line(span(`   moss init --trust FILE.moss-root --expect FINGERPRINT${at}`, 'strong')),
    line(span(`   moss subscribe NAME...${at}`, 'strong')),
    line(span(`   moss state export MEDIUM${at}`, 'strong')),
    blank,
    ...paragraph(
      'The stick goes to the station, and comes back with a bundle made for this machine. Then press r here, choose the bundle, and go on with Enter.',
      width,
    ),
  ]
}

const lookElsewhere = ({ code }: Problem, { width }: Area): readonly Line[] =>
  paragraph(
    code === 'HOST_IO'
      ? 'The screens can only show what you may read: start moss as the owner of this root.'
      : 'moss status says the same on the command line; r reads again.',
    width,
    'quiet',
  )
