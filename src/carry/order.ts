// The order in which contents travel. Alike meets alike, so that a frame compresses well: packages by name; the files
// of a package in runs of its layout, each by kind of file, then by name. A run is so short that the frames of the
// package's own container that hold it are kept while exporting, and each is decoded about once. The order
// depends on names and sizes alone, so the same plan gives the same bytes.
import { compareText } from '../base/bytes.ts'

/** The kind a path tells: its extension without version numbers (`libz.so.1.3` → `so`), else its folder's name. */
export function kindOf(path: string): string {
  const slash = path.lastIndexOf('/')
  let end = path.length
  for (let dot = path.lastIndexOf('.'); dot > slash; dot = path.lastIndexOf('.', end - 1)) {
    const part = path.slice(dot + 1, end).toLowerCase()
    if (!/^[0-9][0-9a-z+~-]*$/.test(part)) return part
    if (dot === 0) break
    end = dot
  }
  return `/${path.slice(path.lastIndexOf('/', slash - 1) + 1, Math.max(0, slash))}`
}

interface Alike {
  readonly path: string
  readonly kind: string
  readonly name: string
}

const alikeOf = (path: string): Alike => ({
  path,
  kind: kindOf(path),
  name: path.slice(path.lastIndexOf('/') + 1),
})

/** Orders paths of one package: by kind, then by the name, then by the whole path. */
const compareAlike = (a: Alike, b: Alike): number =>
  compareText(a.kind, b.kind) || compareText(a.name, b.name) || compareText(a.path, b.path)

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
  return runs.flatMap((run) =>
    run
      .map((file) => ({ file, alike: alikeOf(file.path) }))
      .sort((a, b) => compareAlike(a.alike, b.alike))
      .map(({ file }) => file),
  )
}
