// Catalogue: all that the channel offers, a line each, whether or not any of it is here; and of the chosen package what would
// come with it.
import { formatBytes, formatCount, plural } from '../base/format.ts'
import type { FoundPackage, SearchResult } from '../ops/search.ts'
import type { WhyNot } from '../ops/why-not.ts'
import { type Area, stack } from './area.ts'
import { blank, column, field, type Line, line, paragraph, span } from './lines.ts'
import type { ScreensState } from './state.ts'
import { listLines, problemLines, reading } from './widgets.ts'

export function catalogueLines(state: ScreensState, area: Area): readonly Line[] {
  const { found } = state.catalogue
  if (found.kind === 'failed') return [blank, ...problemLines(found.problem, area.width)]
  if (found.kind !== 'ready') return reading('reading the catalogue')
  const { packages } = found.value
  return stack(area.height, {
    top: [...heading(state, found.value, area.width), blank],
    middle: (height) =>
      packages.length === 0
        ? [line(span('   nothing in the channel has that', 'quiet'))]
        : listLines({
            rows: packages,
            cursor: state.catalogue.cursor,
            area: { ...area, height },
            draw: (row) => packageRow(row, area.width),
          }),
    bottom: about(state, packages[state.catalogue.cursor], area.width),
  })
}

function heading(state: ScreensState, { channel, serial, packages }: SearchResult, width: number) {
  const { words, isTyping } = state.catalogue
  const isAll = words === '' && !isTyping
  return [
    ...field(
      'offered',
      `by channel ${channel}, serial ${serial}${isAll ? `: ${plural(packages.length, 'package')}; * installed, ${packages.some(({ waiting }) => waiting !== undefined) ? '~ waits, ' : ''}+ asked for` : ''}`,
      width,
    ),
    ...(isAll
      ? []
      : [
          line(
            span(' search    ', 'quiet'),
            span(`/${words}${isTyping ? '_' : ''}`, 'strong'),
            span(`  ${formatCount(packages.length)} found`, 'quiet'),
          ),
        ]),
  ]
}

function packageRow(
  { name, version, installed, waiting, isAsked, summary }: FoundPackage,
  width: number,
): Line {
  const nameCells = Math.min(30, Math.floor(width / 3))
  const mark = waiting !== undefined ? '~' : installed !== undefined ? '*' : isAsked === true ? '+' : ' '
  return [
    span(`${mark} `, 'good'),
    column(name, nameCells),
    column(` ${version}`, Math.min(20, Math.floor(width / 5))),
    span(` ${summary}`, 'quiet'),
  ]
}

const aboutLines = 4

/** So many lines, always, so that the list does not jump. */
function about(state: ScreensState, chosen: FoundPackage | undefined, width: number): readonly Line[] {
  const { explained } = state.catalogue
  const told =
    chosen === undefined
      ? []
      : explained.kind === 'ready'
        ? answer(explained.value, width)
        : explained.kind === 'failed'
          ? problemLines(explained.problem, width)
          : explained.kind === 'reading'
            ? paragraph('asking the solver …', width, 'quiet')
            : itself(chosen, width)
  const lines =
    told.length <= aboutLines
      ? told
      : [
          ...told.slice(0, aboutLines - 1),
          ...paragraph(`… moss why-not ${chosen?.name ?? ''} says all of it`, width, 'quiet').slice(0, 1),
        ]
  return [...Array.from({ length: aboutLines + 1 - lines.length }, () => blank), ...lines]
}

function itself({ name, installed, waiting, isAsked, sizeBytes, capability }: FoundPackage, width: number) {
  const here = installed === undefined ? 'not installed' : `installed, version ${installed}`
  const state =
    waiting !== undefined
      ? `${here}; version ${waiting} waits for apply`
      : installed !== undefined || isAsked !== true
        ? here
        : 'asked for: it comes with a bundle that is made after the next state export'
  return [
    ...field('package', `${name}, ${formatBytes(sizeBytes)}; ${state}`, width),
    ...(capability === undefined ? [] : field('has', capability, width)),
  ]
}

function answer({ verdict, problem, changes, passedOver }: WhyNot, width: number): readonly Line[] {
  if (problem !== undefined) return paragraph(`! ${problem}`, width, 'warning')
  const names = changes.map(({ name, to }) => (to === undefined ? `without ${name}` : name))
  return [
    ...(changes.length === 0
      ? paragraph(verdict, width)
      : field(
          'comes',
          `${plural(changes.length, 'package changes', 'packages change')}: ${names.join(', ')}`,
          width,
        )),
    ...(passedOver.length === 0 ? [] : field('instead', `${passedOver.join(', ')} would serve too`, width)),
  ]
}
