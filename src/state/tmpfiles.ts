// What lines of tmpfiles.d add to the defaults of /etc and /var, and what they say of them. All of it is offered like the
// factory's files: delivered where nothing stands, remembered by what it was, gone with its state if unmodified. What the
// machine has keeps its content, mode and owner, whatever a line says. Pure.
import { encodeUtf8 } from '../base/bytes.ts'
import type { Attributes, Offer, Offers } from './offers.ts'
import { factoryPath } from './places.ts'
import { matchesPath } from './path-pattern.ts'
import type { AdjustLine, LineMode, MakeLine } from './tmpfiles-lines.ts'

export interface TmpfilesFacts {
  readonly factory: ReadonlyMap<string, Offer>
  /** In the order of their files and lines. */
  readonly lines: readonly (MakeLine | AdjustLine)[]
  readonly idOf: (kind: 'user' | 'group', name: string) => number | undefined
  /** Everything at and below a path of the current tree, '' itself first; undefined where nothing can be copied. */
  readonly copyOf: (source: string) => ReadonlyMap<string, Offer> | undefined
  /** Whether anything stands at a path relative to the root. */
  readonly isThere: (path: string) => boolean
  /** Whether moss put it there. */
  readonly isDelivered: (path: string) => boolean
}

export function addTmpfiles(facts: TmpfilesFacts): Offers {
  const draft = new Draft(facts)
  for (const line of facts.lines) if (line.kind === 'make') draft.make(line)
  draft.makeFoldersAbove()
  for (const line of facts.lines) if (line.kind === 'adjust') draft.adjust(line)
  return draft
}

/** What a line says of mode and owner, as far as it says anything. */
interface Said {
  readonly mode?: LineMode
  readonly uid?: number
  readonly gid?: number
}

const newFolder: Attributes = { mode: 0o755, uid: 0, gid: 0 }
const newFile: Attributes = { mode: 0o644, uid: 0, gid: 0 }

class Draft implements Offers {
  readonly offered: Map<string, Offer>
  readonly remade = new Set<string>()
  readonly problems: string[] = []
  readonly #facts: TmpfilesFacts
  readonly #lines = new Map<string, MakeLine>()
  readonly #copied: string[] = []

  constructor(facts: TmpfilesFacts) {
    this.#facts = facts
    this.offered = new Map(facts.factory)
  }

  /** The first line of a path counts. */
  make(line: MakeLine): void {
    const { place, path, what } = line
    const first = this.#lines.get(path)
    if (first !== undefined) {
      if (JSON.stringify({ ...line, place: first.place }) !== JSON.stringify(first))
        this.problems.push(`${place}: ${first.place} says otherwise of ${path}, and counts`)
      return
    }
    const said = this.#said(line)
    if (said === undefined) return
    this.#lines.set(path, line)
    if (what === 'copy') return this.#copy(line, said)
    const made = this.#made(line)
    if (made === undefined) return
    const standing = this.offered.get(path)
    if (standing !== undefined && standing.kind !== made.kind) {
      this.problems.push(`${place}: the factory has a ${standing.kind} at ${path}, which stays`)
      return
    }
    if (this.#set(place, path, adjusted(standing ?? made, said))) this.remade.add(path)
  }

  /** Undefined where there is nothing to be made. */
  #made({ path, what, argument, isConditional }: MakeLine): Offer | undefined {
    if (what === 'folder') return { kind: 'folder', ...newFolder }
    if (what === 'file') return { kind: 'file', ...newFile, body: encodeUtf8(argument ?? '') }
    const target = argument ?? `/usr/${factoryPath}/${path}`
    const end = target.startsWith('/') ? target.slice(1) : `${path.slice(0, path.lastIndexOf('/'))}/${target}`
    return isConditional && !this.#facts.isThere(end) ? undefined : { kind: 'symlink', target }
  }

  /** The whole of it or nothing: what the machine has there is not mixed with it. */
  #copy({ place, path, argument }: MakeLine, said: Said): void {
    const source = (argument ?? `/usr/${factoryPath}/${path}`).replace(/^\/+|\/+$/g, '')
    if (!source.startsWith('usr/') || source.split('/').includes('..')) {
      this.problems.push(`${place}: only what lies below /usr is copied, not /${source}`)
      return
    }
    if (this.offered.has(path) || (this.#facts.isThere(path) && !this.#facts.isDelivered(path))) return
    const owner = {
      ...(said.uid === undefined ? {} : { uid: said.uid }),
      ...(said.gid === undefined ? {} : { gid: said.gid }),
    }
    for (const [below, offer] of this.#facts.copyOf(source) ?? []) {
      this.#set(place, `${path}${below}`, adjusted(offer, below === '' ? said : owner))
      this.#copied.push(`${path}${below}`)
    }
  }

  /** As tmpfiles.d has it: root's, 0755. Where the last folder is made again, so are those above. */
  makeFoldersAbove(): void {
    const above = (path: string): readonly string[] =>
      [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index)).slice(1)
    for (const path of this.remade) for (const folder of above(path)) this.remade.add(folder)
    for (const path of [...this.remade, ...this.#copied.flatMap(above)])
      if (!this.offered.has(path)) this.offered.set(path, { kind: 'folder', ...newFolder })
  }

  adjust(line: AdjustLine): void {
    const said = this.#said(line)
    if (said === undefined) return
    for (const [path, offer] of this.offered) {
      if (line.of === 'folders' && offer.kind !== 'folder') continue
      if (matchesPath(line.path, path, line.of === 'everything below'))
        this.#set(line.place, path, adjusted(offer, said))
    }
  }

  #said({ place, mode, user, group }: MakeLine | AdjustLine): Said | undefined {
    const uid = this.#id('user', user)
    const gid = this.#id('group', group)
    if (uid === 'unknown' || gid === 'unknown') {
      this.problems.push(`${place}: there is no ${uid === 'unknown' ? `user ${user}` : `group ${group}`}`)
      return undefined
    }
    return {
      ...(mode === undefined ? {} : { mode }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    }
  }

  #id(kind: 'user' | 'group', said: string | number | undefined): number | 'unknown' | undefined {
    if (said === 'root') return 0
    return typeof said === 'string' ? (this.#facts.idOf(kind, said) ?? 'unknown') : said
  }

  /** Privileged files are declared by packages and lie in /usr; no line makes one. */
  #set(place: string, path: string, offer: Offer): boolean {
    const isPrivileged = offer.kind === 'file' && (offer.mode & 0o6000) !== 0
    if (isPrivileged && offer !== this.#facts.factory.get(path)) {
      this.problems.push(`${place}: ${path} would be setuid or setgid, and is left out`)
      return false
    }
    this.offered.set(path, offer)
    return true
  }
}

function adjusted(offer: Offer, { mode, ...owner }: Said): Offer {
  if (offer.kind === 'symlink') return offer
  return { ...offer, ...owner, ...(mode === undefined ? {} : { mode: modeFrom(mode, offer) }) }
}

function modeFrom({ bits, isMasked }: LineMode, { kind, mode }: Offer & Attributes): number {
  if (!isMasked) return bits
  let masked = kind === 'folder' ? bits : bits & 0o777
  for (const mask of [0o111, 0o222, 0o444]) if ((mode & mask) === 0) masked &= ~mask
  return masked
}
