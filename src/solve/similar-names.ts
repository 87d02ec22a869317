// Names near to one that nobody provides: for "there is …" after a slip of the pen.
import type { Relation } from '../manifest/capability.ts'
import type { Candidate } from './candidate.ts'

const farthest = 2

/** Names of packages, or of other capabilities of the relation's kind, nearest first, at most three. */
export function similarNames(
  { candidates }: { readonly candidates: readonly Candidate[] },
  { kind, name }: Relation,
): readonly string[] {
  const names = new Set<string>()
  for (const { manifest } of candidates) {
    if (kind === 'name') names.add(manifest.name)
    for (const provided of manifest.provides) if (provided.kind === kind) names.add(provided.name)
  }
  return [...names]
    .map((other) => ({ other, distance: distanceOf(name, other) }))
    .filter(({ distance }) => distance <= farthest && distance < name.length - 1)
    .toSorted((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => (kind === 'name' ? other : `${kind}(${other})`))
}

/** Edits between two names (Levenshtein), given up beyond `farthest`. */
function distanceOf(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > farthest) return farthest + 1
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    if (Math.min(...next) > farthest) return farthest + 1
    row = next
  }
  return row[b.length] as number
}
