// What differs between the files of two sets of packages, path by path: content, attributes, target. Folders are left out.
import type { Manifest } from './manifest.ts'
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
  for (const [path, what] of after) {
    const was = before.get(path)
    if (was !== what) changes.push({ path, change: was === undefined ? '+' : '~' })
  }
  for (const path of before.keys()) if (!after.has(path)) changes.push({ path, change: '-' })
  return changes.sort((a, b) => comparePaths(a.path, b.path))
}

/** Path to everything that makes two entries the same. */
const entriesOf = (packages: Layouts): ReadonlyMap<string, string> =>
  new Map(
    packages.flatMap(({ layout }) =>
      layout
        .filter((entry) => entry.kind !== 'folder')
        .map((entry) => [
          entry.path,
          JSON.stringify({
            ...entry,
            xattrs:
              entry.kind === 'file'
                ? Object.entries(entry.xattrs ?? {}).map(([name, value]) => [name, value.toHex()])
                : undefined,
          }),
        ]),
    ),
  )
