// Keys as the reducer knows them: the name of a key, or the one character it types. Terminals deliver several at once
// on slow lines and from fast fingers, so one read may hold many.

/** `Up`, `Enter` and the like as below, or a single character. */
export type Key = string

/** The part of Ink's key that is read here. */
export interface TerminalKey {
  readonly upArrow: boolean
  readonly downArrow: boolean
  readonly leftArrow: boolean
  readonly rightArrow: boolean
  readonly pageUp: boolean
  readonly pageDown: boolean
  readonly home: boolean
  readonly end: boolean
  readonly return: boolean
  readonly escape: boolean
  readonly tab: boolean
  readonly backspace: boolean
  readonly delete: boolean
  readonly ctrl: boolean
  readonly meta: boolean
}

/** In the order in which they were pressed. */
export function keysOf(input: string, key: TerminalKey): readonly Key[] {
  const named = nameOf(key)
  if (named !== undefined) return [named]
  if (key.ctrl) return controlled[input] ?? []
  // Escape followed at once by another key reads as that key with Alt, which means nothing here.
  const before: readonly Key[] = key.meta ? ['Escape'] : []
  return [...before, ...Array.from(input).flatMap(keyOfCharacter)]
}

const controlled: Readonly<Record<string, readonly Key[]>> = { c: ['Stop'], z: ['Suspend'] }

function nameOf(key: TerminalKey): Key | undefined {
  if (key.upArrow) return 'Up'
  if (key.downArrow) return 'Down'
  if (key.leftArrow) return 'Left'
  if (key.rightArrow) return 'Right'
  if (key.pageUp) return 'PageUp'
  if (key.pageDown) return 'PageDown'
  if (key.home) return 'Home'
  if (key.end) return 'End'
  if (key.return) return 'Enter'
  if (key.escape) return 'Escape'
  if (key.tab) return 'Tab'
  return key.backspace || key.delete ? 'Backspace' : undefined
}

const controls: Readonly<Record<string, Key>> = {
  '\r': 'Enter',
  '\n': 'Enter',
  '\t': 'Tab',
  '\u0003': 'Stop',
  '\u001a': 'Suspend',
  '\u0008': 'Backspace',
  '\u007f': 'Backspace',
}

function keyOfCharacter(character: string): readonly Key[] {
  const named = controls[character]
  if (named !== undefined) return [named]
  return character < ' ' ? [] : [character]
}

export const isCharacter = (key: Key): boolean => key.length > 0 && Array.from(key).length === 1

/** A filter while it is typed: Enter keeps it, Escape clears it. Undefined for a key that says nothing to it. */
export function typeFilter(
  filter: string,
  key: Key,
): { readonly filter: string; readonly isTyping: boolean } | undefined {
  if (key === 'Enter') return { filter, isTyping: false }
  if (key === 'Escape') return { filter: '', isTyping: false }
  if (key === 'Backspace') return { filter: withoutLast(filter), isTyping: true }
  return isCharacter(key) ? { filter: filter + key, isTyping: true } : undefined
}

/** For Backspace: a whole character goes, never half of one. */
export const withoutLast = (text: string): string => Array.from(text).slice(0, -1).join('')
