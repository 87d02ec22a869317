// Names near to one that nobody provides: for "there is …" after a slip of the pen.
import type { Relation } from '../manifest/capability.ts'
import type { Universe } from './universe.ts'

const farthest = 2

/** Shorter names are near to anything. */
const shortest = 3

/** Names of packages, or of other capabilities of the relation's kind, nearest first, at most three. */
export function similarNames(universe: Universe, { kind, name }: Relation): readonly string[] {
  if (name.length < shortest) return []
  return [...new Set(universe.namesOf(kind))]
    .map((other) => ({ other, distance: distanceOf(name, other) }))
    .filter(({ distance }) => distance <= Math.min(farthest, Math.max(1, name.length / 3)))
    .toSorted((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => (kind === 'name' ? other : `${kind}(${other})`))
}

/** Edits between two names, swapped neighbours counting as one; given up beyond `farthest`. */
function distanceOf(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > farthest) return farthest + 1
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwapped ? (before[j - 2] as number) + 1 : replaced
      next.push(Math.min(replaced, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    if (Math.min(...next) > farthest) return farthest + 1
    before = row
    row = next
  }
  return row[b.length] as number
}
