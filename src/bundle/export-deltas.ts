// The deltas of a plan on their way into frames: groups of files are made into frames where that pays. What does not pay,
// and what some host needs though it has no base for it, is left to be carried as chunks.
import type { Report } from '../base/progress.ts'
import type { Effort } from '../carry/effort.ts'
import type { CarriedChunk, CarryPlan } from '../carry/plan.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import type { DeltaGroup, FrameSpool } from '../container/frames.ts'
import type { Pool } from '../host/pool.ts'
import { type ChosenDelta, chooseWays } from './choose-ways.ts'
import { type DeltaFile, filledGroups, groupsOf, windowsOfPart } from './delta-files.ts'
import { GroupMemory } from './group-memory.ts'

interface DeltaSource {
  readonly plan: CarryPlan
  readonly channel: StationChannel
  readonly pool: Pool
  readonly effort: Pick<Effort, 'pricingLevel' | 'deltaEffort'>
  readonly report: Report
}

/** Gives the chunks that are to be carried whole, in the plan's order. */
export async function spoolDeltas(spool: FrameSpool, from: DeltaSource): Promise<readonly CarriedChunk[]> {
  const { plan, channel, pool, report, effort } = from
  const chosen = await chooseWays({ plan, channel, pool, effort })
  const whole = new WholeChunks(plan, chosen)
  const files = chosen
    .flatMap(({ delta, parts }) => parts.flatMap((part) => windowsOfPart(from, delta, part)))
    .sort((a, b) => a.part.takers - b.part.takers)
  let doneBytes = 0
  const makeRoom = (sizeBytes: number): Promise<void> => spool.makeRoom(sizeBytes)
  const groups = groupsOf(files, { isApart: true })
  using memory = new GroupMemory()
  const giveBack = (bytes: Uint8Array): void => memory.giveBack(bytes)
  for await (const { group, bytes } of filledGroups(groups, { channel, pool, makeRoom, memory }))
    spool.addDeltas({ bytes, files: group.map(draftOf), giveBack }, (isGiven) => {
      group.forEach((file, index) => {
        doneBytes += whole.add(file, isGiven[index] ?? [])
      })
      report({
        phase: 'encode',
        doneBytes: Math.min(doneBytes, plan.totals.chunkBytes),
        totalBytes: plan.totals.chunkBytes,
      })
    })
  await spool.endDeltas()
  return whole.chunks()
}

const draftOf = ({ part, window }: DeltaFile): DeltaGroup['files'][number] => ({
  base: { content: part.base.content, offset: window.baseOffset, sizeBytes: window.baseBytes },
  chunks: window.chunks,
})

/** Every chunk, but those of deltas that are taken by all who lack them. */
class WholeChunks {
  readonly #plan: CarryPlan
  readonly #isWhole: boolean[]

  constructor(plan: CarryPlan, chosen: readonly ChosenDelta[]) {
    this.#plan = plan
    this.#isWhole = plan.chunks.map(() => true)
    for (const { delta } of chosen) {
      this.#isWhole.fill(false, delta.firstChunk, delta.firstChunk + delta.chunks)
      for (const n of delta.alsoWhole) this.#isWhole[n] = true
    }
  }

  /** What of a file did not become a delta: whoever counted on it takes the chunks. Gives the bytes of the rest. */
  add({ window, firstChunk }: DeltaFile, isGiven: readonly boolean[]): number {
    let at = firstChunk
    let givenBytes = 0
    window.chunks.forEach(({ sizeBytes, isHeld }, n) => {
      if (isGiven[n] === true) givenBytes += sizeBytes
      else if (isHeld !== true) this.#isWhole[at] = true
      if (isHeld !== true) at++
    })
    return givenBytes
  }

  chunks(): readonly CarriedChunk[] {
    return this.#plan.chunks.filter((_, n) => this.#isWhole[n])
  }
}
