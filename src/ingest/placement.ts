// Where a foreign package's paths go. Packages own usr/ only: merged folders go below usr/, defaults of /etc
// and /var to usr/share/factory, kernels beside their modules; everything else is refused by name or mapped by
// the caller. A path's place depends on the path and the mapping alone, never on what else the package holds.
import { checkPath, reservedFolder } from '../manifest/path.ts'

/** Paths to paths, without leading slashes, such as `opt/tool` to `usr/lib/tool`. The longest match wins. */
export type PlaceMap = Readonly<Record<string, string>>

export type Place =
  | { readonly kind: 'placed'; readonly path: string }
  /** A folder that init makes, or that the machine has: there is nothing to own. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'refused'; readonly problem: string }

/** Folders that init makes as links into usr/. */
const mergedFolders = ['bin', 'sbin', 'lib', 'lib64']

export const factoryFolder = 'usr/share/factory'

/** A kernel's companions in /boot end in the kernel's version, which starts with a digit. */
const kernelFile = /^boot\/(vmlinuz|vmlinux|config|System\.map|initrd\.img)-([0-9][^/]*)$/

export const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`)

/** The path as it is after the merged links: `lib/x` is `usr/lib/x`. Others stay. */
export const mergePath = (path: string): string =>
  mergedFolders.some((folder) => isBelow(path, folder)) ? `usr/${path}` : path

export function mapPath(path: string, map: PlaceMap): string | undefined {
  let best: string | undefined
  for (const from of Object.keys(map))
    if (isBelow(path, from) && (best === undefined || from.length > best.length)) best = from
  return best === undefined ? undefined : `${map[best] ?? ''}${path.slice(best.length)}`
}

/** `path` has passed checkEntryPath. */
export function placePath(path: string, map: PlaceMap, kind: 'folder' | 'other'): Place {
  const placed = mapPath(path, map) ?? placeOf(path)
  if (placed === undefined) {
    if (kind === 'folder') return { kind: 'outside' }
    return { kind: 'refused', problem: 'is outside /usr, /etc and /var' }
  }
  const problem = checkPath(placed)
  if (problem === undefined) return { kind: 'placed', path: placed }
  if (isBelow(placed, reservedFolder)) return { kind: 'refused', problem }
  return { kind: 'refused', problem: placed === path ? problem : `would be ${placed}, which ${problem}` }
}

function placeOf(path: string): string | undefined {
  const merged = mergePath(path)
  if (isBelow(merged, 'usr')) return merged
  if (path === 'etc' || path === 'var') return `${factoryFolder}/${path}`
  if (isBelow(path, 'etc') || isBelow(path, 'var')) return `${factoryFolder}/${path}`
  const [, name, version] = kernelFile.exec(path) ?? []
  return version === undefined ? undefined : `usr/lib/modules/${version}/${name}`
}

/** A link that init makes itself, as newer base-files carry them: `bin` to `usr/bin`. */
export const isMergedLink = (path: string, target: string): boolean =>
  mergedFolders.includes(path) && (target === `usr/${path}` || target === `/usr/${path}`)

/**
 * The target of a symlink at its new place. A relative target that leaves a merged folder is counted from the
 * old place, where the package's maker saw it; targets below a mapped path follow the mapping.
 */
export function placeTarget(link: { from: string; to: string; target: string }, map: PlaceMap): string {
  const { from, to, target } = link
  if (target.startsWith('/')) {
    const mapped = mapPath(target.replace(/^\/+/, ''), map)
    return mapped === undefined ? target : `/${mapped}`
  }
  if (isBelow(to, factoryFolder)) return target
  const meant = resolve(from, target)
  const place = meant === undefined ? undefined : (mapPath(meant, map) ?? mergePath(meant))
  if (place === undefined || mergePath(resolve(to, target) ?? '') === place) return target
  return relativeTarget(to, place)
}

/** Where a relative target of the link at `path` leads; going above the root stays there, as a kernel does. */
function resolve(path: string, target: string): string | undefined {
  const parts = path.split('/').slice(0, -1)
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.length === 0 ? undefined : parts.join('/')
}

function relativeTarget(link: string, place: string): string {
  const from = link.split('/').slice(0, -1)
  const to = place.split('/')
  let same = 0
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same++
  return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/')
}
