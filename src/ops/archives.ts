// Which suites of which archives a mirror takes from, as its caller names them.
import { decodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { type ArchiveSuite, hasCredentials, isAddress, parseSources } from '../ingest/debian-sources.ts'

export interface ArchiveRequest {
  /** A folder or an address that has `dists` and `pool`, a `.sources` file of apt, or the name of one that apt uses. */
  readonly from: string
  /** `from` as a path. */
  readonly path: string
  /** With a `.sources` file: of those that it names, all if none is said. */
  readonly suites: readonly string[]
  /** None: as the `.sources` file says, else main. */
  readonly components: readonly string[]
  readonly architecture: string
  /** Whose signatures count, as gpgv reads it; by default as the `.sources` file says, else Debian's. */
  readonly keyring: string | undefined
}

const sourcesBytes = 1024 * 1024

const sourcesOfApt = '/etc/apt/sources.list.d'
const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Those of one architecture. Throws NOT_FOUND, SOURCES_INVALID, CLI_USAGE. */
export function suitesOf({ disk }: Outside, request: ArchiveRequest): readonly ArchiveSuite[] {
  const { from, suites, architecture } = request
  const isSaid = request.components.length > 0
  const components = isSaid ? request.components : ['main']
  const keyring = request.keyring ?? debianKeyring
  // As /media/cdrom is, it may be a link.
  const isFolder = disk.lstat(`${request.path}/dists`) !== undefined
  if (hasCredentials(from))
    throw new MossError('CLI_USAGE', { problem: 'an address with a password is not used', see: 'mirror' })
  if (isAddress(from) || isFolder) {
    const place = (isFolder ? request.path : from).replace(/\/+$/, '')
    if (suites.length === 0)
      throw new MossError('CLI_USAGE', {
        problem: `say which suite of ${place}, such as --suite bookworm`,
        see: 'mirror',
      })
    return suites.map((suite) => ({ place, suite, components, architecture, keyring }))
  }
  const named = /^[A-Za-z0-9_.-]+$/.test(from) ? `${sourcesOfApt}/${from}.sources` : ''
  const path = [request.path, named].find((each) => disk.lstat(each)?.kind === 'file')
  if (path === undefined) throw new MossError('NOT_FOUND', { what: 'archive', name: from })
  const text = decodeUtf8(disk.readFile(path, sourcesBytes))
  if (text === undefined) throw new MossError('SOURCES_INVALID', { path, problem: 'it is not UTF-8' })
  const all = parseSources(text, path, { architecture, keyring })
  const found = all.filter(({ suite }) => suites.length === 0 || suites.includes(suite))
  const lost = suites.filter((suite) => !found.some((each) => each.suite === suite))
  if (lost.length > 0)
    throw new MossError('NOT_FOUND', { what: 'archive with suite', name: `${lost.join(', ')} in ${path}` })
  if (found.length === 0) {
    const problem = `nothing in it is enabled and has packages for ${architecture}`
    throw new MossError('SOURCES_INVALID', { path, problem })
  }
  return found.map((suite) => ({
    ...suite,
    ...(isSaid && { components }),
    ...(request.keyring !== undefined && { keyring }),
  }))
}
