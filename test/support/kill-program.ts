// Kills the built program at its changing calls and judges what is left: as found one whole state, and the same verb
// again reaches the end that nobody disturbed.
import { join } from 'node:path'
import { type CallShim, type Mishap, type Moment, runShimmed, type Shimmed } from './call-shim.ts'
import type { Outcome } from './disturb.ts'
import { copyRoot, type RealExpectation } from './real-root.ts'

/** One verb on copies of one root. */
export interface KillScenario {
  readonly shim: CallShim
  /** For the copies. */
  readonly folder: string
  readonly before: string
  /** Arguments of the verb on a root. */
  readonly verb: (root: string) => readonly string[]
  readonly expected: RealExpectation
}

/** Runs the verb on a fresh copy, up to that moment. */
export async function killedCopy(
  { shim, folder, before }: Omit<KillScenario, 'verb' | 'expected'>,
  verb: KillScenario['verb'],
  at: Omit<Moment, 'root'> & { readonly name: string },
): Promise<Shimmed & { readonly root: string }> {
  const root = join(folder, at.name)
  copyRoot(before, root)
  return { ...(await runShimmed(shim, { root, ...at }, verb(root))), root }
}

/** At each of these points. Where the run ends before a point, that is a violation too: it is not the same every time. */
export async function killAt(
  scenario: KillScenario,
  points: readonly number[],
  mishap: Mishap = 'kill',
): Promise<Outcome> {
  const violations: string[] = []
  for (const at of points) {
    const { root, exit, calls } = await killedCopy(scenario, scenario.verb, { name: 'killed', at, mishap })
    const place = `kill ${at} at ${calls.at(-1)}`
    if (exit !== undefined) violations.push(`${place}: it ended with ${exit}`)
    else violations.push(...(await settle(scenario, root)).map((one) => `${place}: ${one}`))
  }
  return { points: points.length, violations }
}

/** From whatever was found to the end, by the verb alone. */
export async function settle(
  { shim, verb, expected }: Pick<KillScenario, 'shim' | 'verb' | 'expected'>,
  root: string,
): Promise<readonly string[]> {
  const found = expected.checkFound(root)
  if (found.length > 0) return found.map((one) => `as found: ${one}`)
  const { exit, output } = await runShimmed(shim, { root }, verb(root))
  return exit === 0 ? expected.checkEnd(root) : [`T4: again it ends with ${exit}: ${output}`]
}
