// What a manifest must keep beyond its shape: a name and version of its scheme, capabilities that can be shown,
// and a layout in which every parent is declared as a folder before its children, so that no link can ever stand
// above a file. setuid, setgid and file capabilities exist exactly where `privileged` lists them.
// Every check gives the first problem as text, or undefined; nothing here throws.
import { display } from '../base/display.ts'
import { emptyDigest } from '../base/digest.ts'
import { foreignIn, isArchitecture } from './architecture.ts'
import { checkCapability, isBoundVersion, isPackageName, type Relation } from './capability.ts'
import type { LayoutEntry, LayoutFile, Manifest } from './manifest.ts'
import { checkPath, checkPathBelow, comparePaths, parentOf } from './path.ts'
import { isVersion } from './version.ts'

/** Extended attributes that a package may set. */
export const allowedXattrs: readonly string[] = ['security.capability', 'user.pax.flags']

/** setuid and setgid. */
export const privilegedBits = 0o6000

/** Whether an entry gives whoever runs or enters it more power than they had. */
export const isPrivileged = (entry: LayoutEntry): boolean =>
  entry.kind !== 'symlink' &&
  ((entry.mode & privilegedBits) !== 0 ||
    (entry.kind === 'file' && entry.xattrs?.['security.capability'] !== undefined))

/** The first rule that the manifest breaks, in words, or undefined. */
export function checkManifest(manifest: Manifest): string | undefined {
  return (
    checkIdentity(manifest) ??
    checkTexts(manifest) ??
    checkRelations(manifest) ??
    checkLayout(manifest.layout) ??
    checkPrivileged(manifest)
  )
}

function checkIdentity({ name, version, scheme, architecture }: Manifest): string | undefined {
  if (!isPackageName(name)) return `${display(name)} is not a package name`
  if (!isVersion(scheme, version)) return `${display(version)} is not a version of scheme ${scheme}`
  if (!isArchitecture(architecture)) return `${display(architecture)} is not an architecture`
  if ((foreignIn(name) ?? architecture) !== architecture)
    return `${display(name)} is of another architecture than ${architecture}`
  return undefined
}

function checkTexts(manifest: Manifest): string | undefined {
  for (const field of ['summary', 'description', 'licence', 'origin'] as const) {
    if (!manifest[field].isWellFormed()) return `its ${field} is not well-formed text`
  }
  return manifest.summary.includes('\n') ? 'its summary has more than one line' : undefined
}

function checkRelations(manifest: Manifest): string | undefined {
  for (const provided of manifest.provides) {
    const problem = checkCapability(provided)
    if (problem !== undefined) return problem
    if (provided.version !== undefined && !isBoundVersion(provided.version))
      return `${display(provided.version)} is not a version`
  }
  if (manifest.recommends?.length === 0) return 'it says that it recommends nothing'
  const wished = [...manifest.requires, ...(manifest.recommends ?? [])]
  if (wished.some((alternatives) => alternatives.length === 0)) return 'a requirement has no alternative'
  for (const relations of [...wished, manifest.conflicts, manifest.replaces]) {
    const problem = firstProblem(relations, checkRelation)
    if (problem !== undefined) return problem
  }
  return undefined
}

function checkRelation(relation: Relation): string | undefined {
  const { bound } = relation
  if (bound !== undefined && !isBoundVersion(bound.version))
    return `${display(bound.version)} is not a version`
  return checkCapability(relation)
}

function firstProblem<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = check(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

function checkLayout(layout: readonly LayoutEntry[]): string | undefined {
  const folders: Folders = new Map()
  const sizes = new Map<string, number>()
  let previous: string | undefined
  for (const entry of layout) {
    const { path } = entry
    const parent = parentOf(path)
    const depth = parent === undefined ? 0 : folders.get(parent)
    const problem =
      (parent !== undefined && depth !== undefined
        ? checkPathBelow(path, { parent, depth })
        : checkPath(path)) ??
      checkPlace(path, previous, depth !== undefined) ??
      (entry.kind === 'folder'
        ? undefined
        : entry.kind === 'file'
          ? checkFile(entry, sizes)
          : checkTarget(entry.target))
    if (problem !== undefined) return `${display(path)} ${problem}`
    if (entry.kind === 'folder') folders.set(path, (depth ?? 0) + 1)
    previous = path
  }
  return undefined
}

/** Folders declared so far, with how many components they have. */
type Folders = Map<string, number>

function checkPlace(path: string, previous: string | undefined, isBelowFolder: boolean): string | undefined {
  const order = previous === undefined ? -1 : comparePaths(previous, path)
  if (order === 0) return 'is declared twice'
  if (order > 0) return 'is out of order'
  if (!isBelowFolder) return 'stands below what is not declared as a folder'
  return undefined
}

function checkFile(file: LayoutFile, sizes: Map<string, number>): string | undefined {
  const known = sizes.get(file.content)
  if (known !== undefined && known !== file.sizeBytes)
    return 'has the content of another file in another size'
  sizes.set(file.content, file.sizeBytes)
  if ((file.sizeBytes === 0) !== (file.content === emptyDigest))
    return 'has a size that its content cannot have'
  if (file.xattrs === undefined) return undefined
  const names = Object.keys(file.xattrs)
  if (names.length === 0) return 'has an empty list of extended attributes'
  const foreign = names.find((name) => !allowedXattrs.includes(name))
  return foreign === undefined ? undefined : `has the extended attribute ${display(foreign)}`
}

function checkTarget(target: string): string | undefined {
  if (target === '' || target.includes('\0')) return 'points nowhere'
  return target.isWellFormed() ? undefined : 'has a target that is not well-formed text'
}

function checkPrivileged({ layout, privileged }: Manifest): string | undefined {
  let at = 0
  for (const entry of layout) {
    const isListed = privileged[at] === entry.path
    if (isListed) at++
    if (isListed === isPrivileged(entry)) continue
    return isListed
      ? `${display(entry.path)} is listed as privileged and is not`
      : `${display(entry.path)} is privileged and is not listed as such`
  }
  const rest = privileged[at]
  return rest === undefined
    ? undefined
    : `${display(rest)} is listed as privileged out of order or is not there`
}
