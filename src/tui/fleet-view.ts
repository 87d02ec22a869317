// Fleet: the hosts that this station answers, how far each is behind, what is under way to it and what it has sent; and
// hosts that nobody has enrolled yet, with the words by which they are.
import { formatBytes, formatDate, plural } from '../base/format.ts'
import { sayLag, sayNews, saySerial } from '../ops/fleet-words.ts'
import { type Area, stack } from './area.ts'
import { type FleetLine, fleetRows, isNews } from './fleet-rows.ts'
import { blank, column, field, type Line, line, paragraph, span } from './lines.ts'
import { readyValue, type ScreensState } from './state.ts'
import { filterLines, listLines, problemLines, reading } from './widgets.ts'

export function fleetLines(state: ScreensState, area: Area): readonly Line[] {
  const { hosts, cursor } = state.fleet
  if (hosts.kind === 'failed') return [blank, ...problemLines(hosts.problem, area.width)]
  if (hosts.kind !== 'ready') return reading('reading the fleet')
  const rows = fleetRows(state.fleet)
  return stack(area.height, {
    top: [...heading(state, hosts.value.length, area.width), ...filterLines(state.fleet, rows.length), blank],
    middle: (height) =>
      rows.length === 0
        ? empty(state, area.width)
        : listLines({
            rows,
            cursor,
            area: { ...area, height },
            draw: (row) => rowLine(row, state, area.width),
          }),
    bottom: [blank, ...about(rows[cursor], area.width)],
  })
}

function heading(state: ScreensState, count: number, width: number): readonly Line[] {
  const { chosen, carried } = state.fleet
  const look = readyValue(carried)
  const media = look?.media.map(({ path, freeBytes }) => `${path} (${formatBytes(freeBytes)} free)`) ?? []
  return [
    ...field(
      'hosts',
      `${plural(count, 'host')}${chosen.size === 0 ? '' : `, ${chosen.size} chosen for a bundle`}`,
      width,
    ),
    ...(carried.kind === 'failed'
      ? problemLines(carried.problem, width)
      : field(
          'media',
          look === undefined
            ? 'looking for media …'
            : media.length === 0
              ? 'none: plug a stick in and mount it, or press o and type its folder'
              : media.join(', '),
          width,
        )),
    ...(look?.unreadable ?? [])
      .slice(0, 2)
      .flatMap(({ file, message }) => field('!', `${file}: ${message}`, width, 'warning').slice(0, 1)),
  ]
}

const empty = (state: ScreensState, width: number): readonly Line[] =>
  state.fleet.filter !== ''
    ? [line(span('   nothing matches the filter', 'quiet'))]
    : paragraph(
        'No host is known here yet. On the host: moss state export MEDIUM. Bring the stick here; the host then stands in this list, and Enter shows the words of its key, to be compared with those that moss trust show says there.',
        width - 2,
        'quiet',
      ).map((each) => [span('  '), ...each])

function rowLine(row: FleetLine, { fleet: { chosen } }: ScreensState, width: number): Line {
  const nameCells = Math.max(12, Math.min(24, width - 63))
  if (row.kind === 'stranger')
    return [
      span(' ?  ', 'warning'),
      column(row.state.name, nameCells),
      span(` is not enrolled: Enter shows its words`, 'warning'),
    ]
  const { row: host, carried } = row
  const isNew = isNews(row)
  const news = isNew ? `state ${carried?.counter} is here` : sayNews(host)
  return [
    span(chosen.has(host.host) ? '[x] ' : '[ ] ', chosen.has(host.host) ? 'strong' : 'quiet'),
    column(host.name, nameCells),
    column(` ${saySerial(host)}`, 17),
    column(` ${sayLag(host)}`, 20, host.behind === 0 ? 'good' : 'plain'),
    span(` ${news}`, news.startsWith('!') ? 'bad' : isNew ? 'good' : 'quiet'),
  ]
}

/** Two lines, always, so that the list does not jump. */
function about(row: FleetLine | undefined, width: number): readonly Line[] {
  if (row === undefined) return [blank, blank]
  const [first, second] =
    row.kind === 'stranger'
      ? [`id ${row.state.host}, its state ${row.state.counter}; its words:`, row.state.words]
      : [
          `id ${row.row.host}${row.row.groups.length === 0 ? '' : `; groups ${row.row.groups.join(', ')}`}; record ${row.row.counter}, seen ${formatDate(row.row.seen)}`,
          row.row.outcome === undefined
            ? ''
            : `its last bundle: ${row.row.outcome}${row.row.detail === undefined || row.row.detail === '' ? '' : `, ${row.row.detail}`}`,
        ]
  return [first, second].map((text) => paragraph(text, width, 'quiet')[0] ?? blank)
}
