// A medium as a mounted folder: what lies on it, and writing to it so that it may be pulled afterwards. Whatever
// was written is flushed and read back. Nothing on a medium is trusted, followed or run; listing it opens no file.
import { compareText } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import { isHostId } from '../base/names.ts'
import { wholeName } from '../base/volume-names.ts'
import type { Disk } from '../host/disk.ts'
import { writeDurably } from '../host/durable.ts'
import {
  formatBundleName,
  isDropping,
  mediumFolders,
  parseBundleName,
  parseRootName,
  parseStateName,
  type BundleName,
} from './layout.ts'

export interface FoundBundle {
  readonly path: string
  /** As its file name says; absent for a file that was renamed. */
  readonly name?: BundleName
}

export interface FoundState {
  readonly path: string
  readonly host: HostId
  readonly counter: number
}

export interface FoundRoot {
  readonly path: string
  readonly version: number
}

/**
 * Throws MEDIUM_ABSENT where there is no folder, or where `device` is another one's by now: a stick that was pulled leaves
 * its empty folder behind, and what is written there lands on this machine.
 */
export function assertMedium(disk: Disk, folder: string, device?: number): void {
  const stat = disk.lstat(folder)
  if (stat?.kind !== 'folder' || (device !== undefined && stat.device !== device))
    throw new MossError('MEDIUM_ABSENT', { path: folder })
}

/** Newest serial first, volumes in their order; files whose names say nothing come last. */
export function findBundles(disk: Disk, medium: string): readonly FoundBundle[] {
  return filesIn(disk, medium, mediumFolders.bundles)
    .filter(({ name }) => name.endsWith('.moss'))
    .map(({ path, name }) => ({ path, name: parseBundleName(name) }))
    .sort(
      (a, b) =>
        (b.name?.serial ?? 0) - (a.name?.serial ?? 0) ||
        compareText(wholeOf(a), wholeOf(b)) ||
        (a.name?.volume ?? 1) - (b.name?.volume ?? 1),
    )
    .map(({ path, name }) => (name === undefined ? { path } : { path, name }))
}

const wholeOf = ({ path, name }: { readonly path: string; readonly name: BundleName | undefined }): string =>
  wholeName(path, name?.volume ?? 1)

/** By host, the newest first. */
export function findStates(disk: Disk, medium: string): readonly FoundState[] {
  return list(disk, medium, mediumFolders.hosts)
    .filter((entry) => entry.kind === 'folder' && isHostId(entry.name))
    .flatMap(({ name: host }) => {
      const states = filesIn(disk, medium, `${mediumFolders.hosts}/${host}/states`).flatMap(
        ({ path, name }) => {
          const counter = parseStateName(name)
          return counter === undefined ? [] : [{ path, host: host as HostId, counter }]
        },
      )
      return states.sort((a, b) => b.counter - a.counter)
    })
}

/** From the oldest. */
export function findRoots(disk: Disk, medium: string): readonly FoundRoot[] {
  return filesIn(disk, medium, mediumFolders.roots)
    .flatMap(({ path, name }) => {
      const version = parseRootName(name)
      return version === undefined ? [] : [{ path, version }]
    })
    .sort((a, b) => a.version - b.version)
}

/** Makes the folders that lead there. */
export function statePathOn(disk: Disk, medium: string, state: { host: HostId; counter: number }): string {
  const folder = `${mediumFolders.hosts}/${state.host}/states`
  makeFolders(disk, medium, folder)
  return `${medium}/${folder}/${state.counter}.moss-state`
}

export function bundlePathOn(disk: Disk, medium: string, name: BundleName): string {
  makeFolders(disk, medium, mediumFolders.bundles)
  return `${medium}/${mediumFolders.bundles}/${formatBundleName(name)}`
}

export function rootPathOn(disk: Disk, medium: string, version: number): string {
  makeFolders(disk, medium, mediumFolders.roots)
  return `${medium}/${mediumFolders.roots}/${version}.moss-root`
}

/** Of moss itself; `below` is a path of its own. */
export function toolPathOn(disk: Disk, medium: string, below: string): string {
  const path = `${mediumFolders.tools}/${below}`
  makeFolders(disk, medium, path.slice(0, path.lastIndexOf('/')))
  return `${medium}/${path}`
}

/** A small file, flushed and read back. An equal one that is there already stays; another is replaced. */
export function writeToMedium(disk: Disk, path: string, bytes: Uint8Array): void {
  const digest = digestOf(bytes)
  if (disk.lstat(path)?.sizeBytes === bytes.length && digestOf(disk.readFile(path, bytes.length)) === digest)
    return
  writeDurably(disk, path, bytes, { replace: true })
  disk.dropCached(path)
  if (digestOf(disk.readFile(path, bytes.length)) !== digest)
    throw new MossError('HOST_IO', {
      action: 'read back',
      path,
      problem: 'the medium gives other bytes than were written: use another one',
    })
}

/** The folders from the medium's own down to `below`: a link among them could lead anywhere on this machine. */
const wayTo = (medium: string, below: string): readonly string[] =>
  below.split('/').map((_, at, names) => `${medium}/${names.slice(0, at + 1).join('/')}`)

const list = (disk: Disk, medium: string, below: string) =>
  wayTo(medium, below).every((path) => disk.lstat(path)?.kind === 'folder')
    ? disk.list(`${medium}/${below}`).filter((entry) => !isDropping(entry.name))
    : []

const filesIn = (disk: Disk, medium: string, below: string) =>
  list(disk, medium, below)
    .filter((entry) => entry.kind === 'file')
    .map(({ name }) => ({ name, path: `${medium}/${below}/${name}` }))

/** Throws MEDIUM_ABSENT, or HOST_IO where something else than a folder is in the way. */
function makeFolders(disk: Disk, medium: string, below: string): void {
  assertMedium(disk, medium)
  let parent = medium
  for (const path of wayTo(medium, below)) {
    const kind = disk.lstat(path)?.kind
    if (kind === undefined) {
      disk.makeFolder(path, 0o755)
      disk.syncFolder(parent)
    } else if (kind !== 'folder')
      throw new MossError('HOST_IO', {
        action: 'write below',
        path,
        problem: `it is a ${kind}, not a folder`,
      })
    parent = path
  }
}
