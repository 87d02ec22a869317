// The sources of a recipe: each is compared with its digest, and only then looked into. What an archive says is not trusted
// although its digest fits: nothing of it gets out of its folder, and it has its bounds.
import { display } from '../base/display.ts'
import { isMossError, MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import type { OpenFile } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { digestInTurns } from '../store/body.ts'
import { decompress } from './deb/decompress.ts'
import { readTar, TarError } from './deb/tar.ts'
import { readBody } from './folder.ts'
import { PlainTree } from './plain-tree.ts'
import type { RecipeSource } from './recipe.ts'
import type { SourceEntry } from './source.ts'
import { readZip, ZipError } from './zip.ts'

/** Endings of archives, and how decompress() calls their compression. */
const endings: readonly (readonly [string, string])[] = [
  ['.tar', '.tar'],
  ['.tar.gz', '.gz'],
  ['.tgz', '.gz'],
  ['.tar.xz', '.xz'],
  ['.txz', '.xz'],
  ['.tar.zst', '.zst'],
  ['.zip', ''],
]

export const isArchiveName = (name: string): boolean => endings.some(([ending]) => name.endsWith(ending))

/** Its length. Throws NOT_FOUND, RECIPE_SOURCE_REFUSED. `path` is absolute. */
export async function checkSource(
  outside: Outside,
  { sha256 }: Pick<RecipeSource, 'sha256'>,
  path: string,
): Promise<number> {
  if (outside.disk.lstat(path) === undefined)
    throw new MossError('NOT_FOUND', { what: 'source file', name: path })
  const found = await digestInTurns(path, outside)
  if (found !== sha256)
    throw new MossError('RECIPE_SOURCE_REFUSED', {
      path,
      problem: `its sha256 is ${found}, the recipe’s ${sha256}`,
    })
  return outside.disk.lstat(path)?.sizeBytes ?? 0
}

/** What the sources of one recipe may still take. */
export interface SourceRoom {
  bytes: number
  entries: number
}

export const wholeRoom = (): SourceRoom => ({ bytes: limits.sourcesBytes, entries: limits.sourcesEntries })

export interface Unpacking {
  readonly source: RecipeSource
  /** Its file, which must be a copy that nobody changes between this check and the reading. */
  readonly path: string
  readonly isProgram: boolean
  /** Of all sources. */
  readonly folder: string
  /** Seconds since 1970: nothing is younger. */
  readonly date: number
  readonly room: SourceRoom
}

/** Throws RECIPE_SOURCE_REFUSED; what it has put down until then stays. */
export async function unpackSource(outside: Outside, unpacking: Unpacking): Promise<void> {
  const { source, path, folder, date } = unpacking
  const sizeBytes = await checkSource(outside, source, path)
  const refuse = (problem: string): never => {
    throw new MossError('RECIPE_SOURCE_REFUSED', { path: source.file, problem })
  }
  const tree = new PlainTree(outside.disk, folder, refuse)
  tree.makeFolder(source.to)
  if (!source.unpack) {
    const name = source.file.slice(source.file.lastIndexOf('/') + 1)
    const mode = unpacking.isProgram ? 0o755 : 0o644
    await tree.putFile(below(source.to, name), {
      mode,
      modified: date,
      body: readBody(outside, path, sizeBytes),
    })
  } else {
    using file = outside.disk.open(path, 'read')
    try {
      for await (const entry of entriesOf(outside, { file, name: source.file, sizeBytes }))
        await putEntry(tree, entry, { ...unpacking, refuse })
    } catch (error) {
      if (error instanceof TarError || error instanceof ZipError) refuse(error.message)
      if (isMossError(error, 'PACKAGE_UNREADABLE')) refuse(error.details.problem)
      throw error
    }
  }
  tree.dateFolders(date)
}

const below = (folder: string, path: string): string => (folder === '' ? path : `${folder}/${path}`)

function entriesOf(
  outside: Outside,
  { file, name, sizeBytes }: { readonly file: OpenFile; readonly name: string; readonly sizeBytes: number },
): AsyncIterable<SourceEntry> | Iterable<SourceEntry> {
  if (name.endsWith('.zip')) return readZip(file)
  // The longest fits: `.tar.gz` before what might end alike.
  const [, compression = ''] = endings.findLast(([ending]) => name.endsWith(ending)) ?? []
  const stored = readBody(outside, file.path, sizeBytes)
  return readTar(decompress(stored, { name: `the archive${compression}`, path: file.path }))
}

async function putEntry(
  tree: PlainTree,
  entry: SourceEntry,
  { source, date, room, refuse }: Unpacking & { readonly refuse: (problem: string) => never },
): Promise<void> {
  room.entries -= 1
  room.bytes -= entry.kind === 'file' ? entry.sizeBytes : 0
  if (room.entries < 0 || room.bytes < 0)
    refuse(`the sources unpack to more than ${limits.sourcesBytes} bytes or ${limits.sourcesEntries} names`)
  const stripped = strip(entry.path, source.strip)
  if (stripped === undefined) return
  const path = below(source.to, stripped)
  const modified = Math.min(entry.modified, date)
  switch (entry.kind) {
    case 'folder':
      return tree.makeFolder(path)
    case 'file': {
      const mode = (entry.mode & 0o100) === 0 ? 0o644 : 0o755
      return tree.putFile(path, { mode, modified, body: entry.body() })
    }
    case 'symlink':
      if (!staysInside(stripped, entry.target))
        refuse(`${display(entry.path)} is a link to ${display(entry.target)}, out of the archive’s folder`)
      return tree.putLink(path, entry.target, modified)
    case 'link': {
      const earlier = strip(entry.earlier, source.strip)
      return tree.putAgain(path, below(source.to, earlier ?? entry.earlier))
    }
    case 'special':
      return refuse(`${display(entry.path)} is a ${entry.what}`)
  }
}

/** Undefined for the folders that are left out. */
function strip(path: string, count: number): string | undefined {
  const parts = path.split('/')
  return parts.length <= count ? undefined : parts.slice(count).join('/')
}

/**
 * Up first, then down, and up by no more than there is above: then it stays inside whatever other such links it goes
 * through.
 */
function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false
  const parts = target.split('/').filter((part) => part !== '' && part !== '.')
  const ups = parts.findIndex((part) => part !== '..')
  const up = ups < 0 ? parts.length : ups
  return up < path.split('/').length && !parts.slice(up).includes('..')
}
