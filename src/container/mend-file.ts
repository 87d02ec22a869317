// A damaged stored file with what its parity gives back: those shards lie on this machine's disk, everything else still comes
// from the medium, on which nothing is written. What was repaired fits its digest in the parity file, which nobody signed:
// whoever reads this judges it like any file.
import { isMossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import type { ByteSource } from '../host/byte-source.ts'
import type { Disk, OpenFile } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom } from '../host/room.ts'
import { recoverLost } from './parity-code.ts'
import { ParityGroups } from './parity-groups.ts'
import type { Run } from './parity-runs.ts'
import { shardBytes } from './parity-shape.ts'
import { type BadShards, lostByGroup, lostOfGroup, type Parity } from './read-parity.ts'

export interface MendedFile {
  /** The whole file, as far as it could be repaired. It owns neither of the sources it was made of. */
  readonly source: ByteSource
  readonly mendedShards: number
}

/** `into` is a new file, which goes with the source. Throws HOST_NO_SPACE. */
export async function mendFile(
  outside: Outside,
  parity: Parity,
  from: {
    readonly source: ByteSource
    readonly bad: BadShards
    readonly into: string
    readonly report: Report
  },
): Promise<MendedFile> {
  const { disk } = outside
  const folder = from.into.slice(0, Math.max(1, from.into.lastIndexOf('/')))
  assertRoom(disk, folder, { sizeBytes: countOf(from.bad.data) * shardBytes, inodes: 1 })
  dropSpool(disk, from.into)
  const spool = disk.open(from.into, 'create')
  try {
    const slots = await repairShards(outside, parity, { ...from, spool })
    return { source: mendedSource(disk, parity, { ...from, spool, slots }), mendedShards: slots.size }
  } catch (error) {
    spool[Symbol.dispose]()
    dropSpool(disk, from.into)
    throw error
  }
}

const countOf = (flags: Uint8Array): number => flags.reduce((sum, isBad) => sum + isBad, 0)

function dropSpool(disk: Disk, path: string): void {
  if (disk.lstat(path) !== undefined) disk.remove(path)
}

interface Repair {
  readonly source: ByteSource
  readonly bad: BadShards
  readonly spool: OpenFile
  readonly report: Report
}

/** By number in the file: which of the spool's shards it is. */
type Slots = Map<number, number>

async function repairShards(outside: Outside, parity: Parity, job: Repair): Promise<Slots> {
  const { shape } = parity
  const slots: Slots = new Map()
  const lost = lostByGroup(shape, job.bad)
  const badData = countOf(job.bad.data)
  const ofData = lostByGroup(shape, { ...job.bad, parity: new Uint8Array() })
  const isMendable = (group: number): boolean =>
    (ofData[group] ?? 0) > 0 && (lost[group] ?? 0) <= shape.parityPerGroup
  using groups = new ParityGroups(shape)
  for (const pass of groups.passes(isMendable)) {
    const sums = await groups.makeParity(pass, {
      read: (into, first) => readSound(job, into, first),
      turn: () => outside.turn(),
    })
    for (const [at, group] of pass.entries()) {
      if (!isMendable(group)) continue
      repairGroup(groups, parity, { ...job, slots, group, sum: sums[at] ?? 0 })
      job.report({
        phase: 'mend',
        item: job.source.name,
        doneItems: slots.size,
        totalItems: badData,
      })
      await outside.turn()
    }
  }
  return slots
}

/** Zeros for bad shards and behind the end. What has become bad since is told by what does not fit afterwards. */
function readSound({ source, bad }: Repair, into: Uint8Array, first: number): void {
  into.fill(0)
  const count = into.length / shardBytes
  for (let n = 0; n < count;) {
    let end = n
    while (end < count && bad.data[first + end] !== 1) end++
    if (end > n)
      readOrZeros(source, into.subarray(n * shardBytes, end * shardBytes), (first + n) * shardBytes)
    n = end + 1
  }
}

function readOrZeros(source: ByteSource, into: Uint8Array, at: number): void {
  try {
    into.fill(0, source.read(into, at))
  } catch (error) {
    if (!isMossError(error, 'HOST_IO')) throw error
    into.fill(0)
  }
}

function repairGroup(
  groups: ParityGroups,
  { source, shape, pages, digests }: Parity,
  job: Repair & { readonly slots: Slots; readonly group: number; readonly sum: Run },
): void {
  const { runs } = groups
  const { slots, spool, group, sum } = job
  const lost = lostOfGroup(shape, job.bad, group)
  const lostParity = new Set(lost.parity)
  for (let place = shape.parityPerGroup; place < runs.span; place++) lostParity.add(place)
  const stored = new Uint8Array(shardBytes)
  for (let place = 0; place < shape.parityPerGroup; place++) {
    if (lostParity.has(place)) continue
    readOrZeros(source, stored, pages.parityShard(place * shape.groups + group) * shardBytes)
    const difference = runs.shard(sum, place)
    for (let i = 0; i < shardBytes; i++) difference[i] = (difference[i] ?? 0) ^ (stored[i] ?? 0)
  }
  const found = recoverLost(runs, {
    difference: sum,
    lostData: lost.data,
    lostParity,
    spare: groups.spareRuns(),
  })
  let at = 0
  for (const shard of found) {
    const n = (lost.data[at++] ?? 0) * shape.groups + group
    if (!digests.isSound(n, shard)) continue
    spool.write(shard, slots.size * shardBytes)
    slots.set(n, slots.size)
  }
}

/** As long as the parity says, whatever the medium has. */
function mendedSource(
  disk: Disk,
  { shape: { storedBytes } }: Parity,
  from: {
    readonly source: ByteSource
    readonly into: string
    readonly spool: OpenFile
    readonly slots: ReadonlyMap<number, number>
  },
): ByteSource {
  const { source, spool, slots } = from
  const read = (into: Uint8Array, at: number): number => {
    const wanted = into.subarray(0, Math.max(0, Math.min(into.length, storedBytes - at)))
    for (let done = 0; done < wanted.length;) {
      const place = at + done
      const slot = slots.get(Math.floor(place / shardBytes))
      const rest = wanted.subarray(done, done + lengthFrom(slots, place, wanted.length - done))
      const count =
        slot === undefined
          ? source.read(rest, place)
          : spool.read(rest, slot * shardBytes + (place % shardBytes))
      done += count
      if (count < rest.length) return done
    }
    return wanted.length
  }
  return {
    name: source.name,
    read,
    [Symbol.dispose]: () => {
      spool[Symbol.dispose]()
      dropSpool(disk, from.into)
    },
  }
}

/** How far one reading goes: a repaired shard to its end, sound ones up to the next repaired one. */
function lengthFrom(slots: ReadonlyMap<number, number>, place: number, mostBytes: number): number {
  let shard = Math.floor(place / shardBytes)
  if (!slots.has(shard)) while (!slots.has(shard + 1) && (shard + 1) * shardBytes < place + mostBytes) shard++
  return Math.min(mostBytes, (shard + 1) * shardBytes - place)
}
