// What differs between the files of two sets of packages, path by path: content, attributes, target. Folders are left out.
import type { LayoutEntry, Manifest } from './manifest.ts'
import { isSame } from './merged-layout.ts'
import { comparePaths } from './path.ts'

export interface FileChange {
  readonly path: string
  readonly change: '+' | '-' | '~'
}

type Layouts = readonly Pick<Manifest, 'layout'>[]

/** Sorted by path. */
export function compareFiles(old: Layouts, now: Layouts): readonly FileChange[] {
  const [before, after] = [entriesOf(old), entriesOf(now)]
  const changes: FileChange[] = []
  for (const [path, entry] of after) {
    const was = before.get(path)
    if (was === undefined || !isSame(was, entry))
      changes.push({ path, change: was === undefined ? '+' : '~' })
  }
  for (const path of before.keys()) if (!after.has(path)) changes.push({ path, change: '-' })
  return changes.sort((a, b) => comparePaths(a.path, b.path))
}

const entriesOf = (packages: Layouts): ReadonlyMap<string, LayoutEntry> => {
  const entries = new Map<string, LayoutEntry>()
  for (const { layout } of packages)
    for (const entry of layout) if (entry.kind !== 'folder') entries.set(entry.path, entry)
  return entries
}
