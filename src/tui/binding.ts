// A key that works now, what the last line says of it, and what it does. The reducer and the key line read the same
// bindings, so that no key works unseen and none is shown that does nothing.
import type { Step } from './events.ts'
import type { Key } from './keys.ts'
import { moveCursor, moveKeys } from './list-window.ts'
import type { ScreensState } from './state.ts'

export interface Binding {
  readonly keys: readonly Key[]
  /** How the key is written on the last line. */
  readonly shown: string
  readonly label: string
  readonly act: (key: Key) => Step
}

export const bind = (shown: string, label: string, act: () => Step): Binding => ({
  keys: [shown === 'Esc' ? 'Escape' : shown],
  shown,
  label,
  act,
})

/** About a screenful. */
export const pageOf = (state: ScreensState): number => Math.max(1, state.size.rows - 10)

export interface Moving {
  readonly state: ScreensState
  readonly cursor: number
  readonly count: number
  readonly label?: string
  readonly to: (cursor: number) => ScreensState
}

/** None where there is nothing to move through. */
export function bindMoves({ state, cursor, count, label = 'move', to }: Moving): readonly Binding[] {
  if (count < 2) return []
  const act = (key: Key): Step => ({
    state: to(moveCursor(key, { cursor, count, page: pageOf(state) })),
    effects: [],
  })
  return [{ keys: moveKeys, shown: 'Arrows', label, act }]
}
