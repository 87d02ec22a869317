// Runs a scenario once for each of its changing calls, with the power failing there (or the program being killed),
// and hands what is left to a check: for recipes without a recovery of their own.
import { isCrash } from './faults.ts'
import type { SimulatedOutside } from './simulated-outside.ts'

export interface Scenario {
  /** Where every run starts from: taken as durable, copied for each run. */
  readonly start: SimulatedOutside
  readonly act: (outside: SimulatedOutside) => unknown
}

export interface CrashPoint {
  /** The changing call that did not happen any more. */
  readonly n: number
  /** What survives: the seed of a power cut, or everything after a kill. */
  readonly survivors: number | 'all'
  /** The last calls before, for messages. */
  readonly lastCalls: readonly string[]
}

export interface CrashRun extends Scenario {
  /** What is left is handed over as a machine switched on again. Throws where a rule is broken. */
  readonly check: (after: SimulatedOutside, point: CrashPoint) => unknown
  /** Power cuts per crash point, each letting something else survive. Default 3. */
  readonly cuts?: number
  /** Only every so many points, for long scenarios. Default 1. */
  readonly step?: number
  readonly seed?: number
}

/** How many crashes were checked. The error of a check names its point. */
export async function atEveryCrash(run: CrashRun): Promise<number> {
  const total = await countChanges(run)
  let checked = 0
  for (let n = 1; n <= total; n += run.step ?? 1) {
    const crashed = run.start.copy(run.seed)
    crashed.arm({ crashAt: n })
    await expectCrash(run, crashed, n)
    const lastCalls = crashed
      .trace()
      .slice(-8)
      .map((call) => `${call.name} ${call.path}`)
    for (let cut = 0; cut < (run.cuts ?? 3); cut++) {
      const survivors = (run.seed ?? 1) * 1000 + n * 10 + cut
      await judge(run, crashed.afterPowerCut(survivors), { n, survivors, lastCalls })
      checked++
    }
    await judge(run, crashed.afterKill(), { n, survivors: 'all', lastCalls })
    checked++
  }
  return checked
}

async function countChanges(run: Scenario & { readonly seed?: number }): Promise<number> {
  const whole = run.start.copy(run.seed)
  await run.act(whole)
  return whole.calls().changing
}

async function expectCrash(run: Scenario, crashed: SimulatedOutside, n: number): Promise<void> {
  try {
    await run.act(crashed)
  } catch (error) {
    if (isCrash(error)) return
    throw new Error(`crash ${n} came out as another error`, { cause: error })
  }
  if (!crashed.hasCrashed)
    throw new Error(`the scenario never reached changing call ${n}: it is not deterministic`)
}

async function judge(run: CrashRun, after: SimulatedOutside, point: CrashPoint): Promise<void> {
  try {
    await run.check(after, point)
  } catch (error) {
    const where = `crash at changing call ${point.n}, survivors ${point.survivors}`
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${where}: ${reason}\n  ${point.lastCalls.join('\n  ')}`, { cause: error })
  }
}
