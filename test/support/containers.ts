// Small containers in memory for tests: keys from a seed, a disk that holds a spool and nothing else, and the whole
// file as bytes.
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import type { CborValue } from '../../src/base/cbor.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest, HostId, PackageId } from '../../src/base/ids.ts'
import { encodeFront, type ContainerDraft, type FramesDraft } from '../../src/container/encode.ts'
import { FrameSpool, type SpoolOptions } from '../../src/container/frames.ts'
import { encodeCapabilities, encodeHosts, encodeManifests } from '../../src/container/package-table.ts'
import type { ReadBases } from '../../src/container/read-frames.ts'
import type { SectionDraft } from '../../src/container/sections.ts'
import { openContainer } from '../../src/container/read.ts'
import { verifyContainer, type VerifiedContainer } from '../../src/container/verify.ts'
import type { DeltaPair } from '../../src/delta/encode-delta.ts'
import { cutWhole } from '../../src/delta/jobs.ts'
import type { OpenFile } from '../../src/host/disk.ts'
import type { Outside } from '../../src/host/outside.ts'
import { inlinePool, type Pool } from '../../src/host/pool.ts'
import { keyFromSeed, signerOf, type SecretKey, type Signer } from '../../src/trust/keys.ts'
import { makeSoleRoot } from '../../src/trust/root.ts'

export const testKey = (number: number): SecretKey =>
  keyFromSeed(new Uint8Array(32).fill(number), new Uint8Array(8).fill(number))

export const testSigner: Signer = signerOf(testKey(1))
export const testRoot = makeSoleRoot(testKey(1).publicKey, 0)

/** A source over bytes that may change between reads. */
export const sourceOf = (bytes: Uint8Array) => ({
  name: 'test.moss',
  read: (into: Uint8Array, at: number): number => {
    const there = bytes.subarray(at, at + into.length)
    into.set(there)
    return there.length
  },
  [Symbol.dispose]: () => {},
})

export const opened = (bytes: Uint8Array) => openContainer(sourceOf(bytes))
export const verified = (bytes: Uint8Array): VerifiedContainer =>
  verifyContainer(opened(bytes), { role: 'exporter', root: testRoot })

/** An outside whose disk keeps one growing file. */
export function spoolOutside(pool: Pool = inlinePool): { outside: Outside; spooled: () => Uint8Array } {
  let bytes = new Uint8Array(0)
  const file = {
    path: 'spool',
    write: (more: Uint8Array, at: number): void => {
      bytes = concatBytes([bytes.subarray(0, at), more]) as Uint8Array<ArrayBuffer>
    },
    [Symbol.dispose]: () => {},
  } as unknown as OpenFile
  const disk = { open: () => file, remove: () => {} }
  return { outside: { disk, pool } as unknown as Outside, spooled: () => bytes }
}

/** Bytes without structure, the same for the same seed. */
export function noise(size: number, seed: number): Uint8Array {
  const out = new Uint8Array(size)
  let state = (seed * 2654435761 + 12345) >>> 0
  for (let i = 0; i < size; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    out[i] = state & 0xff
  }
  return out
}

export interface BundleParts {
  readonly kind?: 'bundle' | 'package'
  readonly contents?: readonly Uint8Array[]
  /** Carried as deltas before the contents, if that pays. */
  readonly deltas?: readonly DeltaPair[]
  readonly manifests?: readonly Uint8Array[]
  readonly sections?: readonly SectionDraft[]
  readonly about?: Readonly<Record<string, CborValue>>
  readonly spool?: SpoolOptions
  readonly signers?: readonly Signer[]
  readonly pool?: Pool
  /** Changes what the writer would have written. */
  readonly change?: (
    draft: ContainerDraft & { frames: FramesDraft },
  ) => ContainerDraft & { frames: FramesDraft }
}

export const testHost = '00112233aabbccdd' as HostId

/** A whole bundle as bytes. */
export async function buildBundle(parts: BundleParts = {}): Promise<Uint8Array> {
  const { outside, spooled } = spoolOutside(parts.pool)
  using spool = new FrameSpool(outside, 'spool', parts.spool ?? {})
  if (parts.deltas !== undefined) await addDeltas(spool, parts.deltas)
  for (const content of parts.contents ?? []) await spool.addContent([content])
  const frames = await spool.finish()
  const items = (parts.manifests ?? []).map((bytes) => ({ id: digestOf<PackageId>(bytes), bytes }))
  const { manifests, packages } = encodeManifests(items)
  const ids = items.map((item) => item.id)
  const drafted = {
    kind: parts.kind ?? 'bundle',
    created: 1_700_000_000,
    about: parts.about ?? { channel: 'test' },
    sections: [
      { name: 'manifests', bytes: manifests },
      { name: 'packages', bytes: packages },
      {
        name: 'capabilities',
        bytes: encodeCapabilities(
          ids.map((id) => ({ capability: digestOf(encodeUtf8('name(test)')), package: id })),
          ids,
        ),
      },
      { name: 'hosts', bytes: encodeHosts(new Map([[testHost, ids]])) },
      ...(parts.sections ?? []),
    ] satisfies SectionDraft[],
    frames,
  } as const
  const draft = parts.change === undefined ? drafted : parts.change(drafted)
  return concatBytes([encodeFront(draft, parts.signers ?? [testSigner]).bytes, spooled()])
}

/** In one group; a base of another name than its digest is of no use to anyone. */
export async function addDeltas(spool: FrameSpool, pairs: readonly DeltaPair[]): Promise<readonly boolean[]> {
  const files = pairs.map(({ base, target }) => {
    const list = cutWhole(target)
    spool.addList(list)
    return {
      base: { content: digestOf<ContentDigest>(base), offset: 0, sizeBytes: base.length },
      chunks: list.chunks,
    }
  })
  let kept: readonly boolean[] = []
  const bytes = concatBytes(pairs.flatMap(({ base, target }) => [base, target]))
  spool.addDeltas({ bytes, files }, (isGiven) => {
    kept = isGiven.map((chunks) => chunks.every((isOne) => isOne))
  })
  await spool.endDeltas()
  return kept
}

/** As a host reads them: the bytes of bases, each in a buffer of its own. */
export const basesOf =
  (...contents: readonly Uint8Array[]): ReadBases =>
  (ranges) =>
    ranges.map(({ content, offset, sizeBytes }) => {
      const found = contents.find((bytes) => digestOf(bytes) === content)
      return (found ?? new Uint8Array(0)).slice(offset, offset + sizeBytes)
    })

/** About 2 KiB with one of everything. */
export const smallBundle = (): Promise<Uint8Array> =>
  buildBundle({
    contents: [encodeUtf8('the same words again and again, '.repeat(20)), noise(200, 7), encodeUtf8('short')],
    manifests: [encodeUtf8('a manifest'), encodeUtf8('another manifest')],
    sections: [
      { name: 'summary', bytes: encodeUtf8('what it is') },
      { name: 'notes', bytes: encodeUtf8('a word '.repeat(30)) },
    ],
  })
