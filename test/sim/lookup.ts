// Finds what a path names in the simulated tree: symlinks on the way are followed, the last component never.
import { ioError } from '../../src/host/problem.ts'
import type { Inode } from './inode.ts'

export interface Place {
  readonly folder: Inode
  readonly name: string
  readonly inode: Inode | undefined
}

const mostLinks = 40

/** Undefined where a folder on the way is missing or is none; `problem` says which in `must`. */
export function lookUp(root: Inode, path: string, action: string): Place {
  if (!path.startsWith('/') || path.includes('\0') || !path.isWellFormed())
    throw new Error(`not an absolute path: ${JSON.stringify(path)}`)
  const way: Inode[] = [root]
  let parts = namesIn(path)
  let links = 0
  for (let next = 0; ; next++) {
    const folder = way.at(-1) ?? root
    const part = parts[next]
    if (part === undefined) return { folder: way.at(-2) ?? root, name: '', inode: folder }
    if (part === '.') continue
    if (part === '..') {
      if (way.length > 1) way.pop()
      continue
    }
    const inode = folder.now.entries.get(part)
    if (inode?.isGone === true) throw ioError(action, path, 'ENODEV')
    if (next === parts.length - 1) return { folder, name: part, inode }
    if (inode === undefined) throw ioError(action, path, 'ENOENT')
    if (inode.kind === 'symlink') {
      if (++links > mostLinks) throw ioError(action, path, 'ELOOP')
      if (inode.target.startsWith('/')) way.splice(1)
      parts = [...namesIn(inode.target), ...parts.slice(next + 1)]
      next = -1
    } else if (inode.kind === 'folder') way.push(inode)
    else throw ioError(action, path, 'ENOTDIR')
  }
}

const named = new Map<string, readonly string[]>()

/** Remembered: a test that repeats a verb thousands of times asks for the same paths. */
function namesIn(path: string): readonly string[] {
  const known = named.get(path)
  if (known !== undefined) return known
  const names = path.split('/').filter((part) => part !== '')
  if (named.size === mostNamed) named.clear()
  named.set(path, names)
  return names
}

const mostNamed = 20_000
