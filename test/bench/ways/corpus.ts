// The sets of pairs.tsv as folders of real files: both trees, and the package files that they were unpacked from.
// fetch-corpora.sh builds what is missing and refuses what is not in manifest.tsv. A set of which a package is no
// longer published is still measured, and its report says how many pairs it had.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Version {
  readonly kind: 'deb' | 'npm'
  readonly name: string
  readonly version: string
  /** The .deb or .tgz. */
  readonly file: string
}

export interface Pair {
  readonly before: Version
  readonly after: Version
}

export interface Corpus {
  readonly set: string
  /** Trees. */
  readonly a: string
  readonly b: string
  /** Those whose two versions are both at hand. */
  readonly pairs: readonly Pair[]
  readonly wanted: number
}

const here = join(import.meta.dirname, '..')

/** Fetches and unpacks where the folder has no such set yet. */
export function openCorpus(folder: string, set: string): Corpus {
  const [a, b] = [join(folder, set, 'A'), join(folder, set, 'B')]
  if (!existsSync(a) || !existsSync(b)) {
    const fetched = spawnSync('bash', [join(here, 'fetch-corpora.sh'), folder, set], { stdio: 'inherit' })
    if (fetched.status !== 0) throw new Error(`fetch-corpora.sh ${set}: exit ${fetched.status}`)
  }
  const files = readdirSync(join(folder, 'packages'))
  const lines = readFileSync(join(here, 'pairs.tsv'), 'utf8').split('\n')
  const wanted = lines.map((line) => line.split('\t')).filter(([name]) => name === set)
  if (wanted.length === 0) throw new Error(`pairs.tsv has no set ${set}`)
  const pairs = wanted.flatMap(([, kind = '', before = '', old = '', after = '', fresh = '']): Pair[] => {
    const [one, other] = [versionOf(kind, before, old, files), versionOf(kind, after, fresh, files)]
    return one === undefined || other === undefined ? [] : [{ before: one, after: other }]
  })
  const at = (version: Version): Version => ({ ...version, file: join(folder, 'packages', version.file) })
  return {
    set,
    a,
    b,
    pairs: pairs.map(({ before, after }) => ({ before: at(before), after: at(after) })),
    wanted: wanted.length,
  }
}

/** Names files as apt and npm do. */
function versionOf(
  kind: string,
  name: string,
  version: string,
  files: readonly string[],
): Version | undefined {
  if (kind !== 'deb' && kind !== 'npm') throw new Error(`pairs.tsv: ${kind} is neither deb nor npm`)
  const start = `${name}_${version.replaceAll(':', '%3a')}_`
  const tarball = `${name.replaceAll('@', '').replaceAll('/', '-')}-${version}.tgz`
  const file = files.find((each) => (kind === 'deb' ? each.startsWith(start) : each === tarball))
  return file === undefined ? undefined : { kind, name, version, file }
}
