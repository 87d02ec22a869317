// Which states are kept: the current one, those the operator pinned, the state that was confirmed last, the three newest (two
// where room is short), and those that were current since this machine started, because processes may still live in them. Pure.

export interface KeepCandidate {
  readonly number: number
  readonly isPinned: boolean
  /** Of all the one that going back would choose. */
  readonly isLastConfirmed: boolean
  readonly wasCurrentThisBoot: boolean
}

export const newestKept = 3
/** Where room is short: the current one, and one to go back to. */
export const fewestKept = 2

/** The numbers of the states that stay; `current` always does. */
export function statesToKeep(
  states: readonly KeepCandidate[],
  current: number,
  newest = newestKept,
): ReadonlySet<number> {
  const keep = new Set([current])
  const newestFirst = states.toSorted((a, b) => b.number - a.number)
  for (const { number } of newestFirst.slice(0, newest)) keep.add(number)
  for (const state of states)
    if (state.isPinned || state.isLastConfirmed || state.wasCurrentThisBoot) keep.add(state.number)
  return keep
}
