// Words as shells have them: read as somebody types them, written so that nothing in them runs or breaks a line.
import { display } from '../base/display.ts'
import type { Candidate } from '../ops/candidates.ts'
import type { Shell } from './completion-scripts.ts'
import type { Offers } from './completion-words.ts'

/** What no shell takes for anything but itself, wherever it stands but for a tilde at the beginning. */
const isPlain = (word: string): boolean => /^[\w.,:+@%/=-][\w.,:+@%/=~-]*$/.test(word)

/** bash cuts words at = and at :, too; these belong together. */
export function joinBroken(words: readonly string[]): readonly string[] {
  const joined: string[] = []
  let isOpen = false
  for (const word of words) {
    const isCut = /^[=:]+$/.test(word)
    if (joined.length > 0 && (isCut || isOpen)) joined.push(`${joined.pop() ?? ''}${word}`)
    else joined.push(word)
    isOpen = isCut
  }
  return joined
}

/** Without quotes and backslashes; a home is spelled out. What a variable would give is not known here. */
export function unquote(word: string, home: string): string {
  const spelled = word.startsWith('~/') ? `${home}${word.slice(1)}` : word
  return spelled.replace(
    /'([^']*)'?|"([^"]*)"?|\\(.)/gs,
    (_, single?: string, double?: string, one?: string) =>
      double === undefined ? (single ?? one ?? '') : double.replace(/\\(["\\$`])/g, '$1'),
  )
}

/** What can be shown on one line and means there what it means here. */
const isShowable = ({ value }: Candidate): boolean => value !== '' && display(value) === value

/** `typed` is the word as it stands there. */
export function formatOffers({ offers, paths }: Offers, shell: Shell, typed: string): string {
  const lines = offers.filter(isShowable)
  if (shell !== 'bash')
    return [paths, ...lines.map(({ value, about }) => `${value}\t${oneLine(about)}`)].join('\n')
  // In quotes and beside files bash puts the word down as it is, or quotes it itself.
  const isAsItIs = /^['"]/.test(typed)
  const values = lines.map(({ value }) => value).filter((value) => !isAsItIs || isPlain(value))
  const begun = /^.*[=:]/s.exec(typed)?.[0].length ?? 0
  const cut = isAsItIs ? 0 : begun
  return [
    paths,
    ...values.map((value) => {
      const rest = value.slice(cut)
      return paths === 'none' && !isPlain(value) ? escapeForBash(rest) : rest
    }),
  ].join('\n')
}

const escapeForBash = (word: string): string => word.replace(/[^\w.,:+@%/=-]/gu, '\\$&')

/** As much as a list of a shell has room for. */
function oneLine(text: string): string {
  const shown = display(text).trim()
  return shown.length > 100 ? `${shown.slice(0, 99)}…` : shown
}
