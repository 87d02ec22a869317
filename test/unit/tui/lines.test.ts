// Text on a grid of cells: widths, cuts and wraps, what ASCII terminals get, and that nothing foreign reaches them raw.
import { describe, expect, test } from 'vitest'
import { cellsOf, cutTo, fitTo, wrapTo } from '../../../src/tui/cells.ts'
import { windowOf } from '../../../src/tui/list-window.ts'
import { column, cutLine, foldLine, line, lineCells, span } from '../../../src/tui/lines.ts'

describe('cells', () => {
  test('wide characters take two cells, combining marks none', () => {
    expect(['abc', 'ä', '港口', 'e\u0301', '→'].map(cellsOf)).toEqual([3, 1, 4, 1, 1])
  })

  test('what is cut ends with a mark and never goes over', () => {
    expect(cutTo('harbour', 5)).toBe('harb…')
    expect(cutTo('港口港口', 4)).toBe('港…')
    expect(cutTo('harbour', 0)).toBe('')
    expect(cellsOf(fitTo('港口港口', 4))).toBe(4)
    expect(fitTo('ab', 4)).toBe('ab  ')
  })

  test('long text is wrapped at spaces, a long word where it must', () => {
    expect(wrapTo('the tide is right', 8)).toEqual(['the tide', 'is right'])
    expect(wrapTo('/media/very/long', 6)).toEqual(['/media', '/very/', 'long'])
    expect(wrapTo('', 8)).toEqual([''])
  })
})

describe('lines', () => {
  test('control characters and direction marks never reach the terminal', () => {
    const hostile = '\u001b[2J\u202Eevil\u0007'
    expect(span(hostile).text).toBe('\\u{1b}[2J\\u{202e}evil\\u{7}')
    expect(column(hostile, 40).text).not.toContain('\u001b')
  })

  test('a line is cut across its spans', () => {
    const cut = cutLine(line('abc', 'def', 'ghi'), 5)
    expect(cut.map(({ text }) => text)).toEqual(['abc', 'd…'])
    expect(lineCells(cut)).toBe(5)
  })

  test('ASCII terminals get as many cells, all of them ASCII', () => {
    const folded = foldLine(line('█░ → … é 港'), { isAscii: true, isColour: false })
    expect(folded.map(({ text }) => text)).toEqual(['#. > ~ ? ??'])
  })
})

describe('virtual scrolling', () => {
  test('the cursor is always among the rows that are drawn', () => {
    for (const count of [0, 1, 5, 60_000])
      for (const height of [1, 3, 10])
        for (const cursor of [0, 1, 2, Math.floor(count / 2), count - 1]) {
          if (cursor < 0 || cursor >= count) continue
          const { first, end } = windowOf({ count, cursor, height })
          expect(first <= cursor && cursor < end && end - first <= height).toBe(true)
          expect(end - first).toBe(Math.min(height, count))
        }
  })
})
