// The counters on disk, in two slots, `floor.0` and `floor.1`, each with a generation and a digest. Raising writes
// the older slot first and then the other, durably: one damaged file never lowers what the host has seen, and a
// power cut leaves the counters from before or after. They only rise; what would lower them is a bug, refused here.
import { equalBytes, fromHex } from '../base/bytes.ts'
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { digestOf } from '../base/digest.ts'
import { MossError, assertTrue } from '../base/error.ts'
import { bytes, digest, integer, record } from '../base/shape.ts'
import type { Disk } from '../host/disk.ts'
import { dropPart, writeDurably } from '../host/durable.ts'
import { type Counters, decodeCounters, encodeCounters } from '../trust/counters.ts'
import type { Places } from './places.ts'

interface Slot {
  readonly generation: number
  readonly counters: Counters
}

const slotShape = record({ generation: integer(1), counters: bytes(1024 * 1024), digest: digest() })

const slotPath = (places: Places, slot: 0 | 1): string => `${places.own}/floor.${slot}`

/** Throws STATE_BROKEN where neither slot can be read. */
export function readCounters(disk: Disk, places: Places): Counters {
  const newest = newestSlot([readSlot(disk, places, 0), readSlot(disk, places, 1)])
  if (newest === undefined)
    throw new MossError('STATE_BROKEN', {
      path: `${places.own}/floor.0`,
      problem: 'both copies of the counters are missing or damaged',
    })
  return newest.counters
}

/** Durable when it returns. The same counters again write nothing. */
export function raiseCounters(disk: Disk, places: Places, counters: Counters): void {
  const newest = newestSlot([readSlot(disk, places, 0), readSlot(disk, places, 1)])
  if (newest !== undefined) assertRaised(newest.counters, counters)
  restartCounters(disk, places, counters)
}

/** The same without a look at what was before: for a host that begins anew with another trust root. */
export function restartCounters(disk: Disk, places: Places, counters: Counters): void {
  const slots = [readSlot(disk, places, 0), readSlot(disk, places, 1)] as const
  const newest = newestSlot(slots)
  const isSame = (slot: Slot | undefined): boolean =>
    slot !== undefined && equalBytes(encodeCounters(slot.counters), encodeCounters(counters))
  const generation = (newest?.generation ?? 0) + 1
  const order: readonly (0 | 1)[] = newest !== undefined && slots[0] === newest ? [1, 0] : [0, 1]
  for (const slot of order)
    if (isSame(slots[slot])) dropPart(disk, slotPath(places, slot))
    else writeDurably(disk, slotPath(places, slot), encodeSlot({ generation, counters }), { replace: true })
}

/** The lowest that both agree on is not enough: the newest valid slot counts. */
const newestSlot = (slots: readonly (Slot | undefined)[]): Slot | undefined =>
  slots.reduce((best, slot) =>
    slot !== undefined && (best === undefined || slot.generation > best.generation) ? slot : best,
  )

function encodeSlot({ generation, counters }: Slot): Uint8Array {
  const encoded = encodeCounters(counters)
  return encodeCbor({ generation, counters: encoded, digest: fromHex(slotDigest(generation, encoded)) })
}

const slotDigest = (generation: number, counters: Uint8Array): string =>
  digestOf(encodeCbor({ generation, counters }))

/** Undefined where it is absent or damaged: the other slot then counts. */
function readSlot(disk: Disk, places: Places, slot: 0 | 1): Slot | undefined {
  const path = slotPath(places, slot)
  if (disk.lstat(path)?.kind !== 'file') return undefined
  const content = disk.readFile(path, 2 * 1024 * 1024)
  try {
    const read = slotShape(decodeCbor(content, path), path)
    if (slotDigest(read.generation, read.counters) !== read.digest) return undefined
    return { generation: read.generation, counters: decodeCounters(read.counters, path) }
  } catch (error) {
    if (error instanceof MossError) return undefined
    throw error
  }
}

/**
 * T5: epoch, serials and time floor never fall, but for what a new root says and what a grant allows. Callers got `next`
 * from trust's rules.
 */
function assertRaised(now: Counters, next: Counters): void {
  assertTrue(next.rootVersion >= now.rootVersion, 'the root never falls')
  assertTrue(next.epoch >= now.epoch, 'the epoch never falls')
  const isNewRoot = next.rootVersion > now.rootVersion
  assertTrue(isNewRoot || next.timeFloor >= now.timeFloor, 'the time floor never falls')
  if (next.epoch > now.epoch || next.used.length > now.used.length) return
  for (const [channel, { serial, snapshot }] of Object.entries(now.serials)) {
    const after = Object.hasOwn(next.serials, channel) ? next.serials[channel] : undefined
    assertTrue(after !== undefined && after.serial >= serial, 'a serial never falls')
    assertTrue(after.serial > serial || after.snapshot === snapshot, 'a serial names one snapshot')
  }
}
