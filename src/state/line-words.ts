// The words of a line as sysusers.d(5) and tmpfiles.d(5) write them: parted by white space, whole or in part in quotes,
// with escapes as in C; and their specifiers. Pure and total: what is malformed is undefined.

export interface LineWords {
  readonly words: readonly string[]
  /** What follows the last word that was asked for, as it is written. */
  readonly rest: string
}

/** At most `most` words; undefined where a quote or an escape does not end. */
export function splitWords(line: string, most: number): LineWords | undefined {
  const words: string[] = []
  let at = afterSpace(line, 0)
  while (at < line.length && words.length < most) {
    const word = readWord(line, at)
    if (word === undefined) return undefined
    words.push(word.text)
    at = afterSpace(line, word.end)
  }
  return { words, rest: line.slice(at) }
}

const isSpace = (character: string | undefined): boolean => character === ' ' || character === '\t'

function afterSpace(line: string, from: number): number {
  let at = from
  while (isSpace(line[at])) at++
  return at
}

function readWord(line: string, from: number): { readonly text: string; readonly end: number } | undefined {
  let text = ''
  let quote = ''
  let at = from
  while (at < line.length && (quote !== '' || !isSpace(line[at]))) {
    const character = line[at] as string
    if (character === '\\') {
      const escape = readEscape(line, at + 1)
      if (escape === undefined) return undefined
      text += escape.text
      at = escape.end
      continue
    }
    if (character === quote) quote = ''
    else if (quote === '' && (character === '"' || character === "'")) quote = character
    else text += character
    at++
  }
  return quote === '' ? { text, end: at } : undefined
}

const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
}

const numbers: readonly { readonly form: RegExp; readonly base: number }[] = [
  { form: /^x([0-9a-fA-F]{2})/, base: 16 },
  { form: /^u([0-9a-fA-F]{4})/, base: 16 },
  { form: /^U([0-9a-fA-F]{8})/, base: 16 },
  { form: /^([0-7]{3})/, base: 8 },
]

/** Bytes above 0x7f are halves of characters, and a zero byte ends a path: neither is text. */
function readEscape(line: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const letter = letters[line[at] ?? '']
  if (letter !== undefined) return { text: letter, end: at + 1 }
  const next = line.slice(at, at + 9)
  for (const { form, base } of numbers) {
    const found = form.exec(next)
    if (found === null) continue
    const code = Number.parseInt(found[1] ?? '', base)
    const isByte = next[0] !== 'u' && next[0] !== 'U'
    if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
    if (isByte && code > 0x7f) return undefined
    return { text: String.fromCodePoint(code), end: at + found[0].length }
  }
  return undefined
}

/** The escapes of a text that is no word: it keeps its spaces and quotes. */
export function unescapeText(text: string): string | undefined {
  let plain = ''
  for (let at = 0; at < text.length;) {
    if (text[at] !== '\\') {
      plain += text[at++]
      continue
    }
    const escape = readEscape(text, at + 1)
    if (escape === undefined) return undefined
    plain += escape.text
    at = escape.end
  }
  return plain
}

export type Expanded =
  | { readonly kind: 'text'; readonly text: string }
  /** The first specifier that has no value here. */
  | { readonly kind: 'unknown'; readonly specifier: string }

/** Each `%x` becomes what `values` says of x; `%%` is a percent sign. */
export function expandSpecifiers(text: string, values: Readonly<Record<string, string>>): Expanded {
  let unknown: string | undefined
  const expanded = text.replace(/%([^]?)/gu, (whole, letter: string) => {
    if (letter === '%') return '%'
    if (!Object.hasOwn(values, letter)) unknown ??= whole
    return values[letter] ?? ''
  })
  return unknown === undefined ? { kind: 'text', text: expanded } : { kind: 'unknown', specifier: unknown }
}
