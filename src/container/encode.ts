// Makes a container's bytes up to its frames: prelude, head, signatures, sections. Nothing in them comes from this
// machine: the same draft, frames and keys give the same bytes.
import { concatBytes, encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { ContainerId, ContentDigest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { Signer } from '../trust/keys.ts'
import { encodeHead, type About } from './head.ts'
import type { Kind } from './kinds.ts'
import { viewOf, writeU32 } from './little-endian.ts'
import { encodePrelude } from './prelude.ts'
import { encodeSections, type KnownBytes, type SectionDraft } from './sections.ts'

export interface ContainerDraft {
  readonly kind: Kind
  /** Whole seconds since 1970; never from the clock where the same input shall give the same file. */
  readonly created: number
  readonly about: About
  /** In any order; empty ones are left out. */
  readonly sections: readonly SectionDraft[]
  /** Of a bundle: what its sections may build on, since every host of it has that. */
  readonly known?: KnownBytes
}

/** What the front says of the frames behind it: their number and size, and the tables made with them. */
export interface FramesDraft {
  readonly count: number
  readonly storedBytes: number
  readonly sections: readonly SectionDraft[]
}

/** All that stands before the frames. */
export function encodeFront(
  draft: ContainerDraft & { readonly frames?: FramesDraft },
  signers: readonly Signer[],
): { readonly id: ContainerId; readonly bytes: Uint8Array } {
  const { kind, created, about, frames, known } = draft
  const sections = encodeSections(kind, [...draft.sections, ...(frames?.sections ?? [])], {
    frameCount: frames?.count ?? 0,
    ...(known && { known }),
  })
  const inHead = known?.inHead.map((bytes) => digestOf<ContentDigest>(bytes)) ?? []
  const head = encodeHead({
    kind,
    created,
    signers: signers.map((signer) => signer.publicKey.id),
    about,
    sections: sections.map((section) => section.entry),
    frames: { count: frames?.count ?? 0, storedBytes: frames?.storedBytes ?? 0 },
    ...(inHead.length > 0 && { known: inHead }),
  })
  const blocks = signers.map((signer) => signer.sign(head))
  return encodeAround(
    { kind, head, blocks },
    sections.map((section) => section.stored),
  )
}

/** Prelude, head, signature blocks, then the sections as they are stored. */
export function encodeAround(
  {
    kind,
    head,
    blocks,
  }: { readonly kind: Kind; readonly head: Uint8Array; readonly blocks: readonly string[] },
  stored: readonly Uint8Array[],
): { readonly id: ContainerId; readonly bytes: Uint8Array } {
  const signatures = encodeBlocks(blocks)
  const id = digestOf<ContainerId>(head)
  const prelude = encodePrelude({
    kind,
    headBytes: head.length,
    signaturesBytes: signatures.length,
    id,
  })
  return { id, bytes: concatBytes([prelude, head, signatures, ...stored]) }
}

function encodeBlocks(blocks: readonly string[]): Uint8Array {
  const bytes = concatBytes(
    blocks.flatMap((block) => {
      const text = encodeUtf8(block)
      const length = new Uint8Array(4)
      writeU32(viewOf(length), 0, text.length)
      return [length, text]
    }),
  )
  if (bytes.length > limits.signaturesBytes) throw new RangeError(`signatures of ${bytes.length} bytes`)
  return bytes
}
