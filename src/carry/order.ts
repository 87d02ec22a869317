// The order in which contents travel. Alike meets alike, so that a frame compresses well: packages by name; the files
// of a package in runs of its layout, each by kind of file, then by name. A run is so short that the frames of the
// package's own container that hold it are kept while exporting, and each is decoded about once. The order
// depends on names and sizes alone, so the same plan gives the same bytes.
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

/** Plain bytes of a run: a few frames of a package. */
const runBytes = 24 * 1024 * 1024

/** `files` are in the order of their layout, as a package holds them. */
export function orderAlike<T extends { readonly path: string; readonly sizeBytes: number }>(
  files: readonly T[],
): readonly T[] {
  const runs: T[][] = []
  let filled = Infinity
  for (const file of files) {
    if (filled + file.sizeBytes > runBytes) {
      runs.push([])
      filled = 0
    }
    runs.at(-1)?.push(file)
    filled += file.sizeBytes
  }
  return runs.flatMap((run) => run.sort((a, b) => compareAlike(a.path, b.path)))
}
