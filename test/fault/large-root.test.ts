// A root too large for every crash: a seeded sample of the calls of apply, with a power cut and a kill after each, and
// another crash in the recovery. The seed is printed and taken from MOSS_SEED.
import { expect, test, vi } from 'vitest'
import { silent } from '../../src/base/progress.ts'
import { isCrash } from '../sim/faults.ts'
import { seededRandom } from '../sim/random.ts'
import { simulatedOutside, type SimulatedOutside } from '../sim/simulated-outside.ts'
import { byEffort, faultRandom, faultSeed, faultTimeoutMs } from '../support/fault-effort.ts'
import { checkRoot, knownTrees, surroundingsOf } from '../support/invariants.ts'
import {
  applySamples,
  freshRoot,
  openRoot,
  sampleCounters,
  type SampleEntry,
  samplePackage,
} from '../support/sample-root.ts'
import { checkAssets } from '../support/simulated-host.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

const root = '/root'

/** Some hundred files, of which every seventh follows the version; some of each other kind. */
function books(version: number) {
  const random = seededRandom(7)
  const entries: Record<string, SampleEntry> = {}
  for (let n = 0; n < byEffort({ sample: 120, slow: 400, all: 1500 }); n++) {
    const place = `usr/share/books/${random.below(20)}/${n}`
    entries[place] = {
      text: n % 7 === 0 ? `book ${n}, ${version}` : `book ${n}`,
      mode: n % 11 === 0 ? 0o600 : 0o644,
    }
    if (n % 13 === 0) entries[`${place}-link`] = { target: `${n}` }
    if (n % 29 === 0) entries[`usr/share/factory/etc/books/${n}.conf`] = `settings ${version}`
  }
  return samplePackage('books', `${version}`, entries)
}

const versions = [books(1), books(2), books(3)]

async function publish(outside: SimulatedOutside, version: number): Promise<void> {
  using opened = openRoot(outside, root)
  await opened.states.recover(silent)
  const wanted = versions[version - 1]
  if (wanted === undefined) throw new Error(`no version ${version}`)
  if (opened.states.current().packages.some(({ id }) => id === wanted.id)) return
  await applySamples(opened, [wanted], version)
}

async function recover(outside: SimulatedOutside): Promise<void> {
  using opened = openRoot(outside, root)
  await opened.states.recover(silent)
}

async function hasCrashed(work: Promise<void>): Promise<boolean> {
  try {
    await work
    return false
  } catch (error) {
    if (isCrash(error)) return true
    throw error
  }
}

test('T1 T2 T4 T5 T6 S1: crashes of apply on a root of many files, and of their recovery', async () => {
  const made = simulatedOutside(1)
  freshRoot(made, root)[Symbol.dispose]()
  await publish(made, 1)
  await publish(made, 2)
  const before = made.copy()
  const whole = before.copy()
  whole.arm({})
  await publish(whole, 3)
  const total = whole.calls().changing
  const known = new Map([...knownTrees(before.disk, root), ...knownTrees(whole.disk, root)])
  const surroundings = surroundingsOf(before.disk, root)
  const violations: string[] = []
  const random = faultRandom()
  const points = byEffort({ sample: 4, slow: 120, all: 3000 })
  for (let point = 0; point < points; point++) {
    const [crashAt, again, seed] = [1 + random.below(total), 1 + random.below(40), random.below(1_000_000)]
    const crashed = before.copy(seed)
    crashed.arm({ crashAt })
    expect(await hasCrashed(publish(crashed, 3))).toBe(true)
    const place = `crash ${crashAt} of ${total}, ${again} of the recovery, survivors ${seed}`
    const check = (machine: SimulatedOutside, isSettled: boolean): void => {
      const expected = { known, floor: sampleCounters(2), surroundings, isSettled }
      const found = [...checkRoot(machine.disk, root, expected), ...checkAssets(machine, root)]
      violations.push(...found.map((one) => `${place}: ${one}`))
    }
    let machine = point % 3 === 0 ? crashed.afterKill() : crashed.afterPowerCut(seed)
    check(machine, false)
    machine.arm({ crashAt: again })
    if (await hasCrashed(recover(machine))) machine = machine.afterPowerCut(seed + 1)
    machine.arm({})
    check(machine, false)
    await publish(machine, 3)
    check(machine, true)
  }
  console.log(
    `a root of many files: ${points} of ${total} points (seed ${faultSeed}), ${violations.length} violations`,
  )
  expect(violations).toEqual([])
})
