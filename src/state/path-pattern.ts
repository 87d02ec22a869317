// Paths by pattern, as in a shell: `*` is any run and `?` any one character of a component. Pure.
import { fitsName } from '../manifest/glob.ts'

/** Whether `path` is what the pattern means, or, if `below`, lies below it. */
export function matchesPath(pattern: string, path: string, below: boolean): boolean {
  const wanted = pattern.split('/')
  const components = path.split('/')
  if (below ? components.length < wanted.length : components.length !== wanted.length) return false
  return wanted.every((part, index) => matchesName(part, components[index] ?? ''))
}

/** A shell's `*` leaves hidden names out. */
const matchesName = (pattern: string, name: string): boolean =>
  (!name.startsWith('.') || pattern.startsWith('.')) && fitsName(pattern, name)
