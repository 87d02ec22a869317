// Writes targets as differences from their bases, one base each, as streams that decode-delta.ts turns back. It trusts
// its input and keeps base, target and index of one file in memory. The same input gives the same streams.
import { limits } from '../base/limits.ts'
import { form, mostMembers } from './delta-forms.ts'
import { type DeltaStreams, type StreamName, streamNames, StreamWriter } from './delta-streams.ts'
import { findMembers, findStreams } from './find-members.ts'
import { LaidPair, type Pair, type Thoroughness } from './laid-pair.ts'
import { type Member, unpack } from './members.ts'

export interface DeltaEffort extends Thoroughness {
  /** Does without what takes long: unpacking members, and bases for texts. */
  readonly isQuick: boolean
}

const usualEffort: DeltaEffort = { step: 8, mostStride: 5, isQuick: false }

export type DeltaPair = Pair

export function encodeDelta(pairs: readonly DeltaPair[]): DeltaStreams {
  const encoder = new DeltaEncoder()
  for (const pair of pairs) encoder.add(pair)
  return encoder.finish()
}

const eachStream = <T>(make: (name: StreamName) => T): Readonly<Record<StreamName, T>> =>
  Object.fromEntries(streamNames.map((name) => [name, make(name)])) as unknown as Readonly<
    Record<StreamName, T>
  >

/** File by file; the last one can be taken back when it turns out to cost too much. */
export class DeltaEncoder {
  readonly #streams = eachStream(() => new StreamWriter())
  /** Bytes that agree since the last difference, across runs and files. */
  #gap = 0
  /** Of all files together that are compared unpacked. */
  #unpackedBytes = 0
  #likelyBytes = 0
  #before = { lengths: eachStream(() => 0), gap: 0, unpackedBytes: 0 }
  readonly #effort: DeltaEffort

  constructor(effort: DeltaEffort = usualEffort) {
    this.#effort = effort
  }

  /** Gives what the file added to the streams, valid until the next one is added. */
  add(pair: DeltaPair): DeltaStreams {
    const lengths = eachStream((name) => this.#streams[name].length)
    this.#before = { lengths, gap: this.#gap, unpackedBytes: this.#unpackedBytes }
    const staysPacked = this.#effort.isQuick || pair.base.length > limits.deltaUnpackedBytes
    const members = staysPacked ? [] : findMembers(pair.target).slice(0, mostMembers)
    const unpackedBytes = this.#unpackedBytes + unpackedSize(pair.target, members)
    if (members.length > 0 && unpackedBytes <= limits.deltaUnpackedTogetherBytes) {
      this.#unpackedBytes = unpackedBytes
      this.#addUnpacked(pair, members)
    } else this.#addPlain(pair)
    return eachStream((name) => this.#streams[name].since(this.#before.lengths[name]))
  }

  /** What the last file added, as it would be compressed without what repeats in it; small numbers say the most. */
  get likelyBytes(): number {
    return this.#likelyBytes
  }

  undo(): void {
    for (const name of streamNames) this.#streams[name].cutTo(this.#before.lengths[name])
    this.#gap = this.#before.gap
    this.#unpackedBytes = this.#before.unpackedBytes
  }

  finish(): DeltaStreams {
    return eachStream((name) => this.#streams[name].finish())
  }

  #addPlain(pair: DeltaPair): void {
    const { forms, control } = this.#streams
    using laid = new LaidPair(pair, this.#effort)
    forms.number(laid.hasReferences ? form.references : form.plain)
    control.number(pair.target.length)
    this.#add(laid)
  }

  #addUnpacked({ base, target }: DeltaPair, members: readonly Member[]): void {
    const { forms, control } = this.#streams
    const streams = findStreams(base).slice(0, mostMembers)
    const unpacked = { base: unpack(base, streams), target: unpack(target, members) }
    forms.number(form.members)
    forms.number(target.length)
    forms.number(streams.length)
    for (const { skip, packedBytes, plainBytes } of streams)
      for (const count of [skip, packedBytes, plainBytes]) forms.number(count)
    forms.number(members.length)
    for (const { skip, plainBytes, maker } of members)
      for (const count of [skip, plainBytes, maker]) forms.number(count)
    control.number(unpacked.target.length)
    using laid = new LaidPair(unpacked, this.#effort, { isUnpacked: true })
    this.#add(laid)
  }

  #add(laid: LaidPair): void {
    this.#gap = laid.write(this.#streams, this.#gap)
    this.#likelyBytes = laid.likelyBytes()
  }
}

const unpackedSize = (file: Uint8Array, members: readonly Member[]): number =>
  members.reduce((sum, { packedBytes, plainBytes }) => sum + plainBytes - packedBytes, file.length)
