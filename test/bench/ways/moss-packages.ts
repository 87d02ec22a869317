// Real packages as moss takes them in without their dependencies, which lie outside every set: a folder for each,
// with what its .deb or .tgz holds and a moss-package.toml. npm packages go to usr/lib/node_modules; debs are placed
// by moss itself. Of a path that several packages of a set hold, the last has it, as in the tree. Packed sources of the
// kernel are unpacked, as fetch-corpora.sh has them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { placePath } from '../../../src/ingest/placement.ts'
import type { Corpus, Version } from './corpus.ts'
import { quote, run } from './timed.ts'
import { entriesBelow } from './trees.ts'

const modules = 'usr/lib/node_modules'

/** A package's name in moss. */
export const nameOf = ({ kind, name }: Version): string =>
  kind === 'deb' ? name : name.replaceAll('@', '').replaceAll('/', '-')

/** Makes a folder for every package below `into`, in the order of the set. */
export function unpackSide(versions: readonly Version[], into: string): readonly string[] {
  const owner = new Map<string, string>()
  return versions.map((version) => {
    const folder = join(into, nameOf(version))
    const { kind, name, file } = version
    const inside = kind === 'deb' ? folder : join(folder, modules, name)
    mkdirSync(inside, { recursive: true })
    if (kind === 'deb')
      run(
        `dpkg-deb --fsys-tarfile ${quote(file)} | tar -x --same-permissions --no-same-owner -C ${quote(folder)}`,
        into,
      )
    else run(`tar -xzf ${quote(file)} --strip-components=1 --no-same-owner -C ${quote(inside)}`, into)
    run(openSources, folder)
    run(`chmod -R u+rwX .`, folder)
    for (const { path, entry } of entriesBelow(folder)) {
      if (entry.isDirectory()) continue
      const place = placed(path)
      const earlier = owner.get(place)
      if (earlier !== undefined) rmSync(earlier)
      owner.set(place, join(folder, path))
    }
    writeFileSync(join(folder, 'moss-package.toml'), describe(version))
    return folder
  })
}

const openSources = `for packed in usr/src/linux-source-*.tar.xz; do
    [ -e "$packed" ] || continue
    tar -xJf "$packed" -C usr/src --no-same-owner
    rm "$packed"
  done`

const placed = (path: string): string => {
  const place = placePath(path, {}, 'other')
  return place.kind === 'placed' ? place.path : path
}

/** Versions of npm are compared like moss's own. */
const describe = (version: Version): string =>
  `name = "${nameOf(version)}"\nversion = "${version.version}"\nscheme = "${version.kind === 'deb' ? 'deb' : 'moss'}"\n`

/** Where moss has a path of tree B: npm packages are its top folders, everything else lies as in its .deb. */
export function placeIn(corpus: Corpus): (path: string, isFolder: boolean) => string | undefined {
  const tops = corpus.pairs.filter(({ after }) => after.kind === 'npm').map(({ after }) => after.name)
  return (path, isFolder) => {
    if (tops.some((top) => path === top || path.startsWith(`${top}/`))) return `${modules}/${path}`
    if (isFolder) return undefined
    return placed(path)
  }
}
