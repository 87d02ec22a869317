// Files that only their recipients can read, in the age format (age-encryption.org/v1), around a finished container: by the
// library of age's author, interoperable with the program. Sealing hides; it says nothing about who wrote a file.
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption'
import { bech32 } from '@scure/base'
import { concatBytes } from '../base/bytes.ts'
import { isMossError, MossError } from '../base/error.ts'
import { type ByteSource, keepStart } from './byte-source.ts'
import type { OpenFile } from './disk.ts'

/** The header ends here or the file is refused, before anything is made of it. */
const mostHeaderBytes = 1024 * 1024
const usualHeaderBytes = 4096
const newline = 0x0a
const pieceBytes = 1024 * 1024

/** The library says what is in a header, which is a stranger's. */
const longestProblem = 100

/** `AGE-SECRET-KEY-1…` from 32 random bytes. */
export const sealingIdentity = (secret: Uint8Array): string =>
  bech32.encodeFromBytes('AGE-SECRET-KEY-', secret).toUpperCase()

/** `age1…`, which anybody may know. */
export const recipientOf = (identity: string): Promise<string> => identityToRecipient(identity)

export const isRecipient = (text: string): boolean => {
  try {
    return text.startsWith('age1') && bech32.decodeToBytes(text).bytes.length === 32
  } catch {
    return false
  }
}

function encrypterFor(recipients: readonly string[]): Encrypter {
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return encrypter
}

export const sealBytes = (bytes: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> =>
  encrypterFor(recipients).encrypt(bytes)

/** The pieces of a file in their order, sealed, in pieces that are to be used before the next. */
export async function* sealedPieces(
  pieces: Iterable<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  yield* await encrypterFor(recipients).encrypt(ReadableStream.from(inPieces(pieces)))
}

/** Copies: streams hold some of them while the next is made, perhaps in the same place. */
function* inPieces(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += pieceBytes) yield piece.slice(at, at + pieceBytes)
}

/** A sealed file is its header and, for each block of what is in it, that block and a tag. */
const blockBytes = 64 * 1024
const tagBytes = 16

/** How long files are that are sealed for these, by how long what is in them is. */
export async function sealedSizes(
  recipients: readonly string[],
): Promise<{ readonly sizeOf: (bytes: number) => number; readonly mostInside: (bytes: number) => number }> {
  const ofNothing = await sealBytes(new Uint8Array(0), recipients)
  const headerBytes = ofNothing.length - tagBytes
  const tagsOf = (bytes: number): number => tagBytes * Math.max(1, Math.ceil(bytes / blockBytes))
  return {
    sizeOf: (bytes) => headerBytes + bytes + tagsOf(bytes),
    mostInside: (bytes) => {
      const rest = bytes - headerBytes
      return Math.max(0, rest - tagBytes * Math.ceil(rest / (blockBytes + tagBytes)))
    },
  }
}

/** At most `limitBytes`. Throws SEALED_FOR_OTHERS, SEAL_DAMAGED. */
export async function openSealed(
  source: ByteSource,
  identity: string,
  limitBytes: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of openedPieces(source, identity)) {
    sizeBytes += piece.length
    if (sizeBytes > limitBytes)
      throw new MossError('SEAL_DAMAGED', {
        path: source.name,
        problem: `it holds more than ${limitBytes} bytes`,
      })
    pieces.push(piece)
  }
  return concatBytes(pieces)
}

/** Into a new file, whatever its size; its size. What is there before the end is as little judged as the whole. */
export async function openSealedInto(source: ByteSource, identity: string, into: OpenFile): Promise<number> {
  let at = 0
  for await (const piece of openedPieces(source, identity)) {
    into.write(piece, at)
    at += piece.length
  }
  return at
}

/** Whether it opens, as far as its header tells, of about this length. Throws SEAL_DAMAGED. */
export async function opensWith(
  sealed: ByteSource,
  identity: string,
): Promise<{ readonly opens: boolean; readonly headerBytes: number }> {
  const { start } = readHeader(sealed)
  const headerBytes = start.length
  try {
    await decrypterOf(identity).decryptHeader(start)
    return { opens: true, headerBytes }
  } catch (error) {
    const refused = refusalOf(error, sealed.name)
    if (isMossError(refused, 'SEALED_FOR_OTHERS')) return { opens: false, headerBytes }
    throw refused
  }
}

async function* openedPieces(sealed: ByteSource, identity: string): AsyncGenerator<Uint8Array> {
  const { whole: source } = readHeader(sealed)
  try {
    yield* await decrypterOf(identity).decrypt(streamOf(source))
  } catch (error) {
    throw refusalOf(error, source.name)
  }
}

function decrypterOf(identity: string): Decrypter {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return decrypter
}

/** With as much behind it as it takes to see that it has ended. */
function readHeader(sealed: ByteSource): ReturnType<typeof keepStart> {
  for (let bytes = usualHeaderBytes; bytes <= mostHeaderBytes; bytes *= 4) {
    const kept = keepStart(sealed, bytes)
    const end = Buffer.from(kept.start).indexOf('\n--- ')
    if (end >= 0 && kept.start.includes(newline, end + 1)) return kept
    if (kept.start.length < bytes) break
  }
  throw new MossError('SEAL_DAMAGED', { path: sealed.name, problem: 'its header does not end' })
}

function refusalOf(error: unknown, path: string): unknown {
  if (error instanceof MossError || isOfMachine(error)) return error
  const problem = (error instanceof Error ? error.message : String(error)).slice(0, longestProblem)
  return problem.startsWith('no identity matched')
    ? new MossError('SEALED_FOR_OTHERS', { path })
    : new MossError('SEAL_DAMAGED', { path, problem }, error)
}

/** What a disk says of itself has a code of its own. */
const isOfMachine = (error: unknown): boolean => error instanceof Error && 'errno' in error

const streamOf = (source: ByteSource): ReadableStream<Uint8Array> => {
  let at = 0
  return new ReadableStream<Uint8Array>({
    pull(control) {
      const piece = new Uint8Array(pieceBytes)
      const count = source.read(piece, at)
      if (count === 0) return control.close()
      at += count
      control.enqueue(piece.subarray(0, count))
    },
  })
}
