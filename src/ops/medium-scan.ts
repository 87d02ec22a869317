// What a person would choose from: the bundles on mounted media and in folders or files that were named. Of each only
// what its head claims is read; nothing is judged here, and a file that cannot be read says why instead of failing.
import { compareText } from '../base/bytes.ts'
import { isMossError, unlessRefused } from '../base/error.ts'
import type { ContainerId, HostId } from '../base/ids.ts'
import { decodeAbout } from '../bundle/about.ts'
import { decodeSummary } from '../bundle/summary.ts'
import { peekSection } from '../container/peek.ts'
import { openVolume } from '../container/read.ts'
import type { Volume } from '../container/volume.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { isDropping, parseBundleName } from '../medium/layout.ts'
import { assertMedium, findBundles } from '../medium/medium.ts'
import { parentFolder } from '../state/places.ts'
import { parityIdBeside } from './stored-file.ts'

export interface MediumBundle {
  readonly path: string
  /** Absent, like all that follows from the head, where it cannot be read. */
  readonly id?: ContainerId
  readonly medium: string
  readonly sizeBytes: number
  readonly channel?: string
  readonly serial?: number
  /** Names where the bundle gives them, else ids. */
  readonly hosts: readonly string[]
  readonly isForThisHost: boolean
  /** This host took it in once. */
  readonly wasTaken?: boolean
  /** It may lead a host back to an older serial. */
  readonly hasGrants?: boolean
  /** Of one that is cut into files: those that lie together in its folder. The path is that of the first of them. */
  readonly volumes?: {
    readonly here: readonly number[]
    readonly count: number
    readonly files: readonly string[]
  }
  /** Nothing of it is read before it is taken in: channel and serial are what its name says. */
  readonly isSealed?: boolean
  /** Why it cannot be read. */
  readonly problem?: string
  /** Its beginning is bad, but there is parity beside it: then id is what that says, channel and serial what its name does. */
  readonly isMendable?: boolean
}

export interface MediumScan {
  readonly media: readonly string[]
  /** Those for this host that it has not taken in first, then the newest serial first. */
  readonly bundles: readonly MediumBundle[]
}

/** Where systems mount what is plugged in: parents of media, or parents of people's folders of media. */
const mountParents = [
  { folder: '/media', depth: 2 },
  { folder: '/run/media', depth: 2 },
  { folder: '/mnt', depth: 1 },
] as const

const mostMedia = 64
/** For choosing from on a screen; sync looks at more. */
const mostBundles = 256
const mostToSync = 8192

interface ScanRequest {
  readonly host: HostId | undefined
  /** Ids of bundles that this host took in before. */
  readonly accepted: ReadonlySet<string>
  /** Folders or files that the person pointed at; they are read wherever they lie. */
  readonly named: readonly string[]
}

/** Looks as often as one likes: a file that has not changed is not read again, so that a stick is left in peace. */
export function mediumScanner(outside: Outside): (request: ScanRequest) => MediumScan {
  let known: Claims = new Map()
  return (request) => {
    const seen: Claims = new Map()
    const scan = scanMedia(outside, request, (place) => {
      const key = markOf(outside, place.path, request.host)
      const claims = known.has(key) ? known.get(key) : readClaims(outside, place, request.host)
      seen.set(key, claims)
      return claims
    })
    known = seen
    return scan
  }
}

/** Of one medium, the newest serial first; sealed ones are for `sealedOn`. Throws MEDIUM_ABSENT. */
export function bundlesOn(
  outside: Outside,
  { medium, host, accepted }: Omit<ScanRequest, 'named'> & { readonly medium: string },
): readonly MediumBundle[] {
  assertMedium(outside.disk, medium)
  const claims = bundlePaths(outside, medium)
    .slice(0, mostToSync)
    .map((path) => readClaims(outside, { path, medium }, host))
  return toChoose(claims, accepted)
}

interface Claim {
  readonly bundle: MediumBundle
  readonly cut?: { readonly id: ContainerId; readonly volume: Volume }
}

type Claims = Map<string, Claim | undefined>

function markOf(outside: Outside, path: string, host: HostId | undefined): string {
  const stat = unlessRefused(() => outside.disk.lstat(path))
  return JSON.stringify([path, host, stat?.sizeBytes, stat?.mtimeMs, stat?.inode, stat?.device])
}

interface Place {
  readonly path: string
  readonly medium: string
}

function scanMedia(
  outside: Outside,
  request: ScanRequest,
  read: (place: Place) => Claim | undefined,
): MediumScan {
  const media = mediaNow(outside, request.named)
  const found = media.flatMap((medium) => bundlePaths(outside, medium).map((path) => ({ path, medium })))
  const files = request.named
    .filter((path) => kindOf(outside, path) === 'file')
    .map((path) => ({ path, medium: path.replace(/\/[^/]*$/, '') || '/' }))
  const seen = new Set<string>()
  const claims = [...files, ...found]
    .filter(({ path }) => seen.size < seen.add(path).size)
    .slice(0, mostBundles)
    .map(read)
  return { media, bundles: toChoose(claims, request.accepted) }
}

const toChoose = (
  claims: readonly (Claim | undefined)[],
  accepted: ReadonlySet<string>,
): readonly MediumBundle[] =>
  withVolumesTogether(claims.filter((claim) => claim !== undefined))
    .map((bundle) => withTaken(bundle, accepted))
    .sort(byUse)

