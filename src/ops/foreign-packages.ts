// The packages that a system of dpkg or apk says it has, and which of them somebody asked for. Their files are in the hands of
// whoever made that system: read for telling alone, line by line, and what is not understood is left out.
import { compareText } from '../base/bytes.ts'
import type { Disk } from '../host/disk.ts'
import type { Places } from '../state/places.ts'

export interface ForeignPackage {
  readonly name: string
  readonly version: string
  /** Nobody says that it came only because of another one. */
  readonly isAskedFor: boolean
}

export interface ForeignPackages {
  readonly of: 'dpkg' | 'apk'
  /** Where that is written. */
  readonly path: string
  /** Sorted by name. */
  readonly packages: readonly ForeignPackage[]
}

/** Undefined where neither is there. */
export function readForeignPackages(disk: Disk, places: Places): ForeignPackages | undefined {
  const status = textOf(disk, `${places.var}/lib/dpkg/status`)
  if (status !== undefined)
    return {
      of: 'dpkg',
      path: `${places.var}/lib/dpkg/status`,
      packages: dpkgPackages(status, textOf(disk, `${places.var}/lib/apt/extended_states`) ?? ''),
    }
  const base = places.root === '/' ? '' : places.root
  for (const path of [`${base}/lib/apk/db/installed`, `${places.usr}/lib/apk/db/installed`]) {
    // A link at the top may lead out of a root that is not the running system.
    const isOurs = path.startsWith(places.usr) || disk.lstat(`${base}/lib`)?.kind === 'folder'
    const installed = isOurs ? textOf(disk, path) : undefined
    if (installed === undefined) continue
    return {
      of: 'apk',
      path,
      packages: apkPackages(installed, textOf(disk, `${places.etc}/apk/world`) ?? ''),
    }
  }
  return undefined
}

const mostBytes = 256 * 1024 * 1024

function textOf(disk: Disk, path: string): string | undefined {
  if (disk.lstat(path)?.kind !== 'file') return undefined
  return new TextDecoder().decode(disk.readFile(path, mostBytes))
}

/** Paragraphs of `Name: value` lines; what goes on on the next line is not asked for here. */
function paragraphsOf(text: string): readonly ReadonlyMap<string, string>[] {
  return text.split(/\n(?:[ \t]*\n)+/).map(
    (paragraph) =>
      new Map(
        paragraph.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
          const colon = line.indexOf(':')
          return colon < 1 || /^[ \t]/.test(line)
            ? []
            : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]]
        }),
      ),
  )
}

/** Several architectures of one package are one. */
function dpkgPackages(status: string, extended: string): readonly ForeignPackage[] {
  const automatic = new Set(
    paragraphsOf(extended)
      .filter((each) => each.get('auto-installed') === '1')
      .map((each) => each.get('package')),
  )
  return sorted(
    paragraphsOf(status).flatMap((each) => {
      const [name, version] = [each.get('package'), each.get('version')]
      if (name === undefined || version === undefined) return []
      if (each.get('status')?.endsWith(' installed') !== true) return []
      return [{ name, version, isAskedFor: !automatic.has(name) }]
    }),
  )
}

/** The world names packages, some with a version, a repository or a way not to have them. */
function apkPackages(installed: string, world: string): readonly ForeignPackage[] {
  const asked = new Set(world.split(/\s+/).map((word) => word.split(/[<>=~@]/)[0]))
  return sorted(
    installed.split(/\n\n+/).flatMap((paragraph) => {
      const name = /^P:(.+)$/m.exec(paragraph)?.[1]
      const version = /^V:(.+)$/m.exec(paragraph)?.[1]
      return name === undefined || version === undefined
        ? []
        : [{ name, version, isAskedFor: asked.has(name) }]
    }),
  )
}

const sorted = (packages: readonly ForeignPackage[]): readonly ForeignPackage[] =>
  new Map(packages.map((each) => [each.name, each]))
    .values()
    .toArray()
    .toSorted((a, b) => compareText(a.name, b.name))
