// Sealed files on their way in and out: a host's and a station's own identity, and what either opens with it. What comes out
// of a seal is judged like any other file.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { startDigest } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import type { Wrapping } from '../container/cut.ts'
import type { VolumeFile } from '../container/volume-file.ts'
import { type ByteSource, bytesSource, fileSource, keepStart } from '../host/byte-source.ts'
import type { Disk } from '../host/disk.ts'
import { createPart, dropPart, placePart, writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom } from '../host/room.ts'
import { isSealed, openingBytes } from '../host/sealed-start.ts'
import { parentFolder } from '../state/places.ts'
import { digestOfFile } from '../host/whole-files.ts'

const identityBytes = 256

/** Each takes a hundred bytes of the header and, of who is none of them, a third of a millisecond to find that out. */
export const mostRecipients = 10_000

/** In a folder of keys: the secret, and the recipient that goes with it. */
const identityFile = 'sealing.age'
const recipientFile = 'sealing.recipient'

/** Loaded where something is sealed, and nowhere else. */
const sealing = () => import('../host/sealing.ts')

interface KeyFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly mode: number
}

/** A new identity, as files for a folder of keys. */
export async function newSealingFiles(outside: Outside): Promise<readonly KeyFile[]> {
  const { recipientOf, sealingIdentity } = await sealing()
  const identity = sealingIdentity(outside.randomBytes(32))
  const recipient = await recipientOf(identity)
  return [
    { name: identityFile, bytes: encodeUtf8(`${identity}\n`), mode: 0o600 },
    { name: recipientFile, bytes: encodeUtf8(`${recipient}\n`), mode: 0o644 },
  ]
}

function readLine(disk: Disk, path: string): string | undefined {
  if (disk.lstat(path) === undefined) return undefined
  return (decodeUtf8(disk.readFile(path, identityBytes)) ?? '').trim()
}

const readIdentity = (disk: Disk, folder: string): string | undefined =>
  readLine(disk, `${folder}/${identityFile}`)

/** `age1…`; undefined for a folder of keys that is older than seals are. */
export const readRecipient = (disk: Disk, folder: string): string | undefined =>
  readLine(disk, `${folder}/${recipientFile}`)

/** The same, of an identity that is made if there is none. */
export async function ensureRecipient(outside: Outside, folder: string): Promise<string> {
  const known = readRecipient(outside.disk, folder)
  if (known !== undefined) return known
  for (const { name, bytes, mode } of await newSealingFiles(outside))
    writeDurably(outside.disk, `${folder}/${name}`, bytes, { mode, replace: true })
  return readRecipient(outside.disk, folder) ?? ''
}

/** Throws CLI_USAGE for what is none. */
export async function checkRecipient(text: string, see: string): Promise<string> {
  const { isRecipient } = await sealing()
  if (isRecipient(text)) return text
  throw new MossError('CLI_USAGE', { problem: `${text} is no recipient; one begins with age1`, see })
}

export async function sealFor(bytes: Uint8Array, recipient: string): Promise<Uint8Array> {
  return (await sealing()).sealBytes(bytes, [recipient])
}

/** A file of at most `limitBytes` as it is, or opened. Throws SEALED_FOR_OTHERS, SEAL_DAMAGED. */
export async function openIfSealed(
  { disk }: Outside,
  path: string,
  { keys, limitBytes }: { readonly keys: string; readonly limitBytes: number },
): Promise<{ readonly source: ByteSource; readonly wasSealed: boolean }> {
  const { start, whole: source } = keepStart(fileSource(disk, path), openingBytes)
  if (!isSealed(start)) return { source, wasSealed: false }
  using _source = source
  const { openSealed } = await sealing()
  const identity = readIdentity(disk, keys)
  if (identity === undefined) throw new MossError('SEALED_FOR_OTHERS', { path })
  return { source: bytesSource(path, await openSealed(source, identity, limitBytes)), wasSealed: true }
}

