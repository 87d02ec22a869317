// The mark beside a bundle that is taken in: everything of it is in the store. It holds what the rules of trust ask for and what
// this host would have with it, so that what waits can be told without opening the bundle. Apply judges the bundle itself, also by
// its signatures; which of several it is they choose alike.
import { decodeUtf8, fromHex } from '../base/bytes.ts'
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { unlessRefused } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import { channelName, hostId } from '../base/names.ts'
import { dictionary, digest, integer, oneOf, longestList, optional, record, text } from '../base/shape.ts'
import type { Disk } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { readCounters } from '../state/counters-file.ts'
import type { Places } from '../state/places.ts'
import { acceptSnapshot, type Counters, daysExpired, type OfferedSnapshot } from '../trust/counters.ts'
import type { SignedGrant } from '../trust/grant.ts'
import { chooseNewest } from './choose-newest.ts'
import { readModel } from './model-file.ts'

export const importedMark = (incoming: string, id: string): string => `${incoming}/${id}/imported`

interface Mark {
  readonly offered: OfferedSnapshot
  /** That leads back to it. */
  readonly grant?: SignedGrant
  /** It rises with each import: of two with one serial the one that was brought last counts. */
  readonly order: number
  /** Versions by name. */
  readonly packages: ReadonlyMap<string, string>
}

const markShape = record({
  format: oneOf('moss-imported'),
  order: integer(),
  offered: record({
    channel: channelName,
    epoch: integer(1),
    serial: integer(),
    snapshot: digest(),
    created: integer(),
    expires: optional(integer()),
  }),
  grant: optional(
    record({
      id: digest(),
      channel: channelName,
      epoch: integer(1),
      host: hostId,
      from: integer(),
      to: integer(),
      expires: integer(),
    }),
  ),
  packages: dictionary(text(), longestList),
})

export function encodeMark({ offered, grant, order, packages }: Mark): Uint8Array {
  const { channel, epoch, serial, snapshot, created, expires } = offered
  return encodeCbor({
    format: 'moss-imported',
    order,
    offered: { channel, epoch, serial, snapshot: fromHex(snapshot), created, expires },
    grant: grant && {
      id: fromHex(grant.id),
      channel: grant.channel,
      epoch: grant.epoch,
      host: grant.host,
      from: grant.from,
      to: grant.to,
      expires: grant.expires,
    },
    packages: Object.fromEntries(packages),
  })
}

/** In words, as an older moss wrote it: it comes before all others. */
interface OldMark {
  readonly serial: number
  readonly isGranted: boolean
  readonly order: 0
}

function readMark(disk: Disk, path: string): Mark | OldMark {
  const bytes = disk.readFile(path, limits.sectionBytes)
  const [, serial, granted] = /^(\d+)( granted)?\n/.exec(decodeUtf8(bytes) ?? '') ?? []
  if (serial !== undefined) return { serial: Number(serial), isGranted: granted !== undefined, order: 0 }
  const { offered, grant, order, packages } = markShape(decodeCbor(bytes, path), path)
  return { offered, ...(grant && { grant }), order, packages: new Map(Object.entries(packages)) }
}

/** Of one that rotted nothing is known. */
function listMarks(
  disk: Disk,
  incoming: string,
): readonly ((Mark | OldMark) & { readonly bundle: string })[] {
  if (disk.lstat(incoming) === undefined) return []
  return disk
    .list(incoming)
    .filter(({ name, kind }) => kind === 'folder' && disk.lstat(importedMark(incoming, name)) !== undefined)
    .flatMap(({ name }) => {
      const mark = unlessRefused(() => readMark(disk, importedMark(incoming, name)))
      return mark === undefined ? [] : [{ bundle: name, ...mark }]
    })
}

/** By bundle; only of those that bear the mark. */
export const importOrders = (disk: Disk, incoming: string): ReadonlyMap<string, number> =>
  new Map(listMarks(disk, incoming).map(({ bundle, order }) => [bundle, order]))

export interface WaitingBundle {
  readonly bundle: string
  readonly serial: number
  /** Versions by name; none where they are not known. */
  readonly packages: ReadonlyMap<string, string>
}

/**
 * What apply would take, by what this host has seen, the clock and the model, all as they are now. Only signatures are not
 * looked at, which a newer root may have put out of force since. Throws STATE_BROKEN where the counters are lost.
 */
export function waitingMark(outside: Outside, places: Places): WaitingBundle | undefined {
  const marks = listMarks(outside.disk, `${places.own}/incoming`)
  // As a rule: then no other file is read.
  if (marks.length === 0) return undefined
  const model = unlessRefused(() => readModel(outside, places).model)
  if (model === undefined) return undefined
  const now = {
    counters: readCounters(outside.disk, places),
    nowSeconds: Math.floor(outside.nowMs() / 1000),
    refusesExpired: model.expired === 'refuse',
    followed: model.channel,
  }
  const allowed = marks.flatMap((mark) => {
    const found = 'offered' in mark ? judgeMark(mark, now) : judgeOld(mark, now)
    return found === undefined ? [] : [{ packages: new Map<string, string>(), ...mark, ...found }]
  })
  const best = chooseNewest(allowed, model.channel)
  return best && { bundle: best.bundle, serial: best.serial, packages: best.packages }
}

interface Now {
  readonly counters: Counters
  readonly nowSeconds: number
  readonly refusesExpired: boolean
  readonly followed: string
}

/** By the rules that a bundle is judged by. */
function judgeMark({ offered, grant }: Mark, now: Now) {
  return unlessRefused(() => {
    const accepted = acceptSnapshot(now.counters, offered, now.nowSeconds, grant)
    daysExpired(offered, now)
    const { channel, serial } = offered
    const isBack = grant !== undefined && accepted.used.includes(grant.id)
    return { channel, serial, ...(isBack && { backFrom: grant.from }) }
  })
}

/** Of which channel it is is not known. */
function judgeOld({ serial, isGranted }: OldMark, { counters, followed }: Now) {
  const have = counters.serials[followed]?.serial ?? 0
  if (serial < have && !isGranted) return undefined
  return { channel: followed, serial, ...(isGranted && { backFrom: have }) }
}
