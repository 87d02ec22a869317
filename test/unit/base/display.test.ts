import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { display } from '../../../src/base/display.ts'

describe('display', () => {
  test.each([
    ['plain text, in any script', 'bash 5.2: ünïcödé 語 🦀', 'bash 5.2: ünïcödé 語 🦀'],
    ['a terminal escape', '\u001b[2J', '\\u{1b}[2J'],
    ['an escape in one byte', '\u009b2J', '\\u{9b}2J'],
    ['a line end, which could fake a second message', 'a\nmoss: done', 'a\\u{a}moss: done'],
    ['a carriage return, which could overwrite', 'a\rb', 'a\\u{d}b'],
    ['a tab', 'a\tb', 'a\\u{9}b'],
    ['a NUL', '\0', '\\u{0}'],
    ['DEL', '\u007f', '\\u{7f}'],
    ['a right-to-left override', 'a\u202egnp.exe', 'a\\u{202e}gnp.exe'],
    ['bidirectional isolates', '\u2066\u2067\u2068\u2069', '\\u{2066}\\u{2067}\\u{2068}\\u{2069}'],
    ['an Arabic letter mark', '\u061c', '\\u{61c}'],
    ['a zero-width space', 'ba\u200bsh', 'ba\\u{200b}sh'],
    ['a zero-width joiner', 'ba\u200dsh', 'ba\\u{200d}sh'],
    ['a byte order mark', '\ufeffbash', '\\u{feff}bash'],
    ['a soft hyphen', 'ba\u00adsh', 'ba\\u{ad}sh'],
    ['line and paragraph separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['a blank Hangul filler', '\u3164', '\\u{3164}'],
    ['a blank Braille pattern', '\u2800', '\\u{2800}'],
    ['variation selectors', 'a\ufe0f\u180b', 'a\\u{fe0f}\\u{180b}'],
    ['a tag character', '\u{e0041}', '\\u{e0041}'],
    ['a private character', '\ue000', '\\u{e000}'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
    ['an unassigned character', '\u{e0fff}', '\\u{e0fff}'],
  ])('shows %s', (_, text, shown) => {
    expect(display(text)).toBe(shown)
  })

  test('cuts what is too long, with a mark, and never through a character', () => {
    expect(display('x'.repeat(4096))).toBe('x'.repeat(4096))
    expect(display('x'.repeat(4097))).toBe(`${'x'.repeat(4096)}…`)
    expect(display(`${'x'.repeat(4095)}🦀`)).toBe(`${'x'.repeat(4095)}…`)
    expect(display('\0'.repeat(100_000)).length).toBeLessThan(30_000)
  })

  test('leaves its own output as it is, and that output has nothing to hide', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const shown = display(text)
        expect(display(shown)).toBe(shown)
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
        expect(shown.isWellFormed()).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