/**
 * Whether files are sealed for whoever has these keys, by their headers, of which it looks through so many bytes. The answer throws
 * SEAL_DAMAGED.
 */
export async function openerWith(
  { disk }: Outside,
  keys: string,
  mostBytes: number,
): Promise<(path: string) => Promise<boolean>> {
  const identity = readIdentity(disk, keys)
  const { opensWith } = await sealing()
  let leftBytes = mostBytes
  return async (path) => {
    if (identity === undefined) return false
    using source = fileSource(disk, path)
    if (leftBytes <= 0)
      throw new MossError('SEAL_DAMAGED', {
        path,
        problem: 'too much that is sealed lies beside it to look through',
      })
    const { opens, headerBytes } = await opensWith(source, identity)
    leftBytes -= headerBytes
    return opens
  }
}

/** A file of any size, which stays the caller's: as it is, or where it is sealed, what is in it, in the new file `into`, which goes with the source. */
export async function openLargeIfSealed(
  { disk }: Outside,
  stored: ByteSource,
  { keys, into }: { readonly keys: string; readonly into: string },
): Promise<ByteSource> {
  const drop = (): void => {
    if (disk.lstat(into) !== undefined) disk.remove(into)
  }
  drop()
  const { start, whole: source } = keepStart(stored, openingBytes)
  if (!isSealed(start)) return unowned(stored)
  const { openSealedInto } = await sealing()
  const { name: path } = stored
  const identity = readIdentity(disk, keys)
  if (identity === undefined) throw new MossError('SEALED_FOR_OTHERS', { path })
  try {
    // Anybody can seal: until it is open nothing of it has been judged.
    assertRoom(disk, parentFolder(into), { sizeBytes: disk.lstat(path)?.sizeBytes ?? 0, inodes: 1 })
    using file = disk.open(into, 'create', 0o600)
    await openSealedInto(source, identity, file)
  } catch (error) {
    drop()
    throw error
  }
  const opened = fileSource(disk, into)
  return {
    name: path,
    read: (bytes, at) => opened.read(bytes, at),
    [Symbol.dispose]: () => {
      opened[Symbol.dispose]()
      drop()
    },
  }
}

/** For who may read it, and not close it. */
const unowned = (source: ByteSource): ByteSource => ({
  name: source.name,
  read: (bytes, at) => source.read(bytes, at),
  [Symbol.dispose]: () => {},
})

/** How files are laid down that only these can read: each is durable, and read back. */
export async function sealingFor(outside: Outside, how: Sealing): Promise<Wrapping> {
  const { sealedSizes } = await sealing()
  return {
    ...(await sealedSizes(how.recipients)),
    replaces: how.replaces,
    write: (path, file) => sealFile(outside, path, { file, ...how }),
  }
}

interface Sealing {
  readonly recipients: readonly string[]
  /** What lies there under the same name; else ALREADY_EXISTS. */
  readonly replaces: boolean
  readonly report: Report
}

async function sealFile(
  { disk }: Outside,
  path: string,
  { file, recipients, replaces, report }: Sealing & { readonly file: VolumeFile },
): Promise<void> {
  const { sealedPieces } = await sealing()
  const digest = startDigest()
  try {
    using part = createPart(disk, path)
    let doneBytes = 0
    for await (const piece of sealedPieces(file.pieces(), recipients)) {
      part.write(piece, doneBytes)
      digest.add(piece)
      doneBytes += piece.length
      report({ phase: 'write', item: path, doneBytes, totalBytes: file.sizeBytes })
    }
    placePart(disk, part, path, { replace: replaces })
  } catch (error) {
    dropPart(disk, path)
    throw error
  }
  disk.dropCached(path)
  if (digestOfFile(disk, path) === digest.finish()) return
  disk.remove(path)
  throw new MossError('HOST_IO', {
    action: 'read back',
    path,
    problem: 'the medium gives other bytes than were written: use another one',
  })
}
