// What a suite of a Debian archive offers, proven from the top: gpgv checks the archive's own signature of InRelease, what
// that signs proves the indexes, and these prove each package.
import { decodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { type ArchiveFile, fetchFile, type Fetching, readArchiveFile } from './archive-file.ts'
import { type IndexedPackage, readDebianIndex } from './debian-index.ts'
import { type DebianRelease, indexEndings, parseRelease, unpackIndex } from './debian-release.ts'
import type { ForeignArchitecture } from './deb/relations.ts'
import type { ArchiveSuite } from './debian-sources.ts'

export interface OfferedPackage extends IndexedPackage {
  /** Where its file is: a path or an address. */
  readonly path: string
}

export interface SuiteOffer {
  readonly release: DebianRelease
  readonly packages: readonly OfferedPackage[]
  /** The digests of the indexes. */
  readonly indexes: readonly string[]
}

const releaseBytes = 16 * 1024 * 1024
const mostPackedBytes = 256 * 1024 * 1024

/**
 * `folder` keeps indexes by digest, so that one that did not change is not fetched again. With `foreign` the suite is of another
 * architecture than the machine. Throws ARCHIVE_REFUSED, NOT_FOUND, PACKAGE_UNREADABLE.
 */
export async function readSuite(
  from: Fetching,
  suite: ArchiveSuite,
  { folder, foreign }: { readonly folder: string; readonly foreign?: ForeignArchitecture },
): Promise<SuiteOffer> {
  const release = await readRelease(from, suite, folder)
  const packages: OfferedPackage[] = []
  const indexes: string[] = []
  for (const component of suite.components) {
    const name = `${component}/binary-${suite.architecture}/Packages`
    const index = await readIndex(from, { suite, release, name, folder })
    indexes.push(index.sha256)
    for (const each of readDebianIndex(index.bytes, name, foreign))
      // What is of none stands in the index of every architecture.
      if (foreign === undefined || each.manifest.architecture !== 'any')
        packages.push({ ...each, path: `${suite.place}/${each.file}` })
  }
  return { release, packages, indexes }
}

/** What gpgv gives back of InRelease: what it did not verify is not read. */
async function readRelease(
  from: Fetching,
  { place, suite, keyring }: ArchiveSuite,
  folder: string,
): Promise<DebianRelease> {
  const { outside } = from
  const { disk } = outside
  const path = `${place}/dists/${suite}/InRelease`
  if (keyring.endsWith('.asc')) {
    const problem = `gpgv does not read ${keyring}, as it is armoured: gpg --dearmor makes one that it reads`
    throw new MossError('ARCHIVE_REFUSED', { path, problem })
  }
  const [signed, verified] = [`${folder}/signed`, `${folder}/verified`]
  const bytes = await readArchiveFile(from, path, releaseBytes)
  if (bytes === undefined) throw new MossError('NOT_FOUND', { what: 'archive at', name: path })
  const removeBoth = (): void => {
    for (const old of [signed, verified]) if (disk.lstat(old) !== undefined) disk.remove(old)
  }
  removeBoth()
  try {
    using copy = disk.open(signed, 'create', 0o600)
    copy.write(bytes, 0)
    const ran = await outside.run({
      program: 'gpgv',
      arguments: ['--keyring', keyring, '--output', verified, signed],
    })
    if (ran.unsupported !== undefined || ran.exitCode === 127)
      throw new MossError('ARCHIVE_REFUSED', { path, problem: 'this machine has no gpgv to check it with' })
    if (ran.exitCode !== 0) throw new MossError('ARCHIVE_REFUSED', { path, problem: lastLine(ran.output) })
    const text = decodeUtf8(disk.readFile(verified, releaseBytes))
    if (text === undefined) throw new MossError('PACKAGE_UNREADABLE', { path, problem: 'it is not UTF-8' })
    const release = parseRelease(text, path)
    // Another suite under this one's name would be genuine, and lead back.
    if (![release.suite, release.codename].includes(suite))
      throw new MossError('ARCHIVE_REFUSED', {
        path,
        problem: `it is of suite ${release.suite} (${release.codename}), not ${suite}`,
      })
    return release
  } finally {
    removeBoth()
  }
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? 'gpgv refuses it'

async function readIndex(
  from: Fetching,
  {
    suite: { place, suite },
    release,
    name,
    folder,
  }: {
    readonly suite: ArchiveSuite
    readonly release: DebianRelease
    readonly name: string
    readonly folder: string
  },
): Promise<{ readonly sha256: string; readonly bytes: Uint8Array }> {
  for (const ending of indexEndings) {
    const signed = release.files.get(name + ending)
    if (signed === undefined || signed.sizeBytes > mostPackedBytes) continue
    const path = `${place}/dists/${suite}/${name}${ending}`
    const here = `${folder}/${signed.sha256}`
    for (const each of placesOf({ path, ...signed }, release))
      if (await fetchFile(from, each, here)) {
        const packed = from.outside.disk.readFile(here, mostPackedBytes)
        return { sha256: signed.sha256, bytes: await unpackIndex(packed, { path, ending }) }
      }
  }
  throw new MossError('NOT_FOUND', { what: 'component and architecture', name: `${name} in suite ${suite}` })
}

/** By its digest it stays there for a while when a newer one takes its name. */
const placesOf = (file: ArchiveFile, { hasDigestNames }: DebianRelease): readonly ArchiveFile[] =>
  hasDigestNames
    ? [{ ...file, path: file.path.replace(/[^/]+$/, `by-hash/SHA256/${file.sha256}`) }, file]
    : [file]
