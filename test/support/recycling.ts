// Roots whose next state lets one go, and ways to tamper with the tree that falls out: for tests of making the next tree
// from it. The same on the simulated and on the real disk.
import type { Disk } from '../../src/host/disk.ts'
import { keptTree, placesOf } from '../../src/state/places.ts'
import { treeDigest } from '../../src/state/tree-digest.ts'
import { importSamples, type OpenRoot, type SamplePackage, sampleRequest } from './sample-root.ts'

/** What is changed in a tree that is kept. `alone` has no other name; `linked` is its asset. */
export type Tamper = (disk: Disk, tree: string) => void

const rewrite = (disk: Disk, path: string): void => {
  const stat = disk.lstat(path)
  if (stat === undefined) throw new Error(`${path} is not there`)
  {
    using file = disk.open(path, 'update')
    const bytes = new Uint8Array(1)
    file.read(bytes, 0)
    file.write(Uint8Array.of((bytes[0] ?? 0) ^ 1), 0)
  }
  disk.setModified(path, stat.mtimeMs)
}

const replaceBy = (disk: Disk, path: string, bytes: Uint8Array): void => {
  const stat = disk.lstat(path)
  if (stat === undefined) throw new Error(`${path} is not there`)
  disk.remove(path)
  {
    using file = disk.open(path, 'create', stat.mode)
    file.write(bytes, 0)
  }
  disk.setOwner(path, stat.uid, stat.gid)
  disk.setModified(path, stat.mtimeMs)
}

/** The tree has usr/share/base/{linked,empty,symlink} and the folder usr/share/base/deep with a file. */
export const tampers: Readonly<Record<string, Tamper>> = {
  'bytes in place, with the date restored': (disk, tree) => rewrite(disk, `${tree}/share/base/linked`),
  'the bytes of a file without other names, with the date restored': (disk, tree) =>
    rewrite(disk, `${tree}/lib/moss/state`),
  'a mode': (disk, tree) => disk.setMode(`${tree}/share/base/linked`, 0o600),
  'the mode of a file without other names': (disk, tree) => disk.setMode(`${tree}/share/base/empty`, 0o666),
  'a date': (disk, tree) => disk.setModified(`${tree}/share/base/linked`, 1000),
  'a file more': (disk, tree) => disk.open(`${tree}/share/base/deep/more`, 'create')[Symbol.dispose](),
  'a file less': (disk, tree) => disk.remove(`${tree}/share/base/linked`),
  'another file of the same size': (disk, tree) =>
    replaceBy(
      disk,
      `${tree}/share/base/linked`,
      new Uint8Array(disk.lstat(`${tree}/share/base/linked`)?.sizeBytes ?? 0),
    ),
  'a copy of the same bytes': (disk, tree) =>
    replaceBy(disk, `${tree}/share/base/linked`, disk.readFile(`${tree}/share/base/linked`, 1000)),
  'another target': (disk, tree) => {
    disk.remove(`${tree}/share/base/symlink`)
    disk.makeSymlink('somewhere', `${tree}/share/base/symlink`)
  },
  'the mode of a folder': (disk, tree) => disk.setMode(`${tree}/share/base/deep`, 0o777),
  'the mode of usr': (disk, tree) => disk.setMode(tree, 0o777),
  'a file more in usr': (disk, tree) => disk.open(`${tree}/more`, 'create')[Symbol.dispose](),
  'a folder less': (disk, tree) => disk.removeTree(`${tree}/share/base/deep`),
  'a folder moved and a symlink in its place': (disk, tree) => {
    disk.rename(`${tree}/share/base/deep`, `${tree}/share/base/elsewhere`, 'exclusive')
    disk.makeSymlink('elsewhere', `${tree}/share/base/deep`)
  },
}

/** The digest of the staged tree, or the code of what went wrong. */
export async function stagedDigest(
  { outside, root, store, states }: OpenRoot,
  packages: readonly SamplePackage[],
  serial: number,
): Promise<{ readonly outcome: string; readonly publish: () => Promise<void> }> {
  await importSamples(store, packages)
  try {
    const staged = await states.stage(sampleRequest(packages, serial), () => {})
    return {
      outcome: await treeDigest(outside, keptTree(placesOf(root), staged.number)),
      publish: async () => void (await states.publish(staged, {}, () => {})),
    }
  } catch (error) {
    return { outcome: (error as { readonly code: string }).code, publish: async () => {} }
  }
}
