// A host's state as it crosses the gap: what the host is, which packages its kept states have, what it lacks, and
// (once it has been sent a bundle) what became of it. The newest state is the receipt. It is signed by the
// host's own key, which its head carries; whether that key is enrolled is for the reader to judge.
import { compareText, fromHex } from '../base/bytes.ts'
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { MossError } from '../base/error.ts'
import type {
  ContainerId,
  ContentDigest,
  Digest,
  HostId,
  KeyId,
  PackageId,
  StateNumber,
} from '../base/ids.ts'
import { channelName, hostId, hostName } from '../base/names.ts'
import { bytes, digest, integer, list, oneOf, optional, record, text, type Shape } from '../base/shape.ts'

export interface KeptPackages {
  readonly number: StateNumber
  /** Sorted by id. */
  readonly packages: readonly PackageId[]
}

export interface ToldTrigger {
  readonly name: string
  readonly scope: 'transaction' | 'system'
  readonly outcome: 'done' | 'skipped' | 'failed'
  /** Why it was skipped or failed. */
  readonly note: string
  /** The end of what it printed. */
  readonly output: string
}

export type Outcome = 'imported' | 'applied' | 'rolled-back' | 'refused' | 'failed'

export interface HostState {
  readonly host: HostId
  /** What the machine calls itself: for people, proves nothing. */
  readonly name: string
  /** Rises by one with each state the host writes. */
  readonly counter: number
  /** By the host's clock, which may be wrong. Whole seconds since 1970. */
  readonly created: number
  /** Of the trust root it holds. */
  readonly rootVersion: number
  readonly timeFloor: number
  /** The channel it follows, absent before its first bundle. */
  readonly channel?: {
    readonly name: string
    readonly epoch: number
    readonly serial: number
    readonly snapshot: Digest
  }
  /**
   * The newest serials it has accepted, of each channel, in this epoch: a rollback of the machine does not lower them.
   * States of an older moss do not say.
   */
  readonly heard?: {
    readonly epoch: number
    readonly serials: readonly { readonly channel: string; readonly serial: number }[]
  }
  /** The model's own text. */
  readonly model: string
  readonly current: StateNumber
  /** Every kept state, by number; the current one is among them. */
  readonly states: readonly KeptPackages[]
  /** Contents that its packages name but that are missing or damaged. Sorted. */
  readonly lacking: readonly ContentDigest[]
  /** Files of channel snapshots that it keeps, by their digests: a bundle may build on them. Sorted. */
  readonly snapshots?: readonly ContentDigest[]
  /** To whom a file is sealed that only this host shall read: `age1…`. */
  readonly recipient?: string
  /** How many lines its audit has, and the digest of the last. */
  readonly audit?: { readonly entries: number; readonly digest: Digest }
  /** How the triggers of the current state went. */
  readonly triggers?: readonly ToldTrigger[]
  /** The last bundle it was given, and what became of it. */
  readonly answers?: { readonly bundle: ContainerId; readonly outcome: Outcome; readonly detail: string }
}

/** A host is named by its key. */
export const hostIdOf = (key: KeyId): HostId => key.slice(0, 16) as HostId

const stateNumber = integer() as Shape<StateNumber>

/** In the head, so that a state is recognised without its record. */
export const hostAboutShape = record({
  host: hostId,
  counter: integer(1),
  key: bytes(32, 32),
  minisignId: bytes(8, 8),
})

const recordShape = record({
  name: hostName,
  rootVersion: integer(),
  timeFloor: integer(),
  channel: optional(record({ name: channelName, epoch: integer(), serial: integer(), snapshot: digest() })),
  heard: optional(
    record({
      epoch: integer(),
      serials: list(record({ channel: channelName, serial: integer() }), 1000),
    }),
  ),
  model: text(1 << 20),
  current: stateNumber,
  states: list(record({ number: stateNumber, packages: list(digest<PackageId>()) }), 10_000),
  lacking: list(digest<ContentDigest>()),
  snapshots: optional(list(digest<ContentDigest>(), 10_000)),
  recipient: optional(text(100, 1)),
  audit: optional(record({ entries: integer(), digest: digest() })),
  triggers: optional(
    list(
      record({
        name: text(255),
        scope: oneOf('transaction', 'system'),
        outcome: oneOf('done', 'skipped', 'failed'),
        note: text(),
        output: text(),
      }),
      1000,
    ),
  ),
  answers: optional(
    record({
      bundle: digest<ContainerId>(),
      outcome: oneOf('imported', 'applied', 'rolled-back', 'refused', 'failed'),
      detail: text(4096),
    }),
  ),
})

const raw = (ids: readonly Digest[]): readonly Uint8Array[] => [...ids].sort(compareText).map(fromHex)

export function encodeHostRecord(state: HostState): Uint8Array {
  return encodeCbor({
    name: state.name,
    rootVersion: state.rootVersion,
    timeFloor: state.timeFloor,
    channel: state.channel && { ...state.channel, snapshot: fromHex(state.channel.snapshot) },
    heard: state.heard && {
      epoch: state.heard.epoch,
      serials: state.heard.serials.map((each) => ({ ...each })),
    },
    model: state.model,
    current: state.current,
    states: [...state.states]
      .sort((a, b) => a.number - b.number)
      .map(({ number, packages }) => ({ number, packages: raw(packages) })),
    lacking: raw(state.lacking),
    snapshots: state.snapshots && raw(state.snapshots),
    recipient: state.recipient,
    audit: state.audit && { entries: state.audit.entries, digest: fromHex(state.audit.digest) },
    triggers: state.triggers?.map((told) => ({ ...told })),
    answers: state.answers && { ...state.answers, bundle: fromHex(state.answers.bundle) },
  })
}

/** From a container whose signature by the key in its head is verified. Throws SHAPE_INVALID, CBOR_INVALID. */
export function decodeHostRecord(container: {
  readonly host: HostId
  readonly counter: number
  readonly created: number
  readonly recordBytes: Uint8Array
}): HostState {
  const { host, counter, created } = container
  const found = recordShape(decodeCbor(container.recordBytes, 'host state'), 'host state')
  if (!found.states.some((state) => state.number === found.current))
    throw new MossError('SHAPE_INVALID', { part: 'host state.current', problem: 'not among the states' })
  rising(
    found.states.map((state) => state.number),
    'host state.states',
  )
  rising(found.lacking, 'host state.lacking')
  rising(found.snapshots ?? [], 'host state.snapshots')
  for (const { number, packages } of found.states) rising(packages, `host state.states of state ${number}`)
  return { host, counter, created, ...found }
}

/** Below which serial a host takes none in without a grant, in this epoch. */
export function heardSerial(
  { heard, channel }: Pick<HostState, 'heard' | 'channel'>,
  { channel: name, epoch }: { readonly channel: string; readonly epoch: number },
): number {
  if (heard !== undefined)
    return heard.epoch === epoch ? (heard.serials.find((each) => each.channel === name)?.serial ?? 0) : 0
  return channel?.name === name && channel.epoch === epoch ? channel.serial : 0
}

function rising(values: readonly (string | number)[], part: string): void {
  for (let i = 1; i < values.length; i++)
    if ((values[i - 1] as string) >= (values[i] as string))
      throw new MossError('SHAPE_INVALID', { part, problem: 'repeated or not in order' })
}

/** Every package that some kept state has: what a plan may count on. */
export const packagesHeld = (state: HostState): readonly PackageId[] =>
  [...new Set(state.states.flatMap((kept) => kept.packages))].sort(compareText)
