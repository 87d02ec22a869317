// Reads a directory as a package: usr/ and what else placement knows, as a build's install step leaves it. Who
// built it does not matter: everything belongs to root. An optional moss-package.toml at its top describes it; what
// the caller says goes before.
import { decodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { descriptionFile, describeFolder, type FolderOptions } from './folder-description.ts'
import { noScripts } from './scripts.ts'
import type { PackageSource, SourceEntry } from './source.ts'

/** Of a folder that packages are made from, and that is none itself. */
export const recipeFile = 'moss-recipe.toml'

const longestDescription = 1024 * 1024
const pieceBytes = 256 * 1024

/** `path` is absolute. */
export async function readFolder(
  outside: Outside,
  path: string,
  options: FolderOptions = {},
): Promise<PackageSource> {
  const file = `${path}/${descriptionFile}`
  const hasFile = outside.disk.lstat(file) !== undefined
  if (!hasFile && options.name === undefined && outside.disk.lstat(`${path}/${recipeFile}`) !== undefined)
    throw new MossError('PACKAGE_UNREADABLE', {
      path,
      problem: `it has a recipe, from which moss build makes packages`,
    })
  const text = hasFile ? decodeUtf8(outside.disk.readFile(file, longestDescription)) : ''
  if (text === undefined) throw new MossError('PACKAGE_UNREADABLE', { path: file, problem: 'not UTF-8' })
  return {
    path,
    description: describeFolder(text, { path: hasFile ? file : path, options }),
    scripts: noScripts,
    entries: () => readEntries(outside, path, ''),
  }
}

/** Folders before what is in them. Dates of folders and links are the checkout's, not the package's. */
async function* readEntries(outside: Outside, root: string, folder: string): AsyncGenerator<SourceEntry> {
  const { disk } = outside
  for (const { name } of disk.list(folder === '' ? root : `${root}/${folder}`)) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (path === descriptionFile) continue
    if (!name.isWellFormed() || name.includes('\u{fffd}'))
      throw new MossError('PACKAGE_UNREADABLE', { path: root, problem: `the name ${path} is not UTF-8` })
    await outside.turn()
    const full = `${root}/${path}`
    const stat = disk.lstat(full)
    if (stat === undefined) throw changed(full)
    const owned = { path, mode: stat.mode, uid: 0, gid: 0 }
    if (stat.kind === 'folder') {
      yield { ...owned, kind: 'folder', modified: 0 }
      yield* readEntries(outside, root, path)
    } else if (stat.kind === 'symlink')
      yield { path, kind: 'symlink', target: disk.readLink(full), modified: 0 }
    else if (stat.kind === 'other')
      yield { path, kind: 'special', what: 'device, fifo or socket', modified: 0 }
    else {
      const { sizeBytes } = stat
      const modified = Math.max(0, Math.floor(stat.mtimeMs / 1000))
      const body = () => readBody(outside, full, sizeBytes)
      yield { ...owned, kind: 'file', sizeBytes, modified, xattrs: disk.getXattrs(full), body }
    }
  }
}

/** Throws PACKAGE_UNREADABLE where it is not as long as it was. */
export async function* readBody(
  outside: Outside,
  path: string,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  using file = outside.disk.open(path, 'read')
  let done = 0
  while (done < sizeBytes) {
    const piece = new Uint8Array(Math.min(pieceBytes, sizeBytes - done))
    if (file.read(piece, done) < piece.length) throw changed(path)
    done += piece.length
    yield piece
    await outside.turn()
  }
  if (file.read(new Uint8Array(1), done) > 0) throw changed(path)
}

const changed = (path: string): MossError =>
  new MossError('PACKAGE_UNREADABLE', { path, problem: 'it changed while it was read' })
