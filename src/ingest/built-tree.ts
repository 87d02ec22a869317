// What a recipe's steps installed, parted among its packages and read as package sources. Everything belongs to root, dates
// are the recipe's, folders go with what is in them.
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import type { Disk, FileStat } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { compileGlob } from '../manifest/glob.ts'
import { parentOf } from '../manifest/path.ts'
import { readBody } from './folder.ts'
import type { Recipe, RecipePackage } from './recipe.ts'
import { noScripts } from './scripts.ts'
import type { PackageSource, SourceEntry } from './source.ts'

interface Installed {
  readonly path: string
  readonly stat: FileStat
}

export interface BuiltTree {
  readonly recipe: Recipe
  /** The recipe's file, in errors. */
  readonly path: string
  /** What stands for the root of the packages. */
  readonly folder: string
  /** That `machine` means. */
  readonly machine: string
}

/** The recipe's own package first, the others in its order. Throws RECIPE_INVALID where one of these has no file. */
export function partTree(outside: Outside, tree: BuiltTree): readonly PackageSource[] {
  const { recipe } = tree
  const all = [...listTree(outside.disk, tree.folder)]
  const parents = new Set(all.map(({ path }) => parentOf(path)))
  const fits = recipe.packages.map(({ paths }) => paths.map(compileGlob))
  const ownerOf = (path: string): number =>
    1 + fits.findIndex((patterns) => patterns.some((fit) => fit(path)))
  const parts = [recipe, ...recipe.packages].map(() => ({
    entries: [] as Installed[],
    above: new Set<string>(),
  }))
  for (const entry of all) {
    if (entry.stat.kind === 'folder' && parents.has(entry.path)) continue
    const part = parts[ownerOf(entry.path)]
    part?.entries.push(entry)
    for (let folder = parentOf(entry.path); folder !== undefined; folder = parentOf(folder))
      part?.above.add(folder)
  }
  return [recipe, ...recipe.packages].map((about, index) => {
    const { entries = [], above = new Set() } = parts[index] ?? {}
    if (entries.length === 0 && index > 0)
      throw new MossError('RECIPE_INVALID', {
        path: tree.path,
        problem: `no file goes into package ${display(about.name)}`,
      })
    const kept = new Set(entries)
    const own = all.filter((entry) => kept.has(entry) || above.has(entry.path))
    return sourceOf(outside, tree, { about, own })
  })
}

/** Folders before what is in them, names in the order of their bytes. */
function* listTree(
  disk: Disk,
  top: string,
  folder = '',
  room = { entries: limits.sourcesEntries },
): Generator<Installed> {
  for (const { name } of disk.list(folder === '' ? top : `${top}/${folder}`)) {
    const path = folder === '' ? name : `${folder}/${name}`
    const stat = disk.lstat(`${top}/${path}`)
    if (stat === undefined || room.entries-- <= 0)
      throw new MossError('PACKAGE_UNREADABLE', {
        path: top,
        problem: stat === undefined ? `${path} vanished` : `it has more than ${limits.sourcesEntries} names`,
      })
    yield { path, stat }
    if (stat.kind === 'folder') yield* listTree(disk, top, path, room)
  }
}

function sourceOf(
  outside: Outside,
  { recipe, path, folder, machine }: BuiltTree,
  { about, own }: { readonly about: RecipePackage; readonly own: readonly Installed[] },
): PackageSource {
  const { name, summary, description, licence, architecture, assumes } = about
  const { provides, requires, recommends, conflicts, replaces } = about
  return {
    path,
    description: {
      name,
      version: recipe.version,
      scheme: 'moss',
      architecture: architecture === 'machine' ? machine : architecture,
      summary,
      description,
      licence,
      origin: recipe.origin,
      provides,
      requires,
      ...(recommends && { recommends }),
      conflicts,
      replaces,
    },
    scripts: noScripts,
    assumes,
    entries: () => readEntries(outside, { folder, own, modified: recipe.date }),
  }
}

async function* readEntries(
  outside: Outside,
  from: { readonly folder: string; readonly own: readonly Installed[]; readonly modified: number },
): AsyncGenerator<SourceEntry> {
  const { modified } = from
  for (const { path, stat } of from.own) {
    await outside.turn()
    const full = `${from.folder}/${path}`
    const owned = { path, mode: stat.mode, uid: 0, gid: 0, modified }
    if (stat.kind === 'folder') yield { ...owned, kind: 'folder' }
    else if (stat.kind === 'symlink')
      yield { path, modified, kind: 'symlink', target: outside.disk.readLink(full) }
    else if (stat.kind === 'other') yield { path, modified, kind: 'special', what: 'device, fifo or socket' }
    else
      yield {
        ...owned,
        kind: 'file',
        sizeBytes: stat.sizeBytes,
        body: () => readBody(outside, full, stat.sizeBytes),
      }
  }
}
