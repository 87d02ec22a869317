// Writes targets as differences from their bases, one base each, as streams that decode-delta.ts turns back. It trusts
// its input and keeps base, target and index of one file in memory. The same input gives the same streams.
import { limits } from '../base/limits.ts'
import { agreeingRun, bufferOf } from './agreement.ts'
import { align, type Pair, type Thoroughness } from './align.ts'
import { bytesInMemory } from './base-bytes.ts'
import { form, mostRuns } from './delta-forms.ts'
import { type DeltaStreams, type StreamName, streamNames, StreamWriter } from './delta-streams.ts'
import { labelReferences } from './label-references.ts'
import { asTokens, type MemberCoding } from './members/coding.ts'
import { codingsFor, isMuchNew, type MemberChoice, priceOfOpened } from './members/choose-coding.ts'
import { openPair } from './open-pair.ts'
import { ReferencePrediction } from './predict-references.ts'
import { findReferences, type References } from './references.ts'
import { RunList } from './runs.ts'
import { TableRoom } from './seed-index.ts'

export interface DeltaEffort extends Thoroughness {
  /** Does without what takes long: bases for texts. */
  readonly isQuick: boolean
  readonly members: MemberChoice
}

const usualEffort: DeltaEffort = { step: 8, mostStride: 5, isQuick: false, members: 'plain' }

/** Either may be empty. They are changed while they are encoded, and put back. */
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
  #before = { lengths: eachStream(() => 0), gap: 0, unpackedBytes: 0 }
  readonly #effort: DeltaEffort
  readonly #room = new TableRoom()
  readonly #referencesOf = new Map<Uint8Array, References>()

  constructor(effort: DeltaEffort = usualEffort) {
    this.#effort = effort
  }

  /** Gives what the file added to the streams, valid until the next one is added. */
  add(pair: DeltaPair): DeltaStreams {
    const lengths = eachStream((name) => this.#streams[name].length)
    this.#before = { lengths, gap: this.#gap, unpackedBytes: this.#unpackedBytes }
    if (!this.#addWithMembers(pair)) this.#addPlain(pair)
    return this.#added()
  }

  #added(): DeltaStreams {
    return eachStream((name) => this.#streams[name].since(this.#before.lengths[name]))
  }

  /** Of a base that was added, as far as they were needed. */
  referencesOf(base: Uint8Array): References | undefined {
    return this.#referencesOf.get(base)
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
    const references = referencesOf(pair)
    if (references !== undefined) this.#referencesOf.set(pair.base, references.base)
    forms.number(references === undefined ? form.plain : form.references)
    control.number(pair.target.length)
    if (references === undefined) this.#addRuns(pair, this.#runsOf(pair))
    else {
      const restoreBase = labelReferences(pair.base, references.base)
      const restoreTarget = labelReferences(pair.target, references.target)
      const runs = this.#runsOf(pair)
      restoreTarget()
      restoreBase()
      this.#addRuns(pair, runs, new ReferencePrediction(references.base, runs, pair.base.length))
    }
  }

  /** False if it has no members. */
  #addWithMembers(pair: DeltaPair): boolean {
    const [first, second] = codingsFor(this.#effort.members, pair.target)
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
    const opened = openPair(pair, coding, limits.deltaUnpackedTogetherBytes - this.#unpackedBytes)
    if (opened === undefined) return false
    this.#unpackedBytes += opened.target.length
    this.#streams.forms.number(coding === asTokens ? form.tokens : form.members)
    for (const number of opened.forms) this.#streams.forms.number(number)
    this.#streams.control.number(opened.target.length)
    this.#addRuns(opened, this.#runsOf(opened))
    return true
  }

  #runsOf(pair: Pair): RunList {
    const runs = new RunList()
    for (const { at, baseAt, copy, extra } of align(pair, this.#effort, this.#room))
      if (runs.count < mostRuns) runs.add(at, baseAt, copy, extra)
      else runs.addExtra(copy + extra)
    return runs
  }

  #addRuns({ base, target }: DeltaPair, runs: RunList, prediction?: ReferencePrediction): void {
    const { control, seeks, extra } = this.#streams
    let previous = 0
    for (let i = 0; i < runs.count; i++) {
      const at = runs.ats[i]!
      const baseAt = runs.baseAts[i]!
      const length = runs.lengths[i]!
      seeks.signed(baseAt - previous)
      control.number(length)
      control.number(runs.extras[i]!)
      const end = baseAt + length
      let expected = base.subarray(baseAt, end)
      if (prediction !== undefined) {
        // Not slice(), which gives a view of a Buffer.
        expected = new Uint8Array(expected)
        prediction.apply(expected, baseAt, at)
      }
      this.#addDifferences(target.subarray(at, at + length), expected)
      extra.bytes(target, at + length, at + length + runs.extras[i]!)
      previous = end
    }
  }

  /** Of a run of the target to what is expected of it. */
  #addDifferences(target: Uint8Array, expected: Uint8Array): void {
    const { gaps, runs, differences } = this.#streams
    const here = bufferOf(target)
    const there = bufferOf(expected)
    const length = target.length
    let i = 0
    while (i < length) {
      const agreeing = agreeingRun(here, i, there, i, length - i)
      this.#gap += agreeing
      i += agreeing
      const first = i
      while (i < length && here[i] !== there[i]) i++
      if (i === first) return
      gaps.number(this.#gap)
      runs.number(i - first)
      differences.differences(here, there, first, i)
      this.#gap = 0
    }
  }
}

function referencesOf({
  base,
  target,
}: DeltaPair): { readonly base: References; readonly target: References } | undefined {
  const ofBase = findReferences(bytesInMemory(base))
  if (ofBase === undefined || ofBase.count === 0) return undefined
  const ofTarget = findReferences(bytesInMemory(target))
  return ofTarget === undefined ? undefined : { base: ofBase, target: ofTarget }
}
