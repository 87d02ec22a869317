// Bundles and snapshots in memory, honest by default: each part can be replaced by what the writers refuse to make,
// under true signatures, so that a test reaches the check it means. The roles have keys of their own.
import { concatBytes } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ChunkId, ContainerId, HostId, PackageId } from '../../src/base/ids.ts'
import { encodeAbout, type BundleAbout } from '../../src/bundle/about.ts'
import { encodeSummary, type Summary } from '../../src/bundle/summary.ts'
import { encodeSnapshotRecord, type OfferedPackage } from '../../src/channel/snapshot.ts'
import { encodeFront, type ContainerDraft, type FramesDraft } from '../../src/container/encode.ts'
import { FrameSpool } from '../../src/container/frames.ts'
import { encodeHosts, encodeManifests } from '../../src/container/package-table.ts'
import { encodeRoots } from '../../src/container/root-chain.ts'
import { encodeRootFile } from '../../src/container/root-file.ts'
import { encodeContainer } from '../../src/container/write.ts'
import type { ChunkList } from '../../src/delta/chunk-list.ts'
import { cutContent } from '../../src/delta/cut-file.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { encodeManifest } from '../../src/manifest/codec.ts'
import { signerOf, type Signer } from '../../src/trust/keys.ts'
import type { Root } from '../../src/trust/root.ts'
import { opened, spoolOutside, testKey } from './containers.ts'
import type { SamplePackage } from './sample-root.ts'

/** 2026-01-01, where simulated clocks begin. */
export const bundleDate = 1_767_225_600

const keys = { root: testKey(1), channel: testKey(2), exporter: testKey(3), packager: testKey(4) }

export const signers = {
  root: signerOf(keys.root),
  channel: signerOf(keys.channel),
  exporter: signerOf(keys.exporter),
  packager: signerOf(keys.packager),
  stranger: signerOf(testKey(9)),
} as const

const sole = (role: keyof typeof keys): Root['roles']['root'] => ({
  keys: [keys[role].publicKey.id],
  threshold: 1,
})

/** One key a role, each for that role alone. */
export const fourKeyRoot: Root = {
  version: 1,
  epoch: 1,
  created: bundleDate - 1000,
  keys: Object.values(keys)
    .map(({ publicKey }) => publicKey)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  roles: {
    root: sole('root'),
    channel: sole('channel'),
    packager: sole('packager'),
    exporter: sole('exporter'),
  },
}

export const fourKeyRootFile = encodeRootFile(fourKeyRoot, [signers.root])

/** The root after it: the exporter's key was taken, and the stranger is exporter now. */
export const nextRoot: Root = {
  ...fourKeyRoot,
  version: 2,
  keys: [
    ...fourKeyRoot.keys.filter(({ id }) => id !== keys.exporter.publicKey.id),
    signers.stranger.publicKey,
  ].sort((a, b) => (a.id < b.id ? -1 : 1)),
  roles: { ...fourKeyRoot.roles, exporter: { keys: [signers.stranger.publicKey.id], threshold: 1 } },
}

/** With the roots that lead to `nextRoot`, and by its exporter. */
export const underNextRoot: Pick<BundleDraft, 'exporters' | 'change'> = {
  exporters: [signers.stranger],
  change: (draft) => ({
    ...draft,
    sections: [
      { name: 'roots', bytes: encodeRoots([encodeRootFile(nextRoot, [signers.root])]) },
      ...draft.sections,
    ],
  }),
}

/** A package as a bundle has it; `manifestBytes` may be anything. */
export interface DraftPackage {
  readonly name: string
  readonly version: string
  readonly manifestBytes: Uint8Array
  readonly contents: readonly Uint8Array[]
}

export const draftPackage = ({
  manifest,
  contents,
}: Pick<SamplePackage, 'manifest' | 'contents'>): DraftPackage => ({
  name: manifest.name,
  version: manifest.version,
  manifestBytes: encodeManifest(manifest),
  contents: [...contents.values()],
})

const idOf = ({ manifestBytes }: DraftPackage): PackageId => digestOf<PackageId>(manifestBytes)

export interface SnapshotDraft {
  readonly channel?: string
  readonly epoch?: number
  readonly serial: number
  readonly created?: number
  readonly expires?: number
  readonly offered: readonly OfferedPackage[]
  readonly signers?: readonly Signer[]
}

export const offeredOf = (draft: DraftPackage): OfferedPackage => ({
  id: idOf(draft),
  name: draft.name,
  version: draft.version,
  architecture: 'any',
})

