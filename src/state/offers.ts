// What stands by default in /etc and /var: what the current state's factory holds, and what lines of tmpfiles.d add to
// it or say of it. Reading only; deliveries.ts decides, deliver.ts does.
import { encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { Disk } from '../host/disk.ts'
import type { Standing } from './deliveries.ts'
import { readDropIns } from './drop-ins.ts'
import { isAdopted, type StateParts } from './parts.ts'
import { factoryPath } from './places.ts'
import { inRoot } from './reach.ts'
import { readIds } from './sysusers.ts'
import { readDeliveries } from './tables.ts'
import { addTmpfiles } from './tmpfiles.ts'
import type { LineProblem } from './sysusers-lines.ts'
import { parseTmpfilesLine, type TmpfilesLine } from './tmpfiles-lines.ts'
import { digestOfFile } from '../host/whole-files.ts'
import { walkTree } from './tree-digest.ts'

export type Offer =
  | { readonly kind: 'symlink'; readonly target: string }
  | ({ readonly kind: 'folder' } & Attributes)
  | ({ readonly kind: 'file'; readonly body: Body } & Attributes)

export interface Attributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** Its bytes, or the file of the current tree that has them. */
export type Body = Uint8Array | { readonly from: string }

export type OfferParts = Pick<StateParts, 'outside' | 'places' | 'database'>

export interface Offers {
  readonly offered: ReadonlyMap<string, Offer>
  /** Made again where they are missing, also if the machine removed them. */
  readonly remade: ReadonlySet<string>
  /** Lines that were left out, a sentence each. */
  readonly problems: readonly string[]
}

/** None of a tree that was taken over: what its own programs do with what is in it is their affair. */
export async function readOffers(parts: OfferParts): Promise<Offers> {
  if (isAdopted(parts, parts.places.usr)) return { offered: new Map(), remade: new Set(), problems: [] }
  const { lines, problems } = readDropIns(parts, 'tmpfiles.d')
  const parsed = lines.map(parseTmpfilesLine)
  const rows = new Set(readDeliveries(parts.database).map(({ path }) => path))
  const ids = { user: readIds(parts, 'passwd'), group: readIds(parts, 'group') }
  const added = addTmpfiles({
    factory: await readFactory(parts),
    lines: parsed.filter((line) => line.kind === 'make' || line.kind === 'adjust'),
    idOf: (kind, name) => ids[kind].get(name),
    copyOf: (source) => readCopy(parts, source),
    isThere: (path) => parts.outside.disk.lstat(inRoot(parts, path)) !== undefined,
    isDelivered: (path) => rows.has(path),
  })
  const said = parsed.filter((line) => line.kind === 'problem').map(({ text }) => text)
  return {
    offered: new Map([...added.offered].map(([path, offer]) => [path, asDelivered(parts, offer)])),
    remade: added.remade,
    problems: [...problems, ...said, ...added.problems, ...tellForeign(parsed)],
  }
}

/** In one sentence: nearly every system has some, and systemd follows them at the next boot. */
function tellForeign(lines: readonly (TmpfilesLine | LineProblem)[]): readonly string[] {
  const places = lines.flatMap((line) => (line.kind === 'foreign' ? [line.place] : []))
  if (places.length === 0) return []
  return [`lines for pipes, devices, ACLs, attributes and writing are left to systemd: ${places.join(', ')}`]
}

/** An ordinary user's copies belong to that user, who must be able to read them back. */
function asDelivered({ outside: { userId, groupId } }: OfferParts, offer: Offer): Offer {
  if (userId === 0 || offer.kind === 'symlink') return offer
  const mode = offer.mode | (offer.kind === 'folder' ? 0o700 : 0o400)
  return { ...offer, mode, uid: userId, gid: groupId }
}

/** How it will stand. Folders are alike whatever their attributes: the machine may have its reasons. */
export function standingOfOffer(disk: Disk, offer: Offer): Standing {
  if (offer.kind === 'folder') return 'folder'
  if (offer.kind === 'symlink') return `symlink ${digestOf(encodeUtf8(offer.target))}`
  const { mode, uid, gid, body } = offer
  const digest = body instanceof Uint8Array ? digestOf(body) : digestOfFile(disk, body.from)
  return `file ${mode.toString(8)} ${uid}:${gid} ${digest}`
}

async function readFactory(parts: OfferParts): Promise<ReadonlyMap<string, Offer>> {
  const { outside } = parts
  const offered = new Map<string, Offer>()
  for (const area of ['etc', 'var'])
    for (const [below, offer] of readCopy(parts, `usr/${factoryPath}/${area}`) ?? []) {
      if (below !== '') offered.set(`${area}${below}`, offer)
      if (offered.size % 256 === 0) await outside.turn()
    }
  return offered
}

/** Everything of the current tree at and below `source`, by its path below. A link on the way there is not followed. */
function readCopy(parts: OfferParts, source: string): ReadonlyMap<string, Offer> | undefined {
  const { disk } = parts.outside
  const components = source.split('/')
  // A link would let whoever owns its end say what is delivered.
  for (let i = 1; i < components.length; i++)
    if (disk.lstat(inRoot(parts, components.slice(0, i).join('/')))?.kind !== 'folder') return undefined
  const from = inRoot(parts, source)
  if (disk.lstat(from) === undefined) return undefined
  const found = new Map<string, Offer>()
  for (const below of walkTree(disk, from)) {
    const offer = readOffer(disk, `${from}${below}`)
    if (offer !== undefined) found.set(below, offer)
  }
  return found
}

function readOffer(disk: Disk, path: string): Offer | undefined {
  const stat = disk.lstat(path)
  if (stat === undefined || stat.kind === 'other') return undefined
  if (stat.kind === 'symlink') return { kind: 'symlink', target: disk.readLink(path) }
  const { mode, uid, gid } = stat
  return stat.kind === 'folder'
    ? { kind: 'folder', mode, uid, gid }
    : { kind: 'file', mode, uid, gid, body: { from: path } }
}
