// Paths of a layout: relative, below usr/, components of 1 to 255 bytes, never `.` or `..`, at most 64 deep.
// In memory a path is text joined by slashes; on disk it is the list of its components' bytes. Their order is
// bytewise per component, so that what is in a folder follows the folder before any sibling does.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'

/** Belongs to moss: no package may own it, or anything in it. */
export const reservedFolder = 'usr/lib/moss'

/** What is wrong with a path, or undefined. A path's parents are judged with the layout, not here. */
export function checkPath(path: string): string | undefined {
  if (!path.isWellFormed()) return 'is not well-formed text'
  const components = path.split('/')
  if (components.length > limits.pathDepth) return tooDeep
  for (const component of components) {
    const problem = checkComponent(component)
    if (problem !== undefined) return problem
  }
  if (components[0] !== 'usr') return 'is not below usr/'
  return path === reservedFolder || path.startsWith(`${reservedFolder}/`) ? reserved : undefined
}

/** The same of a path below one that has passed and has `depth` components: only what it adds is looked at. */
export function checkPathBelow(
  path: string,
  { parent, depth }: { readonly parent: string; readonly depth: number },
): string | undefined {
  const component = path.slice(parent.length + 1)
  if (!component.isWellFormed()) return 'is not well-formed text'
  if (depth >= limits.pathDepth) return tooDeep
  return checkComponent(component) ?? (path === reservedFolder ? reserved : undefined)
}

const tooDeep = `is more than ${limits.pathDepth} folders deep`
const reserved = `is in ${reservedFolder}, which is reserved to moss`

function checkComponent(component: string): string | undefined {
  if (component === '') return 'has an empty component'
  if (component === '.' || component === '..') return `has the component ${component}`
  if (component.includes('\0')) return 'has a NUL character'
  // One UTF-16 unit makes at most three bytes: most names need no encoding to be judged.
  const isLong =
    component.length * 3 > limits.pathComponentBytes &&
    encodeUtf8(component).length > limits.pathComponentBytes
  return isLong ? `has a component of more than ${limits.pathComponentBytes} bytes` : undefined
}

/** The folder that holds `path`; undefined for a path of one component. */
export function parentOf(path: string): string | undefined {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? undefined : path.slice(0, slash)
}

/** A unit's rank: slashes end a component and come first; surrogates stand for characters above all others. */
const rank = (unit: number): number =>
  unit === 0x2f ? 0 : unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit

/** The order of layouts: component by component, each by its UTF-8 bytes. */
export function comparePaths(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** The form on disk. The path has passed checkPath. */
export const pathToComponents = (path: string): readonly Uint8Array[] => path.split('/').map(encodeUtf8)

/**
 * The form in memory, or undefined where a component is not well-formed UTF-8 or holds a slash, which would
 * make two paths on disk one in memory.
 */
export function pathFromComponents(components: readonly Uint8Array[]): string | undefined {
  const names: string[] = []
  for (const component of components) {
    const name = decodeUtf8(component)
    if (name === undefined || name.includes('/')) return undefined
    names.push(name)
  }
  return names.join('/')
}
