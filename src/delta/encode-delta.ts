// Writes targets as differences from their bases, one base each, as streams that decode-delta.ts turns back. It trusts
// its input and keeps base, target and index of one file in memory. The same input gives the same streams.
import { limits } from '../base/limits.ts'
import { agreeingRun, bufferOf } from './agreement.ts'
import { align, type Pair, type Thoroughness } from './align.ts'
import { form, mostMembers, mostRuns } from './delta-forms.ts'
import { type DeltaStreams, type StreamName, streamNames, StreamWriter } from './delta-streams.ts'
import { findMembers, findStreams } from './find-members.ts'
import { labelReferences } from './label-references.ts'
import { type Member, unpack } from './members.ts'
import { ReferencePrediction } from './predict-references.ts'
import { findReferences, type References } from './references.ts'
import { RunList } from './runs.ts'
import { TableRoom } from './seed-index.ts'

export interface DeltaEffort extends Thoroughness {
  /** Does without what takes long: unpacking members, and bases for texts. */
  readonly isQuick: boolean
}

const usualEffort: DeltaEffort = { step: 8, mostStride: 5, isQuick: false }

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
    this.#addRuns(unpacked, this.#runsOf(unpacked))
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

const unpackedSize = (file: Uint8Array, members: readonly Member[]): number =>
  members.reduce((sum, { packedBytes, plainBytes }) => sum + plainBytes - packedBytes, file.length)

function referencesOf({
  base,
  target,
}: DeltaPair): { readonly base: References; readonly target: References } | undefined {
  const ofBase = findReferences(base)
  if (ofBase === undefined || ofBase.count === 0) return undefined
  const ofTarget = findReferences(target)
  return ofTarget === undefined ? undefined : { base: ofBase, target: ofTarget }
}
