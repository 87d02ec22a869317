// Writes the parity of a stored file beside it: whole and durable under its name, or not there, and read back.
import { digestOf } from '../base/digest.ts'
import { equalBytes } from '../base/bytes.ts'
import { assertTrue, MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import { type Report, silent } from '../base/progress.ts'
import { type ByteSource, fileSource } from '../host/byte-source.ts'
import type { OpenFile } from '../host/disk.ts'
import { createPart, dropPart, placePart } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom } from '../host/room.ts'
import { ParityGroups } from './parity-groups.ts'
import { encodeParityHeader } from './parity-header.ts'
import { parityPages, tableBytesOf } from './parity-pages.ts'
import { dataShardsOf, type ParityShape, planParity, shardBytes } from './parity-shape.ts'
import { encodeTablePage, ShardDigests } from './parity-table.ts'
import { findBadShards, judgeBadShards, openParity } from './read-parity.ts'

export const parityName = (path: string): string => `${path}.parity`

/** Of the parity of a file of this length. */
export function parityFileBytes(storedBytes: number, percent: number): number {
  const shape = planParity(storedBytes, percent)
  return shape === undefined ? 0 : parityPages(shape).sizeBytes
}

/**
 * Of the file `path`, which holds the container `id`; what is there under the name of its parity is replaced. Gives its size.
 * Throws CLI_USAGE for a file that is too long, HOST_NO_SPACE, and HOST_IO where the medium gives back other bytes.
 */
export async function writeParity(
  outside: Outside,
  path: string,
  how: { readonly id: ContainerId; readonly percent: number; readonly report: Report },
): Promise<number> {
  const { disk } = outside
  const storedBytes = disk.lstat(path)?.sizeBytes ?? 0
  const shape = planParity(storedBytes, how.percent)
  if (shape === undefined)
    throw new MossError('CLI_USAGE', { problem: `${path} is too long for parity: cut it`, see: 'export' })
  const { sizeBytes } = parityPages(shape)
  const name = parityName(path)
  if (await isWhole(outside, path, { shape, id: how.id })) return sizeBytes
  assertRoom(disk, path.slice(0, Math.max(1, path.lastIndexOf('/'))), { sizeBytes, inodes: 1 })
  try {
    using source = fileSource(disk, path)
    using part = createPart(disk, name)
    const file = { outside, source, part, shape, name, report: how.report }
    const digests = await writeShards(file)
    const header = encodeParityHeader({ shape, id: how.id, table: digestOf(digests.bytes) })
    writeTables(part, shape, { header, digests })
    placePart(disk, part, name, { replace: true })
    disk.dropCached(name)
    await readBack(outside, name, { shape, header, digests })
  } catch (error) {
    dropPart(disk, name)
    throw error
  }
  return sizeBytes
}

/** Whether the parity of this file is there already, and both are what they were. */
async function isWhole(
  outside: Outside,
  path: string,
  wanted: { readonly shape: ParityShape; readonly id: ContainerId },
): Promise<boolean> {
  const { disk } = outside
  const present = disk.lstat(parityName(path))
  if (present?.kind !== 'file') return false
  using beside = fileSource(disk, parityName(path))
  const parity = openParity(beside, present.sizeBytes)
  const isThis =
    parity?.id === wanted.id &&
    present.sizeBytes === parity.pages.sizeBytes &&
    parity.shape.storedBytes === wanted.shape.storedBytes &&
    parity.shape.parityPerGroup === wanted.shape.parityPerGroup
  if (!isThis) return false
  using source = fileSource(disk, path)
  const bad = await findBadShards(parity, source, { report: silent, turn: () => outside.turn() })
  return judgeBadShards(parity, bad).badShards === 0
}

interface ParityFile {
  readonly outside: Outside
  readonly source: ByteSource
  readonly part: OpenFile
  readonly shape: ParityShape
  readonly name: string
  readonly report: Report
}

async function writeShards({
  outside,
  source,
  part,
  shape,
  name,
  report,
}: ParityFile): Promise<ShardDigests> {
  const digests = new ShardDigests(new Uint8Array(tableBytesOf(shape)))
  const { parityShard } = parityPages(shape)
  const { storedBytes: totalBytes, groups: count, parityPerGroup } = shape
  const dataShards = dataShardsOf(shape)
  let doneBytes = 0
  const read = (into: Uint8Array, first: number): void => {
    const length = source.read(into, first * shardBytes)
    assertTrue(
      first * shardBytes + length === Math.min(totalBytes, first * shardBytes + into.length),
      'it stays as long',
    )
    into.fill(0, length)
    for (let at = 0; at < into.length; at += shardBytes)
      digests.set(first + at / shardBytes, into.subarray(at, at + shardBytes))
    doneBytes += length
    report({ phase: 'parity', item: name, doneBytes, totalBytes })
  }
  using groups = new ParityGroups(shape)
  for (const pass of groups.passes()) {
    const sums = await groups.makeParity(pass, { read, turn: () => outside.turn() })
    for (let place = 0; place < parityPerGroup; place++)
      for (const [at, group] of pass.entries()) {
        const n = place * count + group
        const shard = groups.runs.shard(sums[at] ?? 0, place)
        digests.set(dataShards + n, shard)
        part.write(shard, parityShard(n) * shardBytes)
      }
  }
  return digests
}

interface Front {
  readonly header: Uint8Array
  readonly digests: ShardDigests
}

function writeTables(part: OpenFile, shape: ParityShape, { header, digests }: Front): void {
  const { headers, tables, tablePages } = parityPages(shape)
  for (const page of headers) part.write(header, page * shardBytes)
  for (let number = 0; number < tablePages; number++) {
    const page = encodeTablePage(header, number, digests.bytes)
    for (const table of tables) part.write(page, (table + number) * shardBytes)
  }
}

/** Every page that lies on the medium. */
async function readBack(
  { disk, turn }: Outside,
  name: string,
  { shape, header, digests }: Front & { readonly shape: ParityShape },
): Promise<void> {
  const { headers, tables, tablePages, parityShard } = parityPages(shape)
  const dataShards = dataShardsOf(shape)
  using file = fileSource(disk, name)
  const page = new Uint8Array(shardBytes)
  const isRead = (number: number): boolean => file.read(page, number * shardBytes) === shardBytes
  const check = (isRight: boolean): void => {
    if (isRight) return
    disk.remove(name)
    throw new MossError('HOST_IO', {
      action: 'read back',
      path: name,
      problem: 'the medium gives other bytes than were written: use another one',
    })
  }
  for (const number of headers) check(isRead(number) && equalBytes(page, header))
  for (let number = 0; number < tablePages; number++) {
    const wanted = encodeTablePage(header, number, digests.bytes)
    for (const table of tables) check(isRead(table + number) && equalBytes(page, wanted))
  }
  for (let n = 0; n < shape.groups * shape.parityPerGroup; n++) {
    check(isRead(parityShard(n)) && digests.isSound(dataShards + n, page))
    if (n % 256 === 0) await turn()
  }
}
