// Which states are kept: the current one, those the operator pinned, the last confirmed one, the three newest, and
// those that were current since this machine started, because processes may still live in them. Pure.

export interface KeepCandidate {
  readonly number: number
  readonly isPinned: boolean
  readonly isConfirmed: boolean
  readonly wasCurrentThisBoot: boolean
}

const newestKept = 3

/** The numbers of the states that stay; `current` always does. */
export function statesToKeep(
  states: readonly KeepCandidate[],
  current: number,
  newest = newestKept,
): ReadonlySet<number> {
  const keep = new Set([current])
  const newestFirst = states.toSorted((a, b) => b.number - a.number)
  for (const { number } of newestFirst.slice(0, newest)) keep.add(number)
  const confirmed = newestFirst.find(({ isConfirmed }) => isConfirmed)
  if (confirmed !== undefined) keep.add(confirmed.number)
  for (const state of states) if (state.isPinned || state.wasCurrentThisBoot) keep.add(state.number)
  return keep
}
