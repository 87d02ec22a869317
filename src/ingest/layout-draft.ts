// A layout in the making: entries arrive in the foreign package's order, at their new places. Parents that the
// package does not list are added, two entries at one place must be the same, and nothing stands below a link.
import { MossError } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { LayoutEntry, LayoutFile, Manifest } from '../manifest/manifest.ts'
import { comparePaths, parentOf } from '../manifest/path.ts'
import { isSame } from '../manifest/merged-layout.ts'
import { isPrivileged } from '../manifest/rules.ts'
import { factoryFolder } from './placement.ts'

/** A body whose digest is known only later, when its batch has been cut; hard links share it. */
export interface PendingBody {
  readonly sizeBytes: number
  content?: ContentDigest
}

export type DraftEntry =
  | Exclude<LayoutEntry, { readonly kind: 'file' }>
  | (Omit<LayoutFile, 'content' | 'sizeBytes'> & { readonly body: PendingBody })

interface Placed {
  readonly entry: DraftEntry
  /** The path in the foreign package. */
  readonly from: string
}

/** Folders of every root: the same in all packages, however one of them lists them. */
const commonFolders = new Set(
  ['', '/bin', '/sbin', '/lib', '/lib64', '/share', '/lib/modules']
    .map((path) => `usr${path}`)
    .concat(factoryFolder, `${factoryFolder}/etc`, `${factoryFolder}/var`),
)

const plainFolder = (path: string): DraftEntry => ({ kind: 'folder', path, mode: 0o755, uid: 0, gid: 0 })

export class LayoutDraft {
  readonly #package: string
  readonly #placed = new Map<string, Placed>()
  /** Entries whose place was taken. They are compared at the end, when the contents are known. */
  readonly #meetings: Placed[] = []

  constructor(packageName: string) {
    this.#package = packageName
  }

  add(entry: DraftEntry, from: string): void {
    const { path } = entry
    const wanted = commonFolders.has(path) && entry.kind === 'folder' ? plainFolder(path) : entry
    const known = this.#placed.get(path)
    if (known === undefined) this.#placed.set(path, { entry: wanted, from })
    else if (known.entry.kind !== 'folder' || entry.kind !== 'folder')
      this.#meetings.push({ entry: wanted, from })
    // The folder that is listed at its own place says its mode, not one that is merged into it.
    else if (known.from !== path) this.#placed.set(path, { entry: wanted, from })
  }

  finish(): Pick<Manifest, 'layout' | 'privileged'> {
    this.#settleMeetings()
    this.#addParents()
    const layout = [...this.#placed.values()]
      .map(({ entry }) => settle(entry))
      .sort((a, b) => comparePaths(a.path, b.path))
    return { layout, privileged: layout.filter(isPrivileged).map(({ path }) => path) }
  }

  #settleMeetings(): void {
    for (const { entry, from } of this.#meetings) {
      const known = this.#placed.get(entry.path)
      if (known !== undefined && !isSame(settle(known.entry), settle(entry)))
        this.#refuse(from, `would be ${entry.path}, where ${known.from} goes too`)
    }
  }

  #addParents(): void {
    for (const { entry, from } of this.#placed.values())
      for (let folder = parentOf(entry.path); folder !== undefined; folder = parentOf(folder)) {
        const known = this.#placed.get(folder)
        if (known === undefined) this.#placed.set(folder, { entry: plainFolder(folder), from: folder })
        else if (known.entry.kind !== 'folder')
          this.#refuse(from, `would stand below ${folder}, which is not a folder`)
      }
  }

  #refuse(path: string, problem: string): never {
    throw new MossError('PACKAGE_PATH_REFUSED', { package: this.#package, path, problem })
  }
}

function settle(entry: DraftEntry): LayoutEntry {
  if (entry.kind !== 'file') return entry
  const { body, ...rest } = entry
  if (body.content === undefined) throw new Error('broken promise: every body was cut')
  return { ...rest, sizeBytes: body.sizeBytes, content: body.content }
}
