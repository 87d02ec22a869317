// The order in which contents travel. Alike meets alike, so that a frame compresses well: packages by name, so
// that each frame of a package's own container is decoded about once while exporting; within a package by kind
// of file, then by name. It depends on names alone, so the same plan gives the same bytes.
import { compareText } from '../base/bytes.ts'

/** The kind a path tells: its extension without version numbers (`libz.so.1.3` → `so`), else its folder's name. */
export function kindOf(path: string): string {
  const parts = path.split('/')
  const name = parts.at(-1) ?? ''
  const extension = name
    .toLowerCase()
    .split('.')
    .slice(1)
    .findLast((part) => !/^[0-9][0-9a-z+~-]*$/.test(part))
  return extension === undefined ? `/${parts.at(-2) ?? ''}` : extension
}

/** Orders paths of one package: by kind, then by the name, then by the whole path. */
export function compareAlike(a: string, b: string): number {
  if (a === b) return 0
  return compareText(kindOf(a), kindOf(b)) || compareText(nameOf(a), nameOf(b)) || compareText(a, b)
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
