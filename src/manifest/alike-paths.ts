// Paths that are one to whoever does not tell capitals from small letters, or one way of writing an accented letter from
// another: a medium, a share, a person. Linux keeps them apart, so they are told and not refused.
import type { MergedEntry } from './merged-layout.ts'
import { parentOf } from './path.ts'

/** Groups of entries in one folder whose names are alike, in the order of the first ones. */
export function alikePaths(entries: readonly MergedEntry[]): readonly (readonly MergedEntry[])[] {
  const first = new Map<string, MergedEntry>()
  const groups = new Map<string, MergedEntry[]>()
  for (const each of entries) {
    const { path } = each.entry
    const alike = isPlain(path) ? path : foldLast(path)
    const other = first.get(alike)
    if (other === undefined) first.set(alike, each)
    else if (groups.get(alike)?.push(each) === undefined) groups.set(alike, [other, each])
  }
  return [...groups.values()]
}

/** As most paths are: only others can be like another. */
const isPlain = (path: string): boolean => /^[ -@[-~]*$/.test(path)

function foldLast(path: string): string {
  const parent = parentOf(path) ?? ''
  return parent + fold(path.slice(parent.length))
}

const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

/** As filesystems that fold names do, but for a few letters that become two. */
const fold = (name: string): string =>
  isAscii(name) ? name.toLowerCase() : name.normalize('NFD').toLowerCase().normalize('NFD')
