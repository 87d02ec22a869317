import { describe, expect, test } from 'vitest'
import { expandSpecifiers, splitWords, unescapeText } from '../../../src/state/line-words.ts'

describe('words', () => {
  test.for([
    ['u  foo\t-', ['u', 'foo', '-'], ''],
    ['u foo - "two words" /home', ['u', 'foo', '-', 'two words', '/home'], ''],
    [`a "it's" 'a "b"' c"d e"f`, ['a', "it's", 'a "b"', 'cd ef'], ''],
    ['a "" b', ['a', '', 'b'], ''],
    [String.raw`d /a\x20b\tc\s\\ \101 é`, ['d', '/a b\tc \\', 'A', 'é'], ''],
    ['1 2 3 4 5 6 the  "rest" as is', ['1', '2', '3', '4', '5', '6'], 'the  "rest" as is'],
    ['', [], ''],
  ] as const)('%s', ([line, words, rest]) => {
    expect(splitWords(line, 6)).toEqual({ words, rest })
  })
  test.for([
    'a "b',
    "a 'b",
    'a\\',
    String.raw`a\q`,
    String.raw`a\x0`,
    String.raw`a\x00`,
    String.raw`\xff`,
    String.raw`\ud800`,
  ])('%s is malformed', (line) => {
    expect(splitWords(line, 6)).toBeUndefined()
  })
})

test('a text keeps its spaces and quotes', () => {
  expect(unescapeText(String.raw`one  "two"\nthree\041`)).toBe('one  "two"\nthree!')
  expect(unescapeText('\\')).toBeUndefined()
})

test('specifiers have a value, or are named', () => {
  const values = { S: '/var/lib' }
  expect(expandSpecifiers('%S/50%%', values)).toEqual({ kind: 'text', text: '/var/lib/50%' })
  expect(expandSpecifiers('%m', values)).toEqual({ kind: 'unknown', specifier: '%m' })
  expect(expandSpecifiers('100%', values)).toEqual({ kind: 'unknown', specifier: '%' })
  expect(expandSpecifiers('%toString', { ...values })).toEqual({ kind: 'unknown', specifier: '%t' })
})
