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
  const parts = path.split('/').filter((part) => part !== '')
  let links = 0
  for (;;) {
    const folder = way.at(-1) ?? root
    const part = parts.shift()
    if (part === undefined) return { folder: way.at(-2) ?? root, name: '', inode: folder }
    if (part === '.') continue
    if (part === '..') {
      if (way.length > 1) way.pop()
      continue
    }
    const inode = folder.now.entries.get(part)
    if (inode?.isGone === true) throw ioError(action, path, 'ENODEV')
    if (parts.length === 0) return { folder, name: part, inode }
    if (inode === undefined) throw ioError(action, path, 'ENOENT')
    if (inode.kind === 'symlink') {
      if (++links > mostLinks) throw ioError(action, path, 'ELOOP')
      if (inode.target.startsWith('/')) way.splice(1)
      parts.unshift(...inode.target.split('/').filter((one) => one !== ''))
    } else if (inode.kind === 'folder') way.push(inode)
    else throw ioError(action, path, 'ENOTDIR')
  }
}