export const composeSnapshot = (draft: SnapshotDraft): Uint8Array =>
  encodeContainer(
    {
      kind: 'channel',
      created: draft.created ?? bundleDate + draft.serial,
      about: {
        channel: draft.channel ?? 'stable',
        epoch: draft.epoch ?? 1,
        serial: draft.serial,
        expires: draft.expires,
      },
      sections: [{ name: 'record', bytes: encodeSnapshotRecord({ packages: draft.offered }) }],
    },
    draft.signers ?? [signers.channel],
  )

type WholeDraft = ContainerDraft & { readonly frames: FramesDraft }

export interface BundleDraft {
  readonly serial: number
  readonly hosts: readonly HostId[]
  /** The set that each host shall have. */
  readonly packages: readonly DraftPackage[]
  /** What hosts have already: neither its manifests nor its chunks are carried. */
  readonly has?: readonly DraftPackage[]
  readonly snapshot?: Partial<SnapshotDraft>
  readonly about?: Partial<BundleAbout>
  readonly summary?: Partial<Summary>
  readonly exporters?: readonly Signer[]
  /** Lies about how a content is put together. */
  readonly chunkList?: (list: ChunkList) => ChunkList
  /** The last word before it is encoded and signed. */
  readonly change?: (draft: WholeDraft) => WholeDraft
}

export interface ComposedBundle {
  readonly id: ContainerId
  readonly bytes: Uint8Array
  /** Where frames begin. */
  readonly framesOffset: number
}

export async function composeBundle(draft: BundleDraft): Promise<ComposedBundle> {
  const { serial, hosts, packages } = draft
  const { outside, spooled } = spoolOutside()
  const frames = await framesOf(outside, draft)
  const snapshot: SnapshotDraft = { serial, offered: packages.map(offeredOf), ...draft.snapshot }
  const snapshotBytes = composeSnapshot(snapshot)
  const held = new Set((draft.has ?? []).map(idOf))
  const carried = packages.filter((one) => !held.has(idOf(one)))
  const tables = encodeManifests(carried.map((one) => ({ id: idOf(one), bytes: one.manifestBytes })))
  const about: BundleAbout = {
    channel: snapshot.channel ?? 'stable',
    epoch: snapshot.epoch ?? 1,
    serial: snapshot.serial,
    snapshot: idOfContainer(snapshotBytes),
    hosts: hosts.toSorted().map((host) => ({ host })),
    ...draft.about,
  }
  const summary: Summary = {
    hosts: hosts
      .toSorted()
      .map((host) => ({ host, name: 'pump', packages: packages.length, carriedBytes: 0 })),
    packages: carried.map(({ name, version }) => ({ name, version })),
    bytes: { all: 0, changed: 0, shared: 0, chunks: 0, deltas: 0, whole: 0 },
    ...draft.summary,
  }
  const honest: WholeDraft = {
    kind: 'bundle',
    created: snapshot.created ?? bundleDate + serial,
    about: encodeAbout(about),
    sections: [
      { name: 'snapshot', bytes: snapshotBytes },
      { name: 'summary', bytes: encodeSummary(summary) },
      { name: 'manifests', bytes: tables.manifests },
      { name: 'packages', bytes: tables.packages },
      { name: 'hosts', bytes: encodeHosts(new Map(hosts.map((host) => [host, packages.map(idOf)]))) },
    ],
    frames,
  }
  const whole = draft.change === undefined ? honest : draft.change(honest)
  const { id, bytes } = encodeFront(whole, draft.exporters ?? [signers.exporter])
  return { id, bytes: concatBytes([bytes, spooled()]), framesOffset: bytes.length }
}

/** The digest of the head, as the prelude has it. */
const idOfContainer = (bytes: Uint8Array): ContainerId => opened(bytes).id

/** Every chunk that the hosts lack, in small frames, so that one bundle has several. */
async function framesOf(
  outside: ConstructorParameters<typeof FrameSpool>[0],
  draft: BundleDraft,
): Promise<FramesDraft> {
  const { packages, has = [], chunkList = (list) => list } = draft
  const held = new Set<ChunkId>()
  for (const content of has.flatMap((one) => one.contents))
    await cutContent(inlinePool, [content], ({ id }) => void held.add(id))
  using spool = new FrameSpool(outside, 'spool', { level: 1, groupBytes: 64 * 1024 })
  for (const content of packages.flatMap((one) => one.contents))
    spool.addList(
      chunkList(
        await cutContent(inlinePool, [content], async ({ id, bytes }) => {
          if (!held.has(id)) await spool.add({ id, bytes })
        }),
      ),
    )
  return await spool.finish()
}
