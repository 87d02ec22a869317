// Opens a container: prelude, head and signature blocks, each read once, bounded and strict. Nothing is trusted yet:
// only verify.ts makes a VerifiedContainer, and only from one does anybody get at sections and frames.
import { decodeUtf8 } from '../base/bytes.ts'
import { digestOf, startDigest } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import type { ByteSource } from '../host/byte-source.ts'
import { decodeHead, type Head, type SectionEntry } from './head.ts'
import type { Kind } from './kinds.ts'
import { viewOf } from './little-endian.ts'
import { decodePrelude, preludeBytes, type Prelude } from './prelude.ts'
import { checkVolume } from './volume.ts'

export interface OpenedContainer {
  readonly source: ByteSource
  readonly kind: Kind
  /** SHA-256 of the head. */
  readonly id: ContainerId
  readonly prelude: Prelude
  readonly head: Head
  /** What the signatures cover. */
  readonly headBytes: Uint8Array
  /** One signature block for each of the head's signers. */
  readonly blocks: readonly string[]
  /**
   * Where the first section starts, the first frame, and what follows the last byte; from the start of the whole container's
   * file. In a volume its own first frame stands where frame 0 does there.
   */
  readonly sectionsOffset: number
  readonly framesOffset: number
  readonly endOffset: number
}

/**
 * The source must live as long as what is opened. A file that is cut short after the signatures opens: whoever
 * reads the missing part is told. One that goes on after its end is refused here. Throws CONTAINER_NOT_ONE for a volume.
 */
export function openContainer(source: ByteSource): OpenedContainer {
  const opened = openVolume(source)
  const { volume } = opened.prelude
  if (volume === undefined) return opened
  const problem = `it is volume ${volume.number} of ${volume.count}, not whole`
  throw new MossError('CONTAINER_NOT_ONE', { path: source.name, problem })
}

/** Of a volume, too. Where that ends only the frame table says: see `checkVolumeEnd`. */
export function openVolume(source: ByteSource): OpenedContainer {
  const prelude = decodePrelude(readSome(source, 0, preludeBytes), source.name)
  const headBytes = readExactly(source, { at: preludeBytes, length: prelude.headBytes, part: 'head' })
  if (digestOf(headBytes) !== prelude.id)
    throw new MossError('CONTAINER_DAMAGED', { part: 'head', problem: 'its digest is not the container id' })
  const head = decodeHead(headBytes, prelude.kind)
  const { volume } = prelude
  if (volume !== undefined) checkVolume(volume, head.frames.count)
  const signaturesOffset = preludeBytes + prelude.headBytes
  const signatures = readExactly(source, {
    at: signaturesOffset,
    length: prelude.signaturesBytes,
    part: 'signatures',
  })
  const sectionsOffset = signaturesOffset + prelude.signaturesBytes
  const framesOffset = head.sections.reduce((sum, section) => sum + section.storedBytes, sectionsOffset)
  const endOffset = framesOffset + head.frames.storedBytes
  const opened: OpenedContainer = {
    source,
    kind: prelude.kind,
    id: prelude.id,
    prelude,
    head,
    headBytes,
    blocks: decodeBlocks(signatures, head.signers.length),
    sectionsOffset,
    framesOffset,
    endOffset,
  }
  if (volume === undefined) checkEnd(source, endOffset)
  return opened
}

/** Throws CONTAINER_DAMAGED where the source goes on. */
export function checkEnd(source: ByteSource, endOffset: number): void {
  if (readSome(source, endOffset, 1).length > 0)
    throw new MossError('CONTAINER_DAMAGED', { part: 'end', problem: 'there are bytes after it' })
}

const titles: Readonly<Record<Kind, string>> = {
  bundle: 'bundle',
  package: 'package',
  state: 'state',
  channel: 'snapshot',
  root: 'trust root',
  audit: 'audit',
  grant: 'grant',
}

/** A container of this kind. Throws CONTAINER_NOT_ONE for another. */
export const openKind = (source: ByteSource, kind: Kind): OpenedContainer =>
  ofKind(openContainer(source), kind)

/** The same of a volume, too. */
export const openVolumeOf = (source: ByteSource, kind: Kind): OpenedContainer =>
  ofKind(openVolume(source), kind)

function ofKind(opened: OpenedContainer, kind: Kind): OpenedContainer {
  if (opened.kind === kind) return opened
  const problem = `it is a ${opened.kind}, not a ${titles[kind]}`
  throw new MossError('CONTAINER_NOT_ONE', { path: opened.source.name, problem })
}

function decodeBlocks(bytes: Uint8Array, count: number): readonly string[] {
  const view = viewOf(bytes)
  const blocks: string[] = []
  let at = 0
  for (let n = 1; n <= count; n++) {
    const refuse = (problem: string): never => {
      throw new MossError('CONTAINER_DAMAGED', { part: `signature ${n}`, problem })
    }
    if (at + 4 > bytes.length) return refuse('missing')
    const length = view.getUint32(at, true)
    at += 4
    if (length > bytes.length - at) return refuse(`${length} bytes, ${bytes.length - at} are left`)
    const text = decodeUtf8(bytes.subarray(at, at + length)) ?? refuse('not text')
    blocks.push(text)
    at += length
  }
  if (at !== bytes.length)
    throw new MossError('CONTAINER_DAMAGED', { part: 'signatures', problem: 'more than the head names' })
  return blocks
}

/** As it lies in the file, checked against the head's digest. */
export function readStored(container: OpenedContainer, entry: SectionEntry): Uint8Array {
  const { name, storedBytes, digest } = entry
  const at = sectionOffset(container, entry)
  const stored = readExactly(container.source, { at, length: storedBytes, part: `section ${name}` })
  if (digestOf(stored) !== digest) refuseSection(entry)
  return stored
}

const checkedBytes = 1024 * 1024

/** The same check without keeping the bytes: for a head that nobody vouches for, whose sizes must cost no memory. */
export function checkStored(container: OpenedContainer, entry: SectionEntry): void {
  const { name, storedBytes, digest } = entry
  const start = sectionOffset(container, entry)
  const running = startDigest()
  for (let done = 0; done < storedBytes; done += checkedBytes) {
    const length = Math.min(checkedBytes, storedBytes - done)
    running.add(readExactly(container.source, { at: start + done, length, part: `section ${name}` }))
  }
  if (running.finish() !== digest) refuseSection(entry)
}

function sectionOffset(container: OpenedContainer, entry: SectionEntry): number {
  let at = container.sectionsOffset
  for (const section of container.head.sections) {
    if (section.name === entry.name) break
    at += section.storedBytes
  }
  return at
}

function refuseSection({ name }: SectionEntry): never {
  const problem = 'its bytes are not the ones that were signed'
  throw new MossError('CONTAINER_DAMAGED', { part: `section ${name}`, problem })
}

/** Exactly `length` bytes, or CONTAINER_TRUNCATED naming `part`. The caller has bounded `length`. */
export function readExactly(
  source: ByteSource,
  { at, length, part }: { readonly at: number; readonly length: number; readonly part: string },
): Uint8Array {
  const bytes = readSome(source, at, length)
  if (bytes.length < length)
    throw new MossError('CONTAINER_TRUNCATED', { part, presentBytes: bytes.length, wantedBytes: length })
  return bytes
}

/** As many of `length` bytes as the source has. */
function readSome(source: ByteSource, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let count = 0
  while (count < length) {
    const more = source.read(bytes.subarray(count), at + count)
    if (more === 0) break
    count += more
  }
  return bytes.subarray(0, count)
}
