// Brings a taken-in bundle into the store: deltas are decoded here piece by piece, other frames by the pool, their
// chunks written to every file that needs them; chunks that the host has are copied, each finished file is checked
// against its content digest, and everything is committed at once. Memory is bounded by a few frames, whatever the
// bundle's size.
import { freeNow } from '../base/free-now.ts'
import type { ChunkId, ContainerId, ContentDigest } from '../base/ids.ts'
import { chunkSizes } from '../base/limits.ts'
import type { Report } from '../base/progress.ts'
import { cutDelta } from '../container/cut-delta.ts'
import { decodeDeltaFrame } from '../container/delta-frame.ts'
import type { WholeContent } from '../container/jobs.ts'
import { decodeFrame, readFrame } from '../container/read-frames.ts'
import type { Tables } from '../container/tables.ts'
import { listOfOne } from '../delta/chunk-list.ts'
import { cutWhole } from '../delta/jobs.ts'
import type { Outside } from '../host/outside.ts'
import { inlinePool, type Pool } from '../host/pool.ts'
import { assertRoom } from '../host/room.ts'
import type { StoreImport } from '../store/import.ts'
import type { Store } from '../store/store.ts'
import { FilesUnderWay } from './files-under-way.ts'
import { heldChunksOf, missingBase } from './held-chunks.ts'
import { chunksToCheck, wholeContents } from './whole-contents.ts'
import { manifestAsset, pathOfFrame, planAssembly, type Assembly, type Destination } from './assembly.ts'
import type { BundlePackage } from './read-bundle.ts'
import { blameBases, type NameContent, nameOfBase, storeBase, storeBases } from './store-bases.ts'
import { roomForAssets } from './room.ts'
import { placesIn, stretchesOf } from './stretches.ts'
import type { TakenBundle } from './take-in.ts'

export interface ImportedContent {
  readonly id: ContainerId
  /** Assets that are new in the store, manifests included. */
  readonly newAssets: number
  /** Of the contents that were put together. */
  readonly contentBytes: number
}

export interface ImportInto {
  readonly store: Store
  readonly report: Report
  readonly nameContent?: NameContent
}

/** Repeating it is harmless: what the store has is not put together again. Throws BUNDLE_BASE_MISSING before anything is written. */
export async function importBundle(
  outside: Outside,
  taken: TakenBundle,
  { store, report, nameContent }: ImportInto,
): Promise<ImportedContent> {
  using _reading = store.reading()
  const assembly = planAssembly(taken.packages, { tables: taken.tables, store, nameContent })
  const manifests = taken.packages.filter((each) => !store.hasContent(manifestAsset(each).content))
  const newSizes = [
    ...assembly.assets.map(({ description }) => description.sizeBytes),
    ...manifests.map(({ manifestBytes }) => manifestBytes.length),
  ]
  assertRoom(outside.disk, taken.path, roomForAssets(store, newSizes))
  using into = store.beginImport(taken.id)
  using heldChunks = heldChunksOf(store, assembly.paths)
  const files = new FilesUnderWay(into, { assembly, report, heldChunks })
  await writeCarriedChunks(outside, { taken, store, assembly, files, nameContent })
  await writeHeldChunks(outside, { assembly, files })
  files.assertAllFinished()
  for (const [index, { description, path }] of assembly.assets.entries()) {
    fromStore([path], () => into.addAsset(description))
    if (index % 256 === 0) await outside.turn()
  }
  for (const each of manifests) addManifest(into, each)
  for (const each of taken.packages) into.addAsset(manifestAsset(each))
  report({ phase: 'commit' })
  into.commit()
  return {
    id: taken.id,
    newAssets: assembly.assets.length + manifests.length,
    contentBytes: assembly.contentBytes,
  }
}

/** Its digest was checked when the bundle was read. */
function addManifest(into: StoreImport, each: BundlePackage): void {
  const { content, sizeBytes } = manifestAsset(each)
  into.put(
    each.manifestBytes,
    sizeBytes <= chunkSizes.max ? listOfOne(content, sizeBytes) : cutWhole(each.manifestBytes),
  )
}

/** Of contents that no frame has a part of; what goes between carried chunks was written with them. */
async function writeHeldChunks(
  outside: Outside,
  { assembly, files }: { readonly assembly: Assembly; readonly files: FilesUnderWay },
): Promise<void> {
  for (const content of assembly.held.keys()) {
    await files.writeHeld(content)
    files.tell()
    await outside.turn()
  }
}

function fromStore<T>(names: readonly string[], ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw missingBase(error, names)
  }
}

/** Plain bytes, bases and stored bytes of frames that are being decoded; a single larger frame goes alone. */
const bytesUnderWay = 64 * 1024 * 1024

interface FrameUnderWay {
  readonly n: number
  readonly inUse: number
  readonly plain: Promise<Uint8Array>
  /** Checked against their digests once `plain` is there. */
  readonly contents: readonly WholeContent[]
}

/**
 * Frames are decoded side by side, at most twice the pool's width, and written in their order; deltas last, one after the
 * other: the memory of their kernel stays, and what other frames need of it is given back.
 */
