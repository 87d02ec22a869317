// Writes targets as differences from their bases, one base each, as streams that decode-delta.ts turns back. It trusts
// its input and keeps base, target and index of one file in memory. The same input gives the same streams.
import { align } from './align.ts'
import { type DeltaStreams, type StreamName, streamNames, StreamWriter } from './delta-streams.ts'

/** Either may be empty. */
export interface DeltaPair {
  readonly base: Uint8Array
  readonly target: Uint8Array
}

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
  #before = { lengths: eachStream(() => 0), gap: 0 }

  /** Gives what the file added to the streams, valid until the next one is added. */
  add({ base, target }: DeltaPair): DeltaStreams {
    this.#before = { lengths: eachStream((name) => this.#streams[name].length), gap: this.#gap }
    const { control, seeks, extra } = this.#streams
    control.number(target.length)
    let previous = 0
    for (const { at, baseAt, copy, extra: extraBytes } of align(base, target)) {
      seeks.signed(baseAt - previous)
      control.number(copy)
      control.number(extraBytes)
      this.#addDifferences({ base, target, at, baseAt, length: copy })
      extra.bytes(target, at + copy, at + copy + extraBytes)
      previous = baseAt + copy
    }
    return eachStream((name) => this.#streams[name].since(this.#before.lengths[name]))
  }

  undo(): void {
    for (const name of streamNames) this.#streams[name].cutTo(this.#before.lengths[name])
    this.#gap = this.#before.gap
  }

  finish(): DeltaStreams {
    return eachStream((name) => this.#streams[name].finish())
  }

  #addDifferences(run: {
    readonly base: Uint8Array
    readonly target: Uint8Array
    readonly at: number
    readonly baseAt: number
    readonly length: number
  }): void {
    const { base, target, at, baseAt, length } = run
    const { gaps, runs, differences } = this.#streams
    let i = 0
    while (i < length) {
      const start = i
      while (i < length && target[at + i] === base[baseAt + i]) i++
      this.#gap += i - start
      const first = i
      while (i < length && target[at + i] !== base[baseAt + i]) i++
      if (i === first) return
      gaps.number(this.#gap)
      runs.number(i - first)
      differences.differences(target, at + first, base, baseAt + first, i - first)
      this.#gap = 0
    }
  }
}
