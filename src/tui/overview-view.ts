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
    ...field('trust', trustLine(status.trust.fingerprint), width).slice(0, 1),
    ...(status.health?.wentBack === undefined
      ? []
      : field(
          '!',
          `went back from state ${status.health.wentBack.from} by itself: ${status.health.wentBack.why}`,
          width,
          'warning',
        )),
    ...(status.interrupted
      ? field('!', 'an apply was interrupted; f finishes it, nothing is lost', width, 'warning')
      : []),
  ]
}

/** Enough to recognise it; who compares it needs the whole. */
const trustLine = (fingerprint: string): string =>
  `fingerprint ${fingerprint.split(' ').slice(0, 6).join(' ')} …; t shows and compares it`

function bundleLines(state: ScreensState, area: Area): readonly Line[] {
  const { scan } = state
  if (scan.kind === 'failed') return problemLines(scan.problem, area.width)
  if (scan.kind !== 'ready') return [line(span('   looking for media …', 'quiet'))]
  const { bundles, media } = scan.value
  if (bundles.length > 0)
    return listLines({
      rows: bundles,
      cursor: state.cursor,
      area,
      draw: (row) => bundleRow(row, state, area.width),
    })
  const where = media.length === 0 ? 'No medium is mounted.' : `No bundle lies on ${media.join(', ')}.`
  return paragraph(
    `${where} Plug the stick in and mount it (it is looked for in /media, /run/media and /mnt), or press o and type the path of a bundle or folder.`,
    area.width - 2,
    'quiet',
  ).map((each) => [span('  '), ...each])
}

function bundleRow(bundle: MediumBundle, state: ScreensState, width: number): Line {
  const name = bundle.path.slice(bundle.path.lastIndexOf('/') + 1)
  const nameCells = Math.max(16, Math.min(25, width - 50))
  if (bundle.problem !== undefined)
    return [column(name, nameCells), span(`  ! ${bundle.problem.replace(`${bundle.path} `, '')}`, 'bad')]
  return [
    column(name, nameCells),
    column(`  serial ${bundle.serial ?? '?'}`, 13),
    column(formatBytes(bundle.sizeBytes), 9),
    span(
      `${forWhom(bundle, state)}${ofVolumes(bundle)}`,
      bundle.isForThisHost && bundle.wasTaken !== true ? 'good' : 'quiet',
    ),
  ]
}

/** Told only where some are elsewhere. */
const ofVolumes = ({ volumes }: MediumBundle): string =>
  volumes === undefined || volumes.here.length === volumes.count
    ? ''
    : `; ${volumes.here.length} of ${plural(volumes.count, 'volume')}`

function forWhom(bundle: MediumBundle, state: ScreensState): string {
  if (!bundle.isForThisHost) return `for ${bundle.hosts.join(', ')}`
  const others = bundle.hosts.length - 1
  const whom = others === 0 ? 'for this host' : `for this host and ${plural(others, 'other')}`
  const status = state.status.kind === 'ready' ? state.status.value : undefined
  const current = status?.channel.serial
  if (status?.waiting !== undefined && status.waiting.serial === bundle.serial) return `taken in, ${whom}`
  if (bundle.wasTaken === true) return 'taken in before'
  if (current === undefined || bundle.serial === undefined || bundle.serial >= current) return whom
  return `older than now, ${whom}`
}

/** A root that moss does not manage yet is no error: it is where everybody begins. */
function beginning(root: string, { width }: Area): readonly Line[] {
  const at = root === '/' ? '' : ` --root ${root}`
  return [
    blank,
    line(span(` ${root} is not managed by moss yet.`, 'strong')),
    blank,
    ...paragraph(
      'Whoever publishes for this machine gives you a trust root (a .moss-root file, often on the stick) and tells you its fingerprint by phone or on paper. Then, as the machine’s administrator:',
      width,
    ),
    blank,
    line(span(`   moss init --trust FILE.moss-root --expect FINGERPRINT${at}`, 'strong')),
    line(span(`   moss subscribe NAME...${at}`, 'strong')),
    line(span(`   moss state export MEDIUM${at}`, 'strong')),
    blank,
    ...paragraph(
      'The stick goes to the station, and comes back with a bundle made for this machine. Then press r here, choose the bundle, and go on with Enter.',
      width,
    ),
    blank,
    ...paragraph(
      'To look around first: npm start, in the folder of moss’s sources, makes a station, a sample channel and a host in a temporary folder, and ends in these screens.',
      width,
      'quiet',
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
