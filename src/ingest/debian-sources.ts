// Where archives are, as apt is told: `.sources` files (sources.list(5), the deb822 format). What apt would refuse or
// moss cannot follow is refused by field; what is not about packages for this machine is passed over.
import { MossError } from '../base/error.ts'
import { parseParagraph } from './deb/control.ts'

export interface ArchiveSuite {
  /** A folder, or an address that begins with http:// or https://, which has `dists` and `pool`. */
  readonly place: string
  readonly suite: string
  readonly components: readonly string[]
  readonly architecture: string
  /** Whose signatures count, as gpgv reads it. */
  readonly keyring: string
}

export const isAddress = (place: string): boolean => /^https?:\/\//.test(place)

/** They would stand in messages and lists of processes. */
export const hasCredentials = (place: string): boolean => /^https?:\/\/[^/]*@/.test(place)

/** `otherwise` is what counts where the file says nothing. Throws SOURCES_INVALID. */
export function parseSources(
  text: string,
  path: string,
  otherwise: Pick<ArchiveSuite, 'architecture' | 'keyring'>,
): readonly ArchiveSuite[] {
  return text
    .replace(/^#.*\n?/gm, '')
    .split(/\n[ \t]*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .flatMap((paragraph) => suitesOf(paragraph.replace(/^\n+/, ''), path, otherwise))
}

function suitesOf(
  paragraph: string,
  path: string,
  otherwise: Pick<ArchiveSuite, 'architecture' | 'keyring'>,
): readonly ArchiveSuite[] {
  const refuse = (problem: string): never => {
    throw new MossError('SOURCES_INVALID', { path, problem })
  }
  const fields = parseParagraph(paragraph) ?? refuse('it is not paragraphs of fields')
  const words = (key: string): readonly string[] =>
    (fields[key] ?? '').split(/\s+/).filter((word) => word !== '')
  if (/^(no|false|without|off|disable)$/i.test(fields['enabled'] ?? '')) return []
  if (!words('types').includes('deb')) return []
  const architectures = words('architectures')
  if (architectures.length > 0 && !architectures.includes(otherwise.architecture)) return []
  const keyring = fields['signed-by'] ?? otherwise.keyring
  if (!/^\/\S+$/.test(keyring))
    refuse('Signed-By must name one keyring by its whole path: keys inside the file are not read')
  const components = words('components')
  return words('uris').flatMap((uri) =>
    words('suites').map((suite) => {
      if (suite.endsWith('/') || components.length === 0)
        return refuse(`suite ${suite} has no components: such flat archives are not read`)
      return { place: placeOf(uri, refuse), suite, components, architecture: otherwise.architecture, keyring }
    }),
  )
}

function placeOf(uri: string, refuse: (problem: string) => never): string {
  const place = uri.replace(/\/+$/, '')
  if (hasCredentials(place)) return refuse('an address with a password is not used')
  if (isAddress(place)) return place
  const [, folder] = /^(?:file|copy):(?:\/\/)?(\/.*)$/.exec(place) ?? []
  return folder ?? refuse(`${uri} is none of http, https and file`)
}
