// How many of the faults are tried: a sample in the ordinary suite, most in `npm run check:slow` (MOSS_FAULTS=slow), every
// one in `npm run check:soak` (MOSS_FAULTS=all). MOSS_SEED says which ones a sample takes.
import { seededRandom } from '../sim/random.ts'

export type FaultEffort = 'sample' | 'slow' | 'all'

const asked = process.env['MOSS_FAULTS'] ?? 'sample'
if (asked !== 'sample' && asked !== 'slow' && asked !== 'all')
  throw new Error(`MOSS_FAULTS is sample, slow or all, not ${asked}`)
export const faultEffort: FaultEffort = asked

/** The ordinary suite does the same every time. */
const seedNow = faultEffort === 'sample' ? 1 : Date.now() % 1_000_000
export const faultSeed = Number(process.env['MOSS_SEED'] ?? seedNow)

export const faultRandom = (): ReturnType<typeof seededRandom> => seededRandom(faultSeed)

/** Of many, how many; all of them where everything is tried. */
export const byEffort = <T>(choices: Readonly<Record<FaultEffort, T>>): T => choices[faultEffort]

/** On the simulated disk the ordinary suite tries every third crash and every seventh failing call; the others try all. */
export const crashStep = byEffort({ sample: 3, slow: 1, all: 1 })
export const failureStep = byEffort({ sample: 7, slow: 1, all: 1 })

/** Every `step`-th of `count`, from 1: where the first lies is the seed's choice, moved by `turn`. */
export function sampleOf(count: number, step: number, turn = 0): readonly number[] {
  const first = 1 + ((faultSeed + turn) % step)
  const points: number[] = []
  for (let n = first; n <= count; n += step) points.push(n)
  return points
}

/** For tests that go through many points: on a busy machine they take their time. */
export const faultTimeoutMs = byEffort({ sample: 300_000, slow: 2 * 3_600_000, all: 48 * 3_600_000 })
