// Runs a verb on copies of a simulated machine and disturbs it: a crash at the n-th changing call, a kill or a power
// cut after it, another crash in the recovery, or a call that fails. After each: the invariants as found, recovery, the
// invariants again, the same verb once more, and the end must be the one that nobody disturbed.
import { MossError } from '../../src/base/error.ts'
import { placesOf } from '../../src/state/places.ts'
import { readUndelivered } from '../../src/state/tables.ts'
import { type Faults, isCrash } from '../sim/faults.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import { crashStep, failureStep } from './fault-effort.ts'

export interface Scenario {
  /** The machine before the verb, everything on it durable. */
  readonly before: SimulatedOutside
  readonly verb: (outside: SimulatedOutside) => Promise<void>
  readonly recover: (outside: SimulatedOutside) => Promise<void>
  /** Violations of what holds at every instant, or of what holds once recovered. */
  readonly check: (outside: SimulatedOutside, when: 'found' | 'recovered') => readonly string[]
  /** Violations of the end: T4. */
  readonly checkEnd: (outside: SimulatedOutside) => readonly string[]
}

export interface Disturbance {
  /** Power cuts tried at each point, each with another seed. */
  readonly cuts?: number
  /** Every n-th point only; 1 is all of them. By default what the effort says, and all where a fault is planted. */
  readonly step?: number
  readonly faults?: Faults
  /** Stops looking after this many violations. */
  readonly enough?: number
}

export interface Outcome {
  readonly points: number
  readonly violations: readonly string[]
}

/** T1, T2, T4, T5, T6 at every crash point of the verb; T3 at its end. */
export async function crashEverywhere(scenario: Scenario, how: Disturbance = {}): Promise<Outcome> {
  const { cuts = 2, faults, enough = 5, step = faults === undefined ? crashStep : 1 } = how
  const violations: string[] = []
  let points = 0
  for (let crashAt = 1; violations.length < enough; crashAt += step) {
    const machine = scenario.before.copy(crashAt)
    machine.arm({ ...faults, crashAt })
    if (!(await hasCrashed(machine, () => scenario.verb(machine)))) {
      violations.push(...(await checkLasting(scenario, machine, cuts * 5)))
      break
    }
    points++
    const call = machine.trace().at(-1)
    const place = `crash ${crashAt} at ${call?.name} ${call?.path}`
    for (let cut = 1; cut <= cuts; cut++) {
      const seed = crashAt * 100 + cut
      const after = machine.afterPowerCut(seed)
      violations.push(
        ...(await settle(scenario, after, crashAt)).map((one) => `${place}, power cut ${seed}: ${one}`),
      )
    }
    // Last: what runs after a kill shares the crashed machine's disk.
    violations.push(
      ...(await settle(scenario, machine.afterKill(), crashAt)).map((one) => `${place}, kill: ${one}`),
    )
  }
  return { points, violations }
}

/** T3: what was reported as done survives any power cut. Garbage may come back: recovery sweeps it. */
async function checkLasting(
  scenario: Scenario,
  machine: SimulatedOutside,
  cuts: number,
): Promise<readonly string[]> {
  const violations: string[] = []
  for (let seed = 1; seed <= cuts; seed++) {
    const after = machine.afterPowerCut(seed)
    await scenario.recover(after)
    violations.push(...scenario.checkEnd(after).map((one) => `T3: done, power cut ${seed}: ${one}`))
  }
  return violations
}

/** Every call of the verb fails once, with each problem. */
export async function failEverywhere(
  scenario: Scenario,
  { problems, step = failureStep, enough = 5 }: Disturbance & { readonly problems: readonly string[] },
): Promise<Outcome> {
  const violations: string[] = []
  let points = 0
  for (const [index, problem] of problems.entries())
    for (let n = 1; violations.length < enough; n += step) {
      const machine = scenario.before.copy(n)
      machine.arm({ failAt: { n, problem } })
      const result = await attempt(() => scenario.verb(machine))
      if (machine.calls().all < n) break
      points++
      const call = machine.trace()[n - 1]
      const place = `${problem} ${n} at ${call?.name} ${call?.path}`
      if (result !== undefined && !(result instanceof MossError))
        violations.push(
          `${place}: no MossError, but ${result instanceof Error ? result.message : 'no error'}`,
        )
      machine.arm({})
      const held = result === undefined && isDelivered(machine) ? scenario.checkEnd(machine) : []
      violations.push(...held.map((one) => `${place}, reported as done: ${one}`))
      // Every other problem is followed by a power cut; the rest goes on as it stands.
      const after = index % 2 === 0 ? machine : machine.afterPowerCut(n)
      violations.push(...(await settle(scenario, after, 0)).map((one) => `${place}: ${one}`))
    }
  return { points, violations }
}

/** Otherwise it was told that the machine did not let something of /etc and /var be written: no end, but no failure. */
function isDelivered(machine: SimulatedOutside): boolean {
  const path = placesOf('/root').database
  if (machine.disk.lstat(path) === undefined) return true
  using database = machine.openDatabase(path, 'read')
  return readUndelivered(database) === undefined
}

/** From whatever was found to the end; a crash of the recovery too, at a call that depends on `turn`. */
async function settle(
  scenario: Scenario,
  machine: SimulatedOutside,
  turn: number,
): Promise<readonly string[]> {
  const found = scenario.check(machine, 'found')
  if (found.length > 0) return found.map((one) => `as found: ${one}`)
  const disturbed = turn === 0 ? machine : await crashRecovery(scenario, machine, turn)
  const halfway = disturbed === machine ? [] : scenario.check(disturbed, 'found')
  if (halfway.length > 0) return halfway.map((one) => `after a crash of the recovery: ${one}`)
  try {
    await scenario.recover(disturbed)
    const recovered = scenario.check(disturbed, 'recovered')
    if (recovered.length > 0) return recovered.map((one) => `recovered: ${one}`)
    await scenario.verb(disturbed)
    return scenario.checkEnd(disturbed)
  } catch (error) {
    return [`T4: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
  }
}

/** Recovers with a crash on the way, then cuts the power; and the recovery of that, too. */
async function crashRecovery(
  scenario: Scenario,
  machine: SimulatedOutside,
  turn: number,
): Promise<SimulatedOutside> {
  let left = machine
  for (const crashAt of [1 + ((turn * 7) % 23), 1 + ((turn * 5) % 11)]) {
    left.arm({ crashAt })
    if (!(await hasCrashed(left, () => scenario.recover(left)))) break
    left = left.afterPowerCut(turn)
  }
  left.arm({})
  return left
}

async function hasCrashed(machine: SimulatedOutside, run: () => Promise<void>): Promise<boolean> {
  const error = await attempt(run)
  if (error !== undefined && !isCrash(error)) throw error
  return machine.hasCrashed
}

async function attempt(run: () => Promise<void>): Promise<unknown> {
  try {
    await run()
    return undefined
  } catch (error) {
    return error ?? new Error('nothing was thrown')
  }
}
