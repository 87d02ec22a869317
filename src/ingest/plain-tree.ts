// Puts files into a folder of ours so that none of them can leave it: every folder on the way is made here or is looked at
// and must be one, nothing is put through a link or over what is there. Nobody else writes there meanwhile.
import { display } from '../base/display.ts'
import type { Disk } from '../host/disk.ts'
import { parentOf } from '../manifest/path.ts'

type Refuse = (problem: string) => never

export class PlainTree {
  readonly #disk: Disk
  readonly #top: string
  readonly #refuse: Refuse
  readonly #folders = new Set<string>()

  /** `top` is a folder. Paths have passed checkEntryPath; `refuse` is told in words what is wrong with one. */
  constructor(disk: Disk, top: string, refuse: Refuse) {
    this.#disk = disk
    this.#top = top
    this.#refuse = refuse
  }

  /** With every folder above it. */
  makeFolder(path: string | undefined): void {
    if (path === undefined || path === '' || this.#folders.has(path)) return
    this.makeFolder(parentOf(path))
    const kind = this.#disk.lstat(`${this.#top}/${path}`)?.kind
    if (kind === undefined) this.#disk.makeFolder(`${this.#top}/${path}`, 0o755)
    else if (kind !== 'folder') this.#refuse(`${display(path)} is a ${kind}, and a folder is wanted there`)
    this.#folders.add(path)
  }

  /** The bytes in order; `mode` is exact, `modified` in seconds since 1970. */
  async putFile(
    path: string,
    file: {
      readonly mode: number
      readonly modified: number
      readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
    },
  ): Promise<void> {
    const place = this.#placeOf(path)
    {
      using opened = this.#disk.open(place, 'create', file.mode)
      let at = 0
      for await (const piece of file.body) {
        opened.write(piece, at)
        at += piece.length
      }
    }
    this.#disk.setModified(place, file.modified * 1000)
  }

  putLink(path: string, target: string, modified: number): void {
    const place = this.#placeOf(path)
    this.#disk.makeSymlink(target, place)
    this.#disk.setModified(place, modified * 1000)
  }

  /** The file at `earlier` once more. */
  putAgain(path: string, earlier: string): void {
    const from = this.find(earlier)
    if (from === undefined)
      this.#refuse(`${display(path)} is a link to ${display(earlier)}, which is no file before it`)
    else this.#disk.placeCopy(from, this.#placeOf(path))
  }

  /** The whole path of a file, with no link on the way; undefined where there is none. */
  find(path: string): string | undefined {
    const folders = path.split('/').slice(0, -1)
    const isBelowFolders = folders.every(
      (_, index) =>
        this.#disk.lstat(`${this.#top}/${folders.slice(0, index + 1).join('/')}`)?.kind === 'folder',
    )
    const place = `${this.#top}/${path}`
    return isBelowFolders && this.#disk.lstat(place)?.kind === 'file' ? place : undefined
  }

  /** Dates of the folders that were asked for, when all is in them. */
  dateFolders(modified: number): void {
    for (const path of this.#folders) this.#disk.setModified(`${this.#top}/${path}`, modified * 1000)
  }

  #placeOf(path: string): string {
    this.makeFolder(parentOf(path))
    const place = `${this.#top}/${path}`
    if (this.#disk.lstat(place) !== undefined) this.#refuse(`${display(path)} is there already`)
    return place
  }
}
