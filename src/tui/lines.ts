// What a screen is made of: lines of toned spans. Every text enters through span(), and so through display(): nothing
// foreign can move the cursor. A tone adds to the meaning that the words already carry, never replaces it.
import { display } from '../base/display.ts'
import { characterCells, cellsOf, cutTo, fitTo, wrapTo } from './cells.ts'
import type { Look } from './state.ts'

export type Tone = 'plain' | 'strong' | 'quiet' | 'good' | 'warning' | 'bad' | 'chosen'

export interface Span {
  readonly text: string
  readonly tone: Tone
}

export type Line = readonly Span[]

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text: display(text), tone })

export const line = (...parts: readonly (string | Span)[]): Line =>
  parts.map((part) => (typeof part === 'string' ? span(part) : part))

export const blank: Line = []

export const column = (text: string, cells: number, tone: Tone = 'plain'): Span => ({
  text: fitTo(display(text), cells),
  tone,
})

export const lineCells = (of: Line): number => of.reduce((sum, part) => sum + cellsOf(part.text), 0)

export function cutLine(of: Line, cells: number): Line {
  const kept: Span[] = []
  let left = cells
  for (const part of of) {
    if (left <= 0) break
    const text = cutTo(part.text, left)
    kept.push({ ...part, text })
    left -= cellsOf(text)
  }
  return kept
}

/** One label in a column, and the value wrapped beside it. */
export function field(label: string, value: string, cells: number, tone: Tone = 'plain'): readonly Line[] {
  const indent = 10
  return wrapTo(display(value), Math.max(10, cells - indent - 1)).map((text, at) => [
    column(at === 0 ? ` ${label}` : '', indent, 'quiet'),
    { text, tone },
  ])
}

export const paragraph = (text: string, cells: number, tone: Tone = 'plain'): readonly Line[] =>
  wrapTo(display(text), Math.max(10, cells - 2)).map((each) => [span(' '), { text: each, tone }])

const plainer: Readonly<Record<string, string>> = {
  '→': '>',
  '…': '~',
  '─': '-',
  '━': '=',
  '█': '#',
  '░': '.',
  '·': '-',
  '’': "'",
  '✓': 'x',
}

/** For terminals that draw ASCII alone: as many cells as before. */
export function foldLine(of: Line, look: Look): Line {
  return look.isAscii ? of.map((part) => ({ ...part, text: foldText(part.text) })) : of
}

function foldText(text: string): string {
  if (/^[\u0020-\u007e]*$/.test(text)) return text
  let folded = ''
  for (const character of text)
    folded +=
      character <= '\u007e' ? character : (plainer[character] ?? '?'.repeat(characterCells(character)))
  return folded
}
