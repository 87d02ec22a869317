// What people are told of paths that are easily taken for each other.
import { display } from '../base/display.ts'
import { alikePaths } from '../manifest/alike-paths.ts'
import { type LayoutPackage, mergeLayouts } from '../manifest/merged-layout.ts'

const mostTold = 3

/** Of those that packages named in `changed` have a part in: the others are old news. Throws LAYOUT_CONFLICT. */
export function tellAlikePaths(
  packages: readonly LayoutPackage[],
  changed: ReadonlySet<string>,
): readonly string[] {
  const names = new Map(packages.map(({ id, manifest }) => [id, manifest.name]))
  const groups = alikePaths(mergeLayouts(packages).entries)
    .map((group) => group.map(({ entry, owner }) => ({ path: entry.path, name: names.get(owner) ?? owner })))
    .filter((group) => group.some(({ name }) => changed.has(name)))
  const told = groups
    .slice(0, mostTold)
    .map(
      (group) =>
        `these differ only in how letters are written: ${group.map(({ path, name }) => `/${display(path)} (${name})`).join(', ')}`,
    )
  const more = groups.length - told.length
  return more > 0 ? [...told, `as do the paths of ${more} more groups`] : told
}
