// What a screen reader is given: the frame's text without what only shows, such as rules, bars and room. The row under the
// cursor is said to be so.
import { frameOf } from './frame.ts'
import type { ScreensState } from './state.ts'

export const spokenText = (state: ScreensState): string =>
  frameOf(state)
    .map((spans) => spans.map(({ text }) => text).join(''))
    .map((text) =>
      text
        .replace(/^ > /, 'chosen: ')
        .replaceAll(/[─━█░]+/g, ' ')
        .replaceAll(/ +/g, ' ')
        .trim(),
    )
    .filter((text) => text !== '')
    .join('\n')
