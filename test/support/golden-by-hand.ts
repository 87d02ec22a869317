// What golden containers are made of: keys and dates that never change, one package's manifest, and bundles whose frames
// are given byte for byte, so that what changes in an encoder changes few of them.
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ChunkId, ContentDigest, HostId, PackageId } from '../../src/base/ids.ts'
import { encodeFront, type FramesDraft } from '../../src/container/encode.ts'
import { encodeChunks, encodeFrames, type FrameEntry } from '../../src/container/frame-table.ts'
import type { SectionDraft } from '../../src/container/sections.ts'
import { encodeManifest } from '../../src/manifest/codec.ts'
import type { LayoutEntry, Manifest } from '../../src/manifest/manifest.ts'
import { signerOf } from '../../src/trust/keys.ts'
import type { Root } from '../../src/trust/root.ts'
import { noise, testKey } from './containers.ts'

export const owner = signerOf(testKey(1))
export const packager = signerOf(testKey(2))
export const stranger = signerOf(testKey(3))

/** Key 1 may do everything, key 2 only sign packages, key 3 is unknown. */
export const goldenRoot: Root = {
  version: 1,
  epoch: 1,
  created: 1_700_000_000,
  keys: [owner.publicKey, packager.publicKey].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  roles: {
    root: { keys: [owner.publicKey.id], threshold: 1 },
    channel: { keys: [owner.publicKey.id], threshold: 1 },
    packager: {
      keys: [owner.publicKey.id, packager.publicKey.id].toSorted((a, b) => (a < b ? -1 : 1)),
      threshold: 1,
    },
    exporter: { keys: [owner.publicKey.id], threshold: 1 },
  },
}

export const created = 1_700_000_000
export const host = '00112233aabbccdd' as HostId

export const program = encodeUtf8('#!/bin/sh\necho "hello from moss"\n')
/** Also the base of most deltas here. */
export const table = concatBytes(Array.from({ length: 45 }, () => noise(8000, 11)))

export function manifestOf(
  version: string,
  files: Readonly<Record<string, Uint8Array>>,
  name = 'hello',
): Manifest {
  const attributes = { mode: 0o755, uid: 0, gid: 0 }
  const layout: LayoutEntry[] = ['usr', 'usr/bin', 'usr/share'].map((path) => ({
    kind: 'folder',
    path,
    ...attributes,
  }))
  const more = Object.entries(files).map(([path, bytes]): LayoutEntry => ({
    kind: 'file',
    path,
    ...attributes,
    mode: path.startsWith('usr/bin') ? 0o755 : 0o644,
    sizeBytes: bytes.length,
    content: digestOf<ContentDigest>(bytes),
  }))
  const link: LayoutEntry = { kind: 'symlink', path: 'usr/bin/hi', target: 'hello' }
  const depth = (entry: LayoutEntry): readonly string[] => entry.path.split('/')
  return {
    name,
    version,
    scheme: 'moss',
    architecture: 'any',
    summary: 'says hello',
    description: '',
    licence: 'Apache-2.0',
    origin: '',
    provides: [{ kind: 'binary', name: 'hello' }],
    requires: [],
    conflicts: [],
    replaces: [],
    layout: [...layout, ...more, link].toSorted((a, b) =>
      depth(a).join('\0') < depth(b).join('\0') ? -1 : 1,
    ),
    privileged: [],
  }
}

export const item = (manifest: Manifest) => {
  const bytes = encodeManifest(manifest)
  return { id: digestOf<PackageId>(bytes), bytes }
}

export interface HandFrame {
  readonly stored: Uint8Array
  /** One chunk, unless there are `chunks`. */
  readonly plain: Uint8Array
  readonly chunks?: readonly Uint8Array[]
  readonly codec?: number
  readonly bases?: number
}

/** A bundle with frames as given; `change` alters the tables before they are signed. */
export function byHand(
  frames: readonly HandFrame[],
  change: (name: string, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes,
  more: readonly SectionDraft[] = [],
): Uint8Array {
  let offset = 0
  const entries = frames.map(({ stored, plain, codec, bases = 0 }) => {
    const entry = {
      offset,
      storedBytes: stored.length,
      plainBytes: plain.length,
      codec: codec ?? 2,
      bases,
      digest: digestOf(stored),
    }
    offset += stored.length
    return entry as FrameEntry
  })
  const chunks = frames.flatMap((each, frame) => {
    let end = 0
    return (each.chunks ?? [each.plain]).map((chunk) => {
      const place = { id: digestOf<ChunkId>(chunk), frame, offset: end, sizeBytes: chunk.length }
      end += chunk.length
      return place
    })
  })
  const draft: FramesDraft = {
    count: frames.length,
    storedBytes: offset,
    sections: [
      { name: 'frames', bytes: change('frames', encodeFrames(entries)) },
      { name: 'chunks', bytes: change('chunks', encodeChunks(chunks)) },
      ...more,
    ],
  }
  const front = encodeFront({ kind: 'bundle', created, about: {}, sections: [], frames: draft }, [owner])
  return concatBytes([front.bytes, ...frames.map((frame) => frame.stored)])
}

export const at = (bytes: Uint8Array, place: number, value: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[place < 0 ? copy.length + place : place] = value
  return copy
}
