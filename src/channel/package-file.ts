// One package in a channel's folder: a container of kind package with one manifest and every chunk of its files.
// It is verified before anything else is asked of it, and its file is opened for each read only, so that a channel
// of thousands of packages holds no descriptors.
import { isMossError, MossError } from '../base/error.ts'
import type { PackageId } from '../base/ids.ts'
import { openKind } from '../container/read.ts'
import { readFrame } from '../container/read-frames.ts'
import { readManifests, readTables, type Tables } from '../container/tables.ts'
import { verifyContainer, type VerifiedContainer } from '../container/verify.ts'
import type { ByteSource } from '../host/byte-source.ts'
import type { Disk } from '../host/disk.ts'
import { decodeManifest } from '../manifest/codec.ts'
import type { LayoutFile, Manifest } from '../manifest/manifest.ts'
import type { Root } from '../trust/root.ts'
import type { GenuineClaims } from '../trust/signatures.ts'

export interface PackageFile {
  readonly id: PackageId
  readonly path: string
  /** Of the whole container. */
  readonly sizeBytes: number
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  readonly container: VerifiedContainer
}

/** What a container's tables give; the room that made the type is not ours to import. */
type ChunksOfContent = NonNullable<ReturnType<Tables['chunkList']>>

/** Signed by a packager of `root`, and holding exactly one manifest. Throws TRUST_…, CONTAINER_…, MANIFEST_INVALID. */
export function readPackageFile(disk: Disk, path: string, root: Root, known?: GenuineClaims): PackageFile {
  const opened = openKind(reopenedSource(disk, path), 'package')
  const container = verifyContainer(opened, { role: 'packager', root }, known)
  const [only, ...others] = readManifests(container)
  if (only === undefined || others.length > 0)
    throw new MossError('PACKAGE_UNREADABLE', {
      path,
      problem: `it has ${others.length + (only === undefined ? 0 : 1)} manifests`,
    })
  const [id, manifestBytes] = only
  const manifest = decodeManifest(manifestBytes, `manifest of ${path.slice(path.lastIndexOf('/') + 1)}`)
  return { id, path, sizeBytes: opened.endOffset, manifest, manifestBytes, container }
}

/** Every file's chunks are in its package, so nothing missing can be exported. Throws PACKAGE_UNREADABLE. */
export function checkPackageFile(file: PackageFile): void {
  const tables = readTables(file.container)
  for (const entry of file.manifest.layout) {
    if (entry.kind !== 'file') continue
    for (const chunk of chunksOf(file, entry).chunks)
      if (tables.chunkPlace(chunk.id)?.sizeBytes !== chunk.sizeBytes)
        throw new MossError('PACKAGE_UNREADABLE', {
          path: file.path,
          problem: `a chunk of ${entry.path} is missing`,
        })
  }
}

/** Reads it all. Throws CONTAINER_DAMAGED where a byte is not the one that was signed, CONTAINER_TRUNCATED. */
export function checkFrames({ container }: PackageFile): void {
  const { frameCount } = readTables(container)
  for (let n = 0; n < frameCount; n++) readFrame(container, n)
}

/** Of one whose reading may fail; what the machine does to us is told. */
export function isWhole(read: () => PackageFile, id: PackageId): boolean {
  try {
    const file = read()
    if (file.id === id) checkFrames(file)
    return file.id === id
  } catch (error) {
    if (isMossError(error) && !isMossError(error, 'HOST_IO')) return false
    throw error
  }
}

/** Throws PACKAGE_UNREADABLE where the container does not have what its manifest names. */
export function chunksOf(
  file: PackageFile,
  entry: Pick<LayoutFile, 'path' | 'content' | 'sizeBytes'>,
): ChunksOfContent {
  const list = readTables(file.container).chunkList(entry.content)
  if (list?.sizeBytes === entry.sizeBytes) return list
  throw new MossError('PACKAGE_UNREADABLE', {
    path: file.path,
    problem: `the chunks of ${entry.path} are missing`,
  })
}

const reopenedSource = (disk: Disk, path: string): ByteSource => ({
  name: path,
  read: (into, at) => {
    using file = disk.open(path, 'read')
    return file.read(into, at)
  },
  [Symbol.dispose]: () => {},
})
