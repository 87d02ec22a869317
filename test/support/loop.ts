// A station's channel and hosts' stores in a temporary folder, for tests of what crosses between them: packages
// made from given files, published, exported, taken in and imported.
import { planPublish } from '../../src/channel/plan-publish.ts'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest, HostId, PackageId } from '../../src/base/ids.ts'
import { silent } from '../../src/base/progress.ts'
import { exportBundle, type ExportedBundle } from '../../src/bundle/export.ts'
import type { Judge } from '../../src/bundle/read-bundle.ts'
import { similarContents } from '../../src/bundle/similar.ts'
import { takeIn, type TakenBundle } from '../../src/bundle/take-in.ts'
import { effortOf } from '../../src/carry/effort.ts'
import { planCarry, type CarryPlan, type CarryRequest, type HostWish } from '../../src/carry/plan.ts'
import { planKnown } from '../../src/carry/plan-known.ts'
import { createChannel, openChannel, type StationChannel } from '../../src/channel/station-channel.ts'
import { startFrames } from '../../src/container/frames.ts'
import type { SimilarContents } from '../../src/delta/sketch.ts'
import { encodeManifests } from '../../src/container/package-table.ts'
import { writeContainer } from '../../src/container/write.ts'
import { fileSource, type ByteSource } from '../../src/host/byte-source.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import type { Outside } from '../../src/host/outside.ts'
import { encodeManifest, packageIdOf } from '../../src/manifest/codec.ts'
import type { LayoutEntry, Manifest } from '../../src/manifest/manifest.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { startCounters } from '../../src/trust/counters.ts'
import { signerOf } from '../../src/trust/keys.ts'
import { makeSoleRoot } from '../../src/trust/root.ts'
import { testKey } from './containers.ts'

export const stationKey = testKey(1)
export const stationSigner = signerOf(stationKey)
/** 2026-01-01 */
export const startDate = 1_767_225_600
export const stationRoot = makeSoleRoot(stationKey.publicKey, startDate)

/** Bodies of files below usr/, by path. */
export type TestFiles = Readonly<Record<string, Uint8Array | string>>
const bytesOf = (body: Uint8Array | string): Uint8Array =>
  typeof body === 'string' ? encodeUtf8(body) : body

export interface TestHost {
  readonly id: HostId
  readonly store: Store
  readonly folder: string
  readonly incoming: string
  readonly judge: Judge
}

