// Which triggers of a tree run: those that packages declare and those of the stock, by what the tree has. Read from the
// tree at hand alone, and only real files in real folders of it.
import { MossError } from '../../base/error.ts'
import type { Disk } from '../../host/disk.ts'
import { readTrigger, type Trigger, triggerBytes, triggersPath } from '../../manifest/trigger.ts'
import { compileGlob } from '../../manifest/glob.ts'
import { orderTriggers } from './order.ts'
import { stockTriggers } from './stock.ts'

const mostTriggers = 256

/** All that this tree may run, in the order of running. `folder` holds the tree's `usr`. Throws TRIGGER_INVALID. */
export function triggersOf(disk: Disk, folder: string): readonly Trigger[] {
  const declared = declaredIn(disk, folder)
  const has = (program: string): boolean =>
    placesOf(program).some((path) => disk.lstat(`${folder}/${path}`) !== undefined)
  const taken = new Set(declared.map(({ name }) => name))
  const stock = stockTriggers.filter(({ name, needs }) => {
    if (taken.has(name) || !needs.every(has)) return false
    taken.add(name)
    return true
  })
  return orderTriggers([...declared, ...stock]).filter(({ needs }) => needs.every(has))
}

/** Whether the trigger is about any of these paths. */
export function isAbout({ paths }: Trigger, candidates: Iterable<string>): boolean {
  const globs = paths.map(compileGlob)
  if (globs.length === 0) return false
  for (const path of candidates) if (globs.some((fits) => fits(path))) return true
  return false
}

const placesOf = (program: string): readonly string[] =>
  program.includes('/') ? [program] : [`usr/sbin/${program}`, `usr/bin/${program}`]

function declaredIn(disk: Disk, folder: string): readonly Trigger[] {
  if (!isThere(disk, folder)) return []
  const entries = disk.list(`${folder}/${triggersPath}`)
  if (entries.length > mostTriggers) refuse(triggersPath, `it holds more than ${mostTriggers} files`)
  return entries.map(({ name, kind }) => {
    const path = `${triggersPath}/${name}`
    const full = `${folder}/${path}`
    return readTrigger(path, {
      kind,
      sizeBytes: disk.lstat(full)?.sizeBytes ?? 0,
      read: () => disk.readFile(full, triggerBytes),
    })
  })
}

/** A link on the way could lead out of the tree. */
function isThere(disk: Disk, folder: string): boolean {
  for (const path of ['usr/share', 'usr/share/moss', triggersPath]) {
    const kind = disk.lstat(`${folder}/${path}`)?.kind
    if (kind === 'folder') continue
    if (kind !== undefined && path === triggersPath) refuse(path, `it is a ${kind}, not a folder`)
    return false
  }
  return true
}

function refuse(path: string, problem: string): never {
  throw new MossError('TRIGGER_INVALID', { path, problem })
}
