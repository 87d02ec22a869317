// Virtual scrolling: of a list of any length only the rows that fit are drawn, and the cursor is always among them.
import type { Key } from './keys.ts'

export interface Window {
  readonly first: number
  /** One past the last row. */
  readonly end: number
}

/** The cursor stays in the middle until an end of the list is in sight. */
export function windowOf(list: {
  readonly count: number
  readonly cursor: number
  readonly height: number
}): Window {
  const { count, cursor, height } = list
  if (height <= 0) return { first: 0, end: 0 }
  const first = Math.max(0, Math.min(cursor - Math.floor(height / 2), count - height))
  return { first, end: Math.min(count, first + height) }
}

export const moveKeys: readonly Key[] = [
  'Up',
  'k',
  'Down',
  'j',
  'PageUp',
  'PageDown',
  'Home',
  'g',
  'End',
  'G',
]

/** Where the cursor goes; never outside of the list. */
export function moveCursor(
  key: Key,
  list: { readonly cursor: number; readonly count: number; readonly page: number },
): number {
  const { cursor, count, page } = list
  const to: Readonly<Record<string, number>> = {
    Up: cursor - 1,
    k: cursor - 1,
    Down: cursor + 1,
    j: cursor + 1,
    PageUp: cursor - page,
    PageDown: cursor + page,
    Home: 0,
    g: 0,
    End: count - 1,
    G: count - 1,
  }
  return Math.max(0, Math.min(to[key] ?? cursor, count - 1))
}
