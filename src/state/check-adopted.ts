// In what a tree that was taken over departs from what it held then. Its packages are not moss's, so nothing here can make
// it anew: it can be told, and no more. Walks what is there, never through a link. Changes nothing.
import { compareText } from '../base/bytes.ts'
import { isMossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import { type ListedEntry, listEntry, readList } from './adopted-list.ts'
import type { TreeFinding } from './check-tree.ts'
import type { StateParts } from './parts.ts'
import { adoptedList, parentFolder } from './places.ts'
import type { Adopted } from './record.ts'
import { walkTree } from './tree-digest.ts'

/** Sorted by path. Without contents where it is quick: of those only what has another size or date is read. */
export async function checkAdopted(
  { outside, places }: StateParts,
  { tree, number, adopted }: { readonly tree: string; readonly number: number; readonly adopted: Adopted },
  { isQuick, report }: { readonly isQuick: boolean; readonly report: Report },
): Promise<readonly TreeFinding[]> {
  const listed = readListed()
  if (typeof listed === 'string') return [{ kind: 'differs', path: 'usr', problem: listed }]
  const findings: TreeFinding[] = []
  const found = new Set<string>()
  const extra = new Map<string, { readonly kind: string; below: number }>()
  const seen = new Map<string, string>()
  for (const path of walkTree(outside.disk, tree)) {
    if (found.add(path).size % 256 === 0) {
      report({ phase: 'check state', item: `${number}`, doneItems: found.size, totalItems: adopted.entries })
      await outside.turn()
    }
    const known = listed.get(path)
    if (known === undefined) {
      const above = extra.get(topOf(path, extra))
      if (above !== undefined) above.below += 1
      else extra.set(path, { kind: outside.disk.lstat(`${tree}${path}`)?.kind ?? 'file', below: 0 })
      continue
    }
    const problem = await problemAt(path, known)
    if (problem !== undefined) findings.push({ kind: 'differs', path: `usr${path}`, problem })
  }
  for (const [path, { kind, below }] of extra) {
    const more = below === 0 ? '' : `, with ${below} more in it`
    const problem = `is a ${kind} that was not there at adoption${more}`
    findings.push({ kind: 'extra', path: `usr${path}`, problem })
  }
  for (const path of listed.keys())
    if (!found.has(path)) findings.push({ kind: 'missing', path: `usr${path}`, problem: 'is missing' })
  return withoutEchoes(findings).toSorted((a, b) => compareText(a.path, b.path))

  function readListed(): ReadonlyMap<string, ListedEntry> | string {
    try {
      return readList(outside.disk, adoptedList(places), adopted)
    } catch (error) {
      if (!isMossError(error, 'STATE_BROKEN') && !isMossError(error, 'HOST_IO')) throw error
      return `cannot be compared with what it was at adoption: ${error.message}`
    }
  }

  async function problemAt(path: string, known: ListedEntry): Promise<string | undefined> {
    try {
      const now = await listEntry(outside, { tree, path, seen, ...(isQuick && { known }) })
      return now === undefined ? 'is missing' : difference(known, now)
    } catch (error) {
      if (isMossError(error, 'HOST_IO')) return `cannot be read: ${error.details.problem}`
      throw error
    }
  }
}

/** The folder that was told already, or the path itself. */
function topOf(path: string, extra: ReadonlyMap<string, unknown>): string {
  for (let at = path; at.length > 1; at = parentFolder(at)) if (extra.has(at)) return at
  return path
}

/** A folder has another date because of what came into it or went: that is told where it is. */
function withoutEchoes(findings: readonly TreeFinding[]): TreeFinding[] {
  const touched = new Set(
    findings.filter(({ kind }) => kind !== 'differs').map(({ path }) => parentFolder(path)),
  )
  return findings.filter(({ path, problem }) => problem !== otherDate || !touched.has(path))
}

const otherDate = 'has another date'

const octal = (mode: number): string => mode.toString(8)

function difference(known: ListedEntry, now: ListedEntry): string | undefined {
  if (now.kind !== known.kind) return `is a ${now.kind}, not a ${known.kind}`
  if (now.target !== known.target) return `leads to ${now.target}, not to ${known.target}`
  if (now.same !== known.same)
    return known.same === undefined
      ? `is the same file as /usr${now.same} now`
      : `is not the same file as /usr${known.same} any more`
  if (now.sizeBytes !== known.sizeBytes) return `has ${now.sizeBytes} bytes, not ${known.sizeBytes}`
  if (now.digest !== known.digest) return 'content differs'
  if (now.mode !== known.mode) return `mode is ${octal(now.mode)}, not ${octal(known.mode)}`
  if (now.uid !== known.uid || now.gid !== known.gid)
    return `owner is ${now.uid}:${now.gid}, not ${known.uid}:${known.gid}`
  if (now.xattrs !== known.xattrs) return 'has other extended attributes'
  return now.mtimeMs === known.mtimeMs ? undefined : otherDate
}
