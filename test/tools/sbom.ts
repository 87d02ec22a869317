// What moss is made of, as CycloneDX 1.6, from the lockfile alone: every package that comes with it, its licence, and the
// digest that npm checks. Without dates or random numbers: the same lockfile gives the same bytes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Locked {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lockfile {
  readonly name: string
  readonly version: string
  readonly packages: Readonly<Record<string, Locked>>
}

export const readLockfile = (top: string): Lockfile =>
  JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8')) as Lockfile

/** Paths below node_modules of what is more than a tool. */
export const shipped = ({ packages }: Lockfile): readonly string[] =>
  Object.keys(packages)
    .filter((path) => path !== '')
    .filter((path) => packages[path]?.dev !== true)
    .sort()

const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

const purl = (path: string, { version }: Locked): string =>
  `pkg:npm/${nameOf(path).replace('@', '%40')}@${version}`

/** As Node looks for it: beside the one that asks, then further out. */
function resolved({ packages }: Lockfile, from: string, name: string): string | undefined {
  for (let at = from; ;) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
    if (packages[path] !== undefined) return path
    if (at === '') return undefined
    const outer = at.lastIndexOf('/node_modules/')
    at = outer < 0 ? '' : at.slice(0, outer)
  }
}

function dependsOn(lock: Lockfile, path: string): readonly string[] {
  const { dependencies, optionalDependencies } = lock.packages[path] ?? {}
  const refs = Object.keys({ ...dependencies, ...optionalDependencies }).flatMap((name) => {
    const found = resolved(lock, path, name)
    const locked = found === undefined ? undefined : lock.packages[found]
    return found === undefined || locked === undefined ? [] : [purl(found, locked)]
  })
  return [...new Set(refs)].sort()
}

const hashesOf = ({ integrity = '' }: Locked) =>
  integrity
    .split(' ')
    .filter((each) => each.startsWith('sha512-'))
    .map((each) => ({ alg: 'SHA-512', content: Buffer.from(each.slice(7), 'base64').toString('hex') }))

export function makeSbom(lock: Lockfile): string {
  const paths = shipped(lock)
  const locked = (path: string): Locked => lock.packages[path] as Locked
  const self = `pkg:npm/${lock.name.replace('@', '%40')}@${lock.version}`
  const components = paths.map((path) => ({
    type: 'library',
    'bom-ref': purl(path, locked(path)),
    name: nameOf(path),
    version: locked(path).version,
    scope: locked(path).optional === true ? 'optional' : 'required',
    hashes: hashesOf(locked(path)),
    licenses: [{ expression: locked(path).license ?? 'NOASSERTION' }],
    purl: purl(path, locked(path)),
  }))
  const once = [...new Map(components.map((each) => [each['bom-ref'], each])).values()]
  const refs = new Map(paths.map((path) => [purl(path, locked(path)), dependsOn(lock, path)]))
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': self, name: lock.name, version: lock.version } },
    components: once,
    dependencies: [
      { ref: self, dependsOn: dependsOn(lock, '') },
      ...[...refs].map(([ref, on]) => ({ ref, dependsOn: on })),
    ],
  }
  return `${JSON.stringify(bom, undefined, 2)}\n`
}
