// A whole frame: title line, a screen's body, what there is to say, and the keys that work now on the last line. As
// many lines as the terminal has, none wider; a function of the state alone.
import { type Area, fill } from './area.ts'
import { applyLines } from './apply-view.ts'
import { catalogueLines } from './catalogue-view.ts'
import { doctorLines } from './doctor-view.ts'
import { exportLines } from './export-view.ts'
import { fleetLines } from './fleet-view.ts'
import { historyLines } from './history-view.ts'
import { importLines } from './import-view.ts'
import { cutLine, foldLine, type Line, line, lineCells, paragraph, type Span, span } from './lines.ts'
import { overviewLines } from './overview-view.ts'
import { planLines } from './plan-view.ts'
import { bindingsNow } from './reducer.ts'
import { hostScreens, type ScreenName, type ScreensState, stationScreens } from './state.ts'
import { trustLines } from './trust-view.ts'

const bodies: Readonly<Record<ScreenName, (state: ScreensState, area: Area) => readonly Line[]>> = {
  overview: overviewLines,
  plan: planLines,
  import: importLines,
  apply: applyLines,
  history: historyLines,
  catalogue: catalogueLines,
  trust: trustLines,
  doctor: doctorLines,
  fleet: fleetLines,
  export: exportLines,
}

export function frameOf(state: ScreensState): readonly Line[] {
  const { columns: width, rows } = state.size
  const top = titleLines(state)
  const bottom = [...noticeLines(state), ...keyLines(state)]
  const height = Math.max(0, rows - top.length - bottom.length)
  const body = fill(bodies[state.screen](state, { width, height }), height)
  const lines = [...top, ...body, ...bottom]
  // A window that is too low keeps its keys: the top goes first.
  return lines
    .slice(Math.max(0, lines.length - rows))
    .map((each) => foldLine(cutLine(each, width), state.look))
}

const titles: Readonly<Record<ScreenName, string>> = {
  overview: 'Overview',
  plan: 'Plan',
  import: 'Import',
  apply: 'Apply',
  history: 'History',
  catalogue: 'Catalogue',
  trust: 'Trust',
  doctor: 'Doctor',
  fleet: 'Fleet',
  export: 'Export',
}

/** The screens, and which machine it is: beside them, or in the rule below where there is no room. */
function titleLines(state: ScreensState): readonly Line[] {
  const { columns } = state.size
  const names: readonly Span[] = besides(state).map((name) =>
    name === state.screen ? span(`[${titles[name]}]`, 'strong') : span(` ${titles[name]} `, 'quiet'),
  )
  const all = line(span(' moss ', 'strong'), ...names)
  // A narrow window has room for the one that is shown.
  const left =
    lineCells(all) <= columns
      ? all
      : line(span(' moss ', 'strong'), span(`[${titles[state.screen]}]`, 'strong'))
  const right = span(whose(state), 'quiet')
  const rule = (cells: number): Span => span('─'.repeat(Math.max(0, cells)), 'quiet')
  const gap = columns - lineCells(left) - lineCells([right]) - 1
  if (gap >= 2) return [[...left, span(' '.repeat(gap)), right], [rule(columns)]]
  return [left, [rule(columns - lineCells([right]) - 4), span(' '), right, span(' '), rule(2)]]
}

const isOfStation = (name: ScreenName): boolean => stationScreens.some((each) => each === name)

/** Those of the same side; a station has Doctor too. */
const besides = ({ screen, isHost }: ScreensState): readonly ScreenName[] =>
  isOfStation(screen) || !isHost ? [...stationScreens, 'doctor'] : hostScreens

function whose({ screen, isHost, status, root, home }: ScreensState): string {
  if (isOfStation(screen) || !isHost) return `station ${home ?? ''}`
  return status.kind === 'ready' ? `${status.value.name}, state ${status.value.current}` : root
}

const tones = { good: 'good', warning: 'warning', bad: 'bad' } as const

function noticeLines({ notice, size }: ScreensState): readonly Line[] {
  if (notice === undefined) return []
  const mark = notice.tone === 'good' ? '✓' : '!'
  return [
    ...withItsEnd(paragraph(`${mark} ${notice.text}`, size.columns, tones[notice.tone])),
    ...(notice.hint === undefined ? [] : paragraph(`hint: ${notice.hint}`, size.columns).slice(0, 2)),
  ]
}

const mostNoticeLines = 5

/** A code stands at the end of what went wrong: it is what somebody looks up, or tells. */
const withItsEnd = (lines: readonly Line[]): readonly Line[] =>
  lines.length <= mostNoticeLines ? lines : [...lines.slice(0, mostNoticeLines - 1), ...lines.slice(-1)]

/** As few lines as hold all keys. */
function keyLines(state: ScreensState): readonly Line[] {
  const { columns } = state.size
  if (state.question !== undefined) return paragraph(`${state.question.text} [y/N] `, columns, 'strong')
  if (state.work === undefined && state.prompt !== undefined)
    return [
      [
        span(` ${state.prompt.kind}: `, 'strong'),
        span(`${state.prompt.kind === 'path' ? tail(state.prompt.text, columns - 40) : ''}_`),
        span(
          state.prompt.kind === 'path'
            ? '   Enter look there  Esc cancel'
            : '   not shown while it is typed   Enter go on  Esc cancel',
          'quiet',
        ),
      ],
    ]
  if (state.work === undefined && state.screen === 'plan' && state.plan.isTyping)
    return [line(span(' type to filter   Enter keep it  Esc clear it', 'quiet'))]
  if (state.work === undefined && state.screen === 'fleet' && state.fleet.isTyping)
    return [line(span(' type to filter   Enter keep it  Esc clear it', 'quiet'))]
  if (state.work === undefined && state.screen === 'catalogue' && state.catalogue.isTyping)
    return [line(span(' type to search   Enter keep it  Esc clear it', 'quiet'))]
  if (state.work === undefined && state.screen === 'trust' && state.trust.isTyping)
    return [line(span(' type its eight words or 64 digits   Enter compare  Esc cancel', 'quiet'))]
  const lines: Span[][] = []
  for (const { shown, label } of bindingsNow(state)) {
    const key = [span(shown, 'strong'), span(` ${label}`, 'quiet')]
    const last = lines.at(-1)
    if (last === undefined || lineCells(last) + 2 + lineCells(key) > columns) lines.push([span(' '), ...key])
    else last.push(span('  '), ...key)
  }
  return lines
}

/** The end of a path is what is being typed. */
const tail = (text: string, cells: number): string => (text.length <= cells ? text : `…${text.slice(-cells)}`)
