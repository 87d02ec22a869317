// Writes targets as differences from their bases, one base each, as streams that decode-delta.ts turns back. It trusts
// its input and keeps base, target and index of one file in memory. The same input gives the same streams.
import { limits } from '../base/limits.ts'
import { form } from './delta-forms.ts'
import {
  type DeltaStreams,
  streamBytes,
  type StreamName,
  streamNames,
  StreamWriter,
} from './delta-streams.ts'
import { LaidPair, type Pair, type Thoroughness } from './laid-pair.ts'
import { codingsFor, isMuchNew, type MemberChoice, priceOfOpened } from './members/choose-coding.ts'
import { asTokens, type MemberCoding } from './members/coding.ts'
import { openPair } from './open-pair.ts'

export interface DeltaEffort extends Thoroughness {
  /** Does without what takes long: bases for texts. */
  readonly isQuick: boolean
  readonly members: MemberChoice
}

const usualEffort: DeltaEffort = { step: 8, mostStride: 5, isQuick: false, members: 'plain' }

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
  /** Of all files together that are compared unpacked, and of their bases. */
  #unpackedBytes = 0
  #unpackedBaseBytes = 0
  #likelyBytes = 0
  #before = { lengths: eachStream(() => 0), gap: 0, unpackedBytes: 0, unpackedBaseBytes: 0 }
  readonly #effort: DeltaEffort

  constructor(effort: DeltaEffort = usualEffort) {
    this.#effort = effort
  }

  /** Gives what the file added to the streams, valid until the next one is added. */
  add(pair: DeltaPair): DeltaStreams {
    const lengths = eachStream((name) => this.#streams[name].length)
    this.#before = {
      lengths,
      gap: this.#gap,
      unpackedBytes: this.#unpackedBytes,
      unpackedBaseBytes: this.#unpackedBaseBytes,
    }
    if (!this.#addWithMembers(pair)) this.#addPlain(pair)
    return this.#added()
  }

  #added(): DeltaStreams {
    return eachStream((name) => this.#streams[name].since(this.#before.lengths[name]))
  }

  /** Of all files so far. */
  get streamBytes(): number {
    return streamBytes(this.#streams)
  }

  /** What the last file added, as it would be compressed without what repeats in it; small numbers say the most. */
  get likelyBytes(): number {
    return this.#likelyBytes
  }

  undo(): void {
    for (const name of streamNames) this.#streams[name].cutTo(this.#before.lengths[name])
    this.#gap = this.#before.gap
    this.#unpackedBytes = this.#before.unpackedBytes
    this.#unpackedBaseBytes = this.#before.unpackedBaseBytes
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

  /** False if it has no members. */
  #addWithMembers(pair: DeltaPair): boolean {
    const [first, second] = codingsFor(this.#effort.members)
    if (first === undefined) return false
    if (!this.#addOpened(pair, first)) return second !== undefined && this.#addOpened(pair, second)
    const openedBytes = this.#unpackedBytes - this.#before.unpackedBytes
    if (second === undefined || !isMuchNew(this.#added(), openedBytes)) return true
    const price = priceOfOpened(this.#added())
    this.undo()
    if (this.#addOpened(pair, second) && priceOfOpened(this.#added()) < price) return true
    this.undo()
    return this.#addOpened(pair, first)
  }

  #addOpened(pair: DeltaPair, coding: MemberCoding): boolean {
    const mostBytes = limits.deltaUnpackedTogetherBytes
    const opened = openPair(pair, coding, {
      base: mostBytes - this.#unpackedBaseBytes,
      target: mostBytes - this.#unpackedBytes,
    })
    if (opened === undefined) return false
    this.#unpackedBytes += opened.target.length
    this.#unpackedBaseBytes += opened.base.length
    this.#streams.forms.number(coding === asTokens ? form.tokens : form.members)
    for (const number of opened.forms) this.#streams.forms.number(number)
    this.#streams.control.number(opened.target.length)
    using laid = new LaidPair(opened, this.#effort, { isUnpacked: true })
    this.#add(laid)
    return true
  }

  #add(laid: LaidPair): void {
    this.#gap = laid.write(this.#streams, this.#gap)
    this.#likelyBytes = laid.likelyBytes()
  }
}
