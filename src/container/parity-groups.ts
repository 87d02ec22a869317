// Reads the data shards of some groups at a time, and makes the parity that goes with them. A file is read once for all
// groups together, in pieces as long as there are groups in memory; so memory is bounded, however long the file is.

import { ParityRuns, type Run } from './parity-runs.ts'
import { addData, finishParity } from './parity-code.ts'
import { dataShardsOf, groupShardsOf, type ParityShape, shardBytes, spanOf } from './parity-shape.ts'

/** Of the groups that are made at the same time. */
const memoryBytes = 64 * 1024 * 1024

/** Read at once where neighbouring shards are all wanted. */
const mostRead = 256

export interface GroupData {
  /** Fills `into`, a whole number of shards, with those from number `first` on; zeros for what is lost or behind the end. */
  readonly read: (into: Uint8Array, first: number) => void
  readonly turn: () => Promise<void>
}

export class ParityGroups implements Disposable {
  readonly runs: ParityRuns
  readonly #shape: ParityShape
  readonly #sums: readonly Run[]
  readonly #data: readonly Run[]
  #spare: Run | undefined

  constructor(shape: ParityShape) {
    this.#shape = shape
    const span = spanOf(shape)
    const together = Math.max(1, Math.floor(memoryBytes / (2 * span * shardBytes)))
    this.runs = new ParityRuns(span, shardBytes)
    const count = Math.min(shape.groups, together)
    this.#sums = Array.from({ length: count }, () => this.runs.take())
    this.#data = Array.from({ length: count }, () => this.runs.take())
  }

  /** Their numbers, group by group that fit into memory together. */
  *passes(isWanted: (group: number) => boolean = () => true): Generator<readonly number[]> {
    for (let first = 0; first < this.#shape.groups; first += this.#sums.length) {
      const end = Math.min(first + this.#sums.length, this.#shape.groups)
      const groups = Array.from({ length: end - first }, (_, n) => first + n)
      if (groups.some(isWanted)) yield groups
    }
  }

  /** Makes the parity of a pass: a run for each of its groups, good until the next pass. */
  async makeParity(groups: readonly number[], data: GroupData): Promise<readonly Run[]> {
    const sums = this.#sums.slice(0, groups.length)
    for (const sum of sums) this.runs.clear(sum)
    for (let first = 0; first < groupShardsOf(this.#shape); first += this.runs.span) {
      this.#readRuns(groups, first, data)
      for (const [n, sum] of sums.entries()) {
        addData(this.runs, sum, { data: this.#data[n] as Run, first })
        await data.turn()
      }
    }
    for (const sum of sums) finishParity(this.runs, sum)
    return sums
  }

  /** Two runs to work in, while nothing is read. */
  spareRuns(): readonly [Run, Run] {
    return [this.#data[0] as Run, (this.#spare ??= this.runs.take())]
  }

  #readRuns(groups: readonly number[], first: number, { read }: GroupData): void {
    const { groups: count } = this.#shape
    const dataShards = dataShardsOf(this.#shape)
    const [firstGroup = 0] = groups
    const rows = groups.length === count ? Math.max(1, Math.floor(mostRead / count)) : 1
    const buffer = new Uint8Array(rows * groups.length * shardBytes)
    for (const data of this.#data) this.runs.clear(data)
    for (let row = 0; row < this.runs.span; row += rows) {
      const from = (first + row) * count + firstGroup
      const end = Math.min(from + Math.min(rows, this.runs.span - row) * groups.length, dataShards)
      if (from >= end) return
      const wanted = buffer.subarray(0, (end - from) * shardBytes)
      read(wanted, from)
      for (let n = 0; n < end - from; n++) {
        const shard = wanted.subarray(n * shardBytes, (n + 1) * shardBytes)
        const run = this.#data[n % groups.length] as Run
        this.runs.shard(run, row + Math.floor(n / groups.length)).set(shard)
      }
    }
  }

  [Symbol.dispose](): void {
    this.runs[Symbol.dispose]()
  }
}