async function writeCarriedChunks(outside: Outside, job: CarriedChunks): Promise<void> {
  const { taken, assembly, files } = job
  const pool = poolFor(outside, job)
  const underWay: FrameUnderWay[] = []
  let inUse = 0
  const writeOldest = async (): Promise<void> => {
    const oldest = underWay.shift()
    if (oldest === undefined) return
    const needed = new Map(assembly.frames.get(oldest.n))
    const plain = await oldest.plain
    for (const { content, offset, sizeBytes } of oldest.contents)
      files.put(plain.subarray(offset, offset + sizeBytes), content)
    for (const { id, offset, sizeBytes } of taken.tables.frameChunks(oldest.n))
      await files.write(plain.subarray(offset, offset + sizeBytes), takeOnce(needed, id))
    inUse -= oldest.inUse
    freeNow(plain)
    files.tell()
    await outside.turn()
  }
  const numbers = [...assembly.frames.keys()].sort((a, b) => a - b)
  const isDelta = (n: number): boolean => taken.tables.frame(n).codec === 4
  for (const n of numbers.filter((each) => !isDelta(each))) {
    const needs = bytesFor(taken.tables, n)
    const isFull = (): boolean =>
      underWay.length >= 2 * pool.width || (inUse > 0 && inUse + needs > bytesUnderWay)
    while (isFull()) await writeOldest()
    const contents = wholeContents(taken.tables.frameChunks(n), assembly.frames.get(n), assembly.lists)
    const plain = decodeCarried(outside, job, { n, contents, pool })
    // Awaited in its turn; until then a failure must not count as unhandled.
    plain.catch(() => {})
    underWay.push({ n, inUse: needs, plain, contents })
    inUse += needs
  }
  while (underWay.length > 0) await writeOldest()
  for (const n of numbers.filter(isDelta)) await writeDelta(outside, job, n)
}

/**
 * One frame, as it is made; its bases are read from the store as they are needed. In this thread: what a file and its
 * base cost to hand over is more than what they cost to decode, and they would be in memory whole.
 */
async function writeDelta(outside: Outside, job: CarriedChunks, n: number): Promise<void> {
  const { taken, store, assembly, files, nameContent } = job
  const ranges = taken.tables.frameBases(n)
  const needed = assembly.frames.get(n) ?? new Map<ChunkId, readonly Destination[]>()
  const path = pathOfFrame(assembly.paths, needed)
  const nameOf = (content: ContentDigest): string => nameOfBase(content, { path, nameContent })
  using open = new DisposableStack()
  try {
    const bases = ranges.map((range) => open.use(storeBase(outside, store, { range, nameOf })))
    const name = `frame ${n}`
    const stored = readFrame(taken.container, n)
    const streams = decodeDeltaFrame(stored, name)
    const onRead = (): void => [stored, ...Object.values(streams)].forEach(freeNow)
    const chunks = taken.tables.frameChunks(n)
    const parts = stretchesOf(chunks, needed, chunksToCheck(chunks, needed, assembly.lists))
    for (const { part, at, bytes } of cutDelta({ streams, bases, parts, name, onRead })) {
      await files.write(bytes, placesIn(part, at, bytes.length))
      files.tell()
      await outside.turn()
    }
  } catch (error) {
    throw await blameBases(error, ranges, { outside, store, nameOf })
  }
}

/** A frame may have a chunk twice; its destinations are written with the first. */
function takeOnce(needed: Map<ChunkId, readonly Destination[]>, id: ChunkId): readonly Destination[] {
  const destinations = needed.get(id) ?? []
  needed.delete(id)
  return destinations
}

interface CarriedChunks {
  readonly taken: TakenBundle
  readonly store: Store
  readonly assembly: Assembly
  readonly files: FilesUnderWay
  readonly nameContent: NameContent | undefined
}

function bytesFor(tables: Tables, n: number): number {
  const { plainBytes, storedBytes } = tables.frame(n)
  return tables.frameBases(n).reduce((sum, { sizeBytes }) => sum + sizeBytes, plainBytes + storedBytes)
}

/** To start a thread and hand over to it costs as much as to decode this here. */
const fewBytes = 64 * 1024 * 1024

/** Deltas are not decoded by a pool. */
function poolFor(outside: Outside, { taken: { tables }, assembly }: CarriedChunks): Pool {
  let plainBytes = 0
  for (const n of assembly.frames.keys()) {
    const frame = tables.frame(n)
    if (frame.codec !== 4) plainBytes += frame.plainBytes
  }
  return plainBytes > fewBytes ? outside.pool : inlinePool
}

async function decodeCarried(
  outside: Outside,
  job: CarriedChunks,
  {
    n,
    contents,
    pool,
  }: { readonly n: number; readonly contents: readonly WholeContent[]; readonly pool: Pool },
): Promise<Uint8Array> {
  const { taken, store, assembly, nameContent } = job
  const bases = taken.tables.frameBases(n)
  const chunks = taken.tables.frameChunks(n)
  const toCheck = chunksToCheck(chunks, assembly.frames.get(n), assembly.lists)
  const path = pathOfFrame(assembly.paths, assembly.frames.get(n))
  const nameOf = (content: ContentDigest): string => nameOfBase(content, { path, nameContent })
  try {
    return await decodeFrame(taken.container, n, {
      pool,
      readBases: storeBases(outside, store, nameOf),
      contents,
      toCheck: chunks.filter(({ id }) => toCheck.has(id)),
    })
  } catch (error) {
    throw bases.length === 0 ? error : await blameBases(error, bases, { outside, store, nameOf })
  }
}
