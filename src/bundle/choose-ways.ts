// Of the deltas that could be carried in several ways, as hosts in different states need, each way is priced and the
// cheapest is taken. A delta with one way that serves all is left to the frame it goes into, which weighs it anyway.
import { cheapestWay, isPlain } from '../carry/cheapest-way.ts'
import type { Effort } from '../carry/effort.ts'
import type { CarryPlan } from '../carry/plan.ts'
import type { CarriedDelta, DeltaPart } from '../carry/plan-deltas.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { deltaGroupBytes } from '../container/frames.ts'
import { type DeltaPrice, type DeltasToPrice, priceDeltasJob } from '../container/price-job.ts'
import type { Pool } from '../host/pool.ts'
import { type DeltaFile, filledGroups, groupsOf, windowsOfPart } from './delta-files.ts'
import { GroupMemory } from './group-memory.ts'

export interface ChosenDelta {
  readonly delta: CarriedDelta
  readonly parts: readonly DeltaPart[]
}

interface PriceSource {
  readonly plan: CarryPlan
  readonly channel: StationChannel
  readonly pool: Pool
  readonly effort: Pick<Effort, 'pricingLevel' | 'deltaEffort'>
}

/** In the plan's order, without those that are best carried whole. */
export async function chooseWays(from: PriceSource): Promise<readonly ChosenDelta[]> {
  const { plan } = from
  const pricedFiles = plan.deltas.flatMap((delta) =>
    isPlain(delta)
      ? []
      : delta.ways.flat().map((part) => ({ part, files: windowsOfPart(from, delta, part) })),
  )
  const prices = await priceFiles(
    pricedFiles.flatMap(({ files }) => files),
    from,
  )
  const ofPart = new Map(
    pricedFiles.map(({ part, files }) => [
      part,
      {
        delta: sum(files.map((file) => prices.get(file)?.delta ?? 0)),
        whole: sum(files.map((file) => prices.get(file)?.whole ?? 0)),
      },
    ]),
  )
  return plan.deltas.flatMap((delta): ChosenDelta[] => {
    const chosen = isPlain(delta) ? 0 : priceWays(delta, { plan, ofPart })
    const parts = chosen === undefined ? undefined : delta.ways[chosen]
    return parts === undefined ? [] : [{ delta, parts }]
  })
}

function priceWays(
  delta: CarriedDelta,
  { plan, ofPart }: { readonly plan: CarryPlan; readonly ofPart: ReadonlyMap<DeltaPart, DeltaPrice> },
): number | undefined {
  const [first] = delta.ways.flat()
  return cheapestWay(delta, {
    prices: {
      ways: delta.ways.map((parts) => parts.map((part) => ofPart.get(part)?.delta ?? Infinity)),
      whole: (first && ofPart.get(first)?.whole) ?? 0,
    },
    alsoWholeBytes: sum(delta.alsoWhole.map((n) => plan.chunks[n]?.sizeBytes ?? 0)),
  })
}

async function priceFiles(
  files: readonly DeltaFile[],
  { channel, pool, effort: { pricingLevel: level, deltaEffort } }: PriceSource,
): Promise<ReadonlyMap<DeltaFile, DeltaPrice>> {
  const prices = new Map<DeltaFile, DeltaPrice>()
  const underWay: { readonly inUse: number; readonly done: Promise<void> }[] = []
  let inUse = 0
  const groups = groupsOf(files, { isApart: false })
  /** One for each worker, and one that is read meanwhile. */
  const mostBytes = deltaGroupBytes * (pool.width + 1)
  const makeRoom = async (sizeBytes: number): Promise<void> => {
    while (underWay.length > 0 && inUse + sizeBytes > mostBytes) {
      const oldest = underWay.shift()
      inUse -= oldest?.inUse ?? 0
      await oldest?.done
    }
  }
  using memory = new GroupMemory()
  for await (const { group, bytes } of filledGroups(groups, { channel, pool, makeRoom, memory })) {
    inUse += bytes.length
    const asked = group.map(({ window }) => ({ baseBytes: window.baseBytes, chunks: window.chunks }))
    const priced = { inUse: bytes.length, done: price(group, { bytes, files: asked }) }
    // Awaited in its turn; until then a failure must not count as unhandled.
    priced.done.catch(() => {})
    underWay.push(priced)
  }
  for (const { done } of underWay) await done
  return prices

  async function price(
    group: readonly DeltaFile[],
    asked: Pick<DeltasToPrice, 'bytes' | 'files'>,
  ): Promise<void> {
    const input = { ...asked, level, deltaEffort }
    const { prices: found, bytes } = await pool.run(priceDeltasJob, input, [
      asked.bytes.buffer as ArrayBuffer,
    ])
    memory.giveBack(bytes)
    group.forEach((file, index) => {
      const each = found[index]
      if (each !== undefined) prices.set(file, each)
    })
  }
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)
