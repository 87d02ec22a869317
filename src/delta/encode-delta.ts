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
  const writers = new DeltaWriters()
  for (const pair of pairs) writers.add(pair)
  return writers.finish()
}

class DeltaWriters {
  readonly #streams = Object.fromEntries(streamNames.map((name) => [name, new StreamWriter()])) as Readonly<
    Record<StreamName, StreamWriter>
  >
  /** Bytes that agree since the last difference, across runs and files. */
  #gap = 0

  add({ base, target }: DeltaPair): void {
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
  }

  finish(): DeltaStreams {
    return Object.fromEntries(
      streamNames.map((name) => [name, this.#streams[name].finish()]),
    ) as unknown as DeltaStreams
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