/** Volumes of one container that lie in one folder are one bundle to choose. */
function withVolumesTogether(claims: readonly Claim[]): MediumBundle[] {
  const cuts = Map.groupBy(claims, ({ bundle, cut }) =>
    cut === undefined ? bundle.path : `${cut.id} ${parentFolder(bundle.path)}`,
  )
  return [...cuts.values()].flatMap((together) => {
    const inOrder = together.toSorted((a, b) => (a.cut?.volume.number ?? 0) - (b.cut?.volume.number ?? 0))
    const [first] = inOrder
    if (first?.cut === undefined) return together.map(({ bundle }) => bundle)
    const here = inOrder.flatMap(({ cut }) => (cut === undefined ? [] : [cut.volume.number]))
    return [
      {
        ...first.bundle,
        volumes: {
          here: [...new Set(here)],
          count: first.cut.volume.count,
          files: inOrder.map(({ bundle }) => bundle.path),
        },
      },
    ]
  })
}

/** The folders among those that were named, and what is mounted and has something of moss. */
export function mediaNow(outside: Outside, named: readonly string[]): readonly string[] {
  const folders = named.filter((path) => kindOf(outside, path) === 'folder')
  return [...new Set([...folders, ...mountedMedia(outside)])].slice(0, mostMedia)
}

const withTaken = (bundle: MediumBundle, accepted: ReadonlySet<string>): MediumBundle =>
  bundle.id !== undefined && accepted.has(bundle.id) ? { ...bundle, wasTaken: true } : bundle

const mayBeForThisHost = ({ isForThisHost, isMendable }: MediumBundle): boolean =>
  isForThisHost || isMendable === true

/** Those for this host that it has not taken in first, then the newest serial first. */
export const byUse = (a: MediumBundle, b: MediumBundle): number =>
  Number(mayBeForThisHost(b)) - Number(mayBeForThisHost(a)) ||
  Number(a.wasTaken === true) - Number(b.wasTaken === true) ||
  (b.serial ?? 0) - (a.serial ?? 0) ||
  compareText(a.path, b.path)

function mountedMedia(outside: Outside): readonly string[] {
  return mountParents.flatMap(({ folder, depth }) => {
    const first = foldersIn(outside, folder)
    const all = depth === 1 ? first : [...first, ...first.flatMap((path) => foldersIn(outside, path))]
    return all.filter(
      (path) => bundlePaths(outside, path).length > 0 || kindOf(outside, `${path}/moss`) === 'folder',
    )
  })
}

/** In their usual place, and beside it for a file that somebody copied by hand. */
function bundlePaths(outside: Outside, medium: string): readonly string[] {
  const usual = unlessRefused(() => findBundles(outside.disk, medium).map(({ path }) => path)) ?? []
  const beside = listed(outside, medium)
    .filter((entry) => entry.kind === 'file' && entry.name.endsWith('.moss'))
    .map((entry) => `${medium}/${entry.name}`)
  return [...usual, ...beside]
}

const kindOf = ({ disk }: Outside, path: string) => unlessRefused(() => disk.lstat(path)?.kind)

/** What is no dropping; nothing where that cannot be told. */
export const listed = ({ disk }: Outside, folder: string) =>
  unlessRefused(() =>
    (disk.lstat(folder)?.kind === 'folder' ? disk.list(folder) : [])?.filter(
      (entry) => !isDropping(entry.name),
    ),
  ) ?? []

const foldersIn = (outside: Outside, folder: string): readonly string[] =>
  listed(outside, folder)
    .filter((entry) => entry.kind === 'folder')
    .map((entry) => `${folder}/${entry.name}`)

/** Undefined for a container that is no bundle. */
function readClaims(outside: Outside, place: Place, host: HostId | undefined): Claim | undefined {
  try {
    using source = fileSource(outside.disk, place.path)
    const opened = openVolume(source)
    const { volume } = opened.prelude
    if (opened.kind !== 'bundle') return undefined
    const about = decodeAbout(opened.head.about)
    const summary = peekSection(opened, 'summary')
    const names = new Map(
      summary === undefined ? [] : decodeSummary(summary).hosts.map((each) => [each.host, each.name]),
    )
    const bundle = {
      ...place,
      id: opened.id,
      sizeBytes: opened.endOffset,
      channel: about.channel,
      serial: about.serial,
      hosts: about.hosts.map((served) => names.get(served.host) || served.host),
      isForThisHost: about.hosts.some((served) => served.host === host),
      ...(opened.head.sections.some(({ name }) => name === 'grants') && { hasGrants: true }),
    }
    return volume === undefined ? { bundle } : { bundle, cut: { id: opened.id, volume } }
  } catch (error) {
    if (!isMossError(error)) throw error
    const problem = place.path.endsWith('.age') ? 'it is sealed: moss import opens it' : error.message
    return {
      bundle: {
        ...place,
        sizeBytes: 0,
        hosts: [],
        isForThisHost: false,
        problem,
        ...hintsOf(outside, place),
      },
    }
  }
}

/** Of a bundle that cannot be read as it is: for whom it is, only its head says, once it is repaired. */
function hintsOf(outside: Outside, { path }: Place): Partial<MediumBundle> {
  const id = parityIdBeside(outside, path)
  if (id === undefined) return {}
  const name = parseBundleName(path.slice(path.lastIndexOf('/') + 1))
  return { id, isMendable: true, ...(name && { channel: name.channel, serial: name.serial }) }
}
