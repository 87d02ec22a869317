// The Node that a package brings, cut and told where its libraries are, and these libraries.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cutElf, needsOf, setLibraryPath } from './elf.ts'
import { readLockfile } from './sbom.ts'

export type Architecture = 'x64' | 'arm64'

const top = join(import.meta.dirname, '../..')

/** What base systems may lack. */
const broughtLibraries = ['libatomic.so.1', 'libstdc++.so.6', 'libgcc_s.so.1']

const loaders = { x64: 'ld-linux-x86-64.so.2', arm64: 'ld-linux-aarch64.so.1' } as const
export const loaderOf = (architecture: Architecture): string => loaders[architecture]

/** Where Debian's cross compilers, and a system of several architectures, keep those of the other one. */
const foreignFolders = {
  x64: ['/usr/x86_64-linux-gnu/lib', '/usr/lib/x86_64-linux-gnu'],
  arm64: ['/usr/aarch64-linux-gnu/lib', '/usr/lib/aarch64-linux-gnu'],
} as const

/**
 * Node as it was published: from node_modules, or, where npm left out what cannot run here, from the registry, compared with the
 * lockfile.
 */
export function publishedNode(architecture: Architecture): Buffer {
  const name = `node-linux-${architecture}`
  const installed = join(top, 'node_modules', name, 'bin/node')
  if (existsSync(installed)) return readFileSync(installed)
  const { version, integrity = '' } = readLockfile(top).packages[`node_modules/${name}`] ?? {}
  if (version === undefined) throw new Error(`package-lock.json has no ${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'moss-node-'))
  try {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, `${name}@${version}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const archive = join(folder, `${name}-${version}.tgz`)
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (found !== integrity)
      throw new Error(`${name}@${version} is ${found}, and package-lock.json says ${integrity}`)
    return execFileSync('tar', ['-xzOf', archive, 'package/bin/node'], { maxBuffer: 2 ** 29 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `libraries` is relative to the folder in which it will lie. */
export const packedNode = (node: Uint8Array, libraries: string): Uint8Array =>
  cutElf(setLibraryPath(node, `$ORIGIN${libraries === '.' ? '' : `/${libraries}`}`))

export interface Libraries {
  /** By name, in the order of their names. */
  readonly brought: ReadonlyMap<string, Uint8Array>
  /** The loader and the C library in its parts; empty unless wanted. */
  readonly ofC: ReadonlyMap<string, Uint8Array>
  readonly missing: readonly string[]
  /** The oldest C library that will do, without those that are brought. */
  readonly glibc: string
}

/** The machine that builds has them: its own loader knows where. */
export function librariesOf(
  node: Uint8Array,
  { architecture, withLibc }: { readonly architecture: Architecture; readonly withLibc: boolean },
): Libraries {
  const places = architecture === process.arch ? placesOfLoader() : placesIn(foreignFolders[architecture])
  const { libraries, glibc } = needsOf(node)
  const take = (names: readonly string[]): Map<string, Uint8Array> =>
    new Map(
      names.toSorted().flatMap((name) => {
        const place = places(name)
        return place === undefined ? [] : [[name, new Uint8Array(readFileSync(realpathSync(place)))]]
      }),
    )
  const brought = take(broughtLibraries)
  const ofC = take(withLibc ? libraries.filter((name) => !broughtLibraries.includes(name)) : [])
  const wanted = withLibc ? libraries : broughtLibraries
  return {
    brought,
    ofC,
    missing: wanted.filter((name) => !brought.has(name) && !ofC.has(name)),
    glibc: [glibc, ...[...brought.values()].map((bytes) => needsOf(bytes).glibc)].reduce(newer),
  }
}

const newer = (a: string, b: string): string => (Number(a.slice(2)) >= Number(b.slice(2)) ? a : b)

type PlaceOf = (name: string) => string | undefined

function placesOfLoader(): PlaceOf {
  const ran = spawnSync('ldd', [process.execPath], { encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`ldd cannot say where the libraries are: ${ran.stderr}`)
  const places = new Map(
    ran.stdout.split('\n').flatMap((line) => {
      const path = /(\/\S+) \(0x[0-9a-f]+\)$/.exec(line)?.[1]
      return path === undefined ? [] : [[path.slice(path.lastIndexOf('/') + 1), path]]
    }),
  )
  return (name) => places.get(name)
}

const placesIn =
  (folders: readonly string[]): PlaceOf =>
  (name) =>
    folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
