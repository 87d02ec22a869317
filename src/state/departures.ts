// How the machine's own files depart from the defaults of the current state: what stands otherwise than it is offered,
// what is missing, and what of /etc no package knows. /var is the services' to fill: there only what is offered counts. Reads
// and tells; what lies in a service's own folder is left to the service.
import type { FileKind } from '../host/disk.ts'
import { blocked, nothing, type Standing } from './deliveries.ts'
import { standingAt } from './deliver.ts'
import { type Offer, type OfferParts, readOffers, standingOfOffer } from './offers.ts'
import { isAdopted } from './parts.ts'
import { inRoot, isBelowForeign } from './reach.ts'
import { planAccountFiles } from './sysusers.ts'
import { readDeliveries } from './tables.ts'
import { walkTree } from './tree-digest.ts'

/** One side of a departure: what is there, or would be. */
export interface Stands {
  readonly kind: FileKind
  readonly mode?: number
  /** `UID:GID` */
  readonly owner?: string
  /** Of a file's bytes, or of a link's target. */
  readonly digest?: string
  readonly sizeBytes?: number
}

export interface Departure {
  /** Relative to the root. A folder that is the machine's own altogether is told as one. */
  readonly path: string
  /**
   * `newer`: changed here, and the default is another one than the one that was delivered. `kind`: a file where a folder
   * is by default, or the like. `hidden`: a link is above it, or something that is neither file, folder nor link stands there.
   */
  readonly what: 'changed' | 'newer' | 'missing' | 'kind' | 'hidden' | 'own'
  readonly here?: Stands
  readonly byDefault?: Stands
  /** Of a folder of the machine's own: how much is in it. */
  readonly entries?: number
}

export interface Departures {
  /** In the order of paths; what is the machine's own comes last. */
  readonly departures: readonly Departure[]
  /** Lines of sysusers.d and tmpfiles.d that are not followed, a sentence each. */
  readonly problems: readonly string[]
}

export async function readDepartures(parts: OfferParts): Promise<Departures> {
  const { offered, problems } = await readOffers(parts)
  const delivered = new Map(readDeliveries(parts.database).map(({ path, digest }) => [path, digest]))
  const departures: Departure[] = []
  for (const [path, offer] of [...offered].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const found = departureAt(parts, { path, offer, delivered: delivered.get(path) })
    if (found !== undefined) departures.push(found)
    await parts.outside.turn()
  }
  return {
    departures: [...departures, ...ownBelow(parts, 'etc', knownFolders(offered))],
    problems: [...(isAdopted(parts, parts.places.usr) ? [] : planAccountFiles(parts).problems), ...problems],
  }
}

function departureAt(
  parts: OfferParts,
  {
    path,
    offer,
    delivered,
  }: { readonly path: string; readonly offer: Offer; readonly delivered: Standing | undefined },
): Departure | undefined {
  const { disk } = parts.outside
  const [now, wanted] = [standingAt(parts, path), standingOfOffer(disk, offer)]
  if (now === wanted) return undefined
  const stat = disk.lstat(inRoot(parts, path))
  const byDefault = standsAs(wanted, sizeOf(parts, offer))
  if (now === nothing || (stat === undefined && isBelowForeign(parts, path)))
    return { path, what: 'missing', byDefault }
  if (now === blocked) return isBelowForeign(parts, path) ? undefined : { path, what: 'hidden', byDefault }
  const here = standsAs(now, stat?.sizeBytes)
  if (here.kind !== offer.kind) return { path, what: 'kind', here, byDefault }
  // Unmodified: it follows with the next transaction.
  if (now === delivered) return undefined
  const isNewer = delivered !== undefined && delivered !== wanted
  return { path, what: isNewer ? 'newer' : 'changed', here, byDefault }
}

/** A standing taken apart: `folder`, `symlink DIGEST` or `file MODE UID:GID DIGEST`. */
function standsAs(standing: Standing, sizeBytes: number | undefined): Stands {
  const [kind = '', ...more] = standing.split(' ')
  if (kind === 'folder') return { kind }
  if (kind === 'symlink') return { kind, digest: more[0] ?? '' }
  const [mode = '', owner = '', digest = ''] = more
  const size = sizeBytes === undefined ? {} : { sizeBytes }
  return { kind: 'file', mode: Number.parseInt(mode, 8), owner, digest, ...size }
}

function sizeOf({ outside: { disk } }: OfferParts, offer: Offer): number | undefined {
  if (offer.kind !== 'file') return undefined
  return offer.body instanceof Uint8Array ? offer.body.length : disk.lstat(offer.body.from)?.sizeBytes
}

/** Every path that is offered, and every folder on the way there. */
function knownFolders(offered: ReadonlyMap<string, Offer>): ReadonlySet<string> {
  const known = new Set<string>()
  for (const path of offered.keys())
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) known.add(at)
  return known
}

function ownBelow(parts: OfferParts, folder: string, known: ReadonlySet<string>): readonly Departure[] {
  const { disk } = parts.outside
  if (disk.lstat(inRoot(parts, folder))?.kind !== 'folder') return []
  return disk.list(inRoot(parts, folder)).flatMap(({ name, kind }): readonly Departure[] => {
    const path = `${folder}/${name}`
    if (known.has(path)) return kind === 'folder' ? ownBelow(parts, path, known) : []
    if (kind !== 'folder') return [{ path, what: 'own', here: { kind } }]
    const entries = [...walkTree(disk, inRoot(parts, path))].length - 1
    return [{ path, what: 'own', here: { kind }, entries }]
  })
}