export class TestLoop implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'loop-'))
  readonly outside: Outside & AsyncDisposable
  readonly channel: StationChannel
  readonly #resources = new DisposableStack()
  #exports = 0

  constructor(outside: Outside & AsyncDisposable = linuxOutside()) {
    this.outside = outside
    const place = { folder: join(this.folder, 'stable'), name: 'stable', root: stationRoot }
    createChannel(outside, place)
    this.channel = openChannel(outside, place)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#resources.dispose()
    await this.outside[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Makes a package and adds it to the channel; it is offered once published. */
  async add(name: string, version: string, files: TestFiles): Promise<PackageId> {
    using spool = startFrames(this.outside, join(this.folder, 'package.spool'), { level: 3 })
    for (const body of Object.values(files)) if (body.length > 0) await spool.addContent([bytesOf(body)])
    const bytes = encodeManifest(manifestOf({ name, version, files }))
    const id = packageIdOf(bytes)
    const { manifests, packages } = encodeManifests([{ id, bytes }])
    const path = join(this.folder, 'package.moss')
    rmSync(path, { force: true })
    await writeContainer(
      this.outside,
      path,
      {
        kind: 'package',
        created: startDate,
        about: {},
        sections: [
          { name: 'manifests', bytes: manifests },
          { name: 'packages', bytes: packages },
        ],
        frames: await spool.finish(),
      },
      [stationSigner],
      silent,
    )
    return this.channel.add(path).file.id
  }

  publish(created = startDate): void {
    this.channel.publish(planPublish(this.channel), { created, signers: [stationSigner] })
  }

  #wish(hosts: readonly HostWish[]): CarryRequest {
    return {
      hosts,
      catalogue: {
        manifest: (id) => this.channel.package(id)?.manifest,
        chunkList: (id, file) => this.channel.chunkList(id, file),
      },
    }
  }

  plan(hosts: readonly HostWish[], similar: SimilarContents = new Map()): CarryPlan {
    return planCarry({ ...this.#wish(hosts), similar })
  }

  async similar(hosts: readonly HostWish[]): Promise<SimilarContents> {
    return await similarContents(this.#wish(hosts), { channel: this.channel, pool: this.outside.pool })
  }

  /** Hosts that say which snapshots they keep get metadata against what they have. */
  async export(
    hosts: readonly (HostWish & { readonly snapshots?: readonly ContentDigest[] })[],
    { name = `bundle-${this.#exports++}.moss`, effort = effortOf('5') } = {},
  ): Promise<ExportedBundle> {
    const published = this.channel.snapshots.latest()
    if (published === undefined) throw new Error('nothing is published')
    const plan = this.plan(hosts, await this.similar(hosts))
    const known = planKnown({
      hosts,
      carried: plan.manifests,
      snapshots: this.channel.snapshots.serials().map((serial) => {
        const { bytes } = this.channel.snapshots.read(serial)
        return { serial, content: digestOf<ContentDigest>(bytes), sizeBytes: bytes.length }
      }),
      package: (id) => {
        const file = this.channel.package(id)
        return file && { manifest: file.manifest, sizeBytes: file.manifestBytes.length }
      },
    })
    return await exportBundle(this.outside, {
      plan,
      ...(hosts.some(({ snapshots }) => snapshots !== undefined) && { known }),
      channel: this.channel,
      published,
      hosts: new Map(),
      signers: [stationSigner],
      path: () => join(this.folder, name),
      spoolPath: join(this.folder, 'export.spool'),
      effort,
      report: silent,
    })
  }

  host(name: string): TestHost {
    const folder = join(this.folder, name)
    const incoming = join(folder, 'incoming')
    mkdirSync(incoming, { recursive: true })
    const database = this.#resources.use(this.outside.openDatabase(join(folder, 'moss.db'), 'write'))
    const { disk, pool, userId } = this.outside
    const store = openStore({ disk, pool, database, folder, userId, turn: () => this.outside.turn() })
    const id = digestOf(encodeUtf8(name)).slice(0, 16) as HostId
    const judge: Judge = {
      root: stationRoot,
      host: id,
      counters: startCounters(stationRoot),
      nowSeconds: startDate,
      heldManifest: (packageId) => {
        const place = store.contentPlace(packageId as string as ContentDigest)
        return place === undefined ? undefined : disk.readFile(place.path, place.sizeBytes)
      },
    }
    return { id, store, folder, incoming, judge }
  }

  async takeIn(
    host: TestHost,
    source: ByteSource | string,
    judge: Partial<Judge> = {},
  ): Promise<TakenBundle> {
    using opened = typeof source === 'string' ? fileSource(this.outside.disk, source) : undefined
    return await takeIn(this.outside, {
      source: opened ?? (source as ByteSource),
      incomingFolder: host.incoming,
      judge: { ...host.judge, ...judge },
      report: silent,
    })
  }
}

function manifestOf(made: { name: string; version: string; files: TestFiles }): Manifest {
  const entries = new Map<string, LayoutEntry>()
  for (const [path, body] of Object.entries(made.files)) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/')
      entries.set(folder, { kind: 'folder', path: folder, mode: 0o755, uid: 0, gid: 0 })
    }
    const bytes = bytesOf(body)
    entries.set(path, {
      kind: 'file',
      path,
      mode: path.includes('/bin/') ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      sizeBytes: bytes.length,
      content: digestOf<ContentDigest>(bytes),
    })
  }
  return {
    name: made.name,
    version: made.version,
    scheme: 'moss',
    architecture: 'any',
    summary: `the package ${made.name}`,
    description: '',
    licence: 'CC0-1.0',
    origin: '',
    provides: [],
    requires: [],
    conflicts: [],
    replaces: [],
    layout: [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    privileged: [],
  }
}
