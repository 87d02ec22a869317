// The real program on a real disk, killed with SIGKILL before each of its changing calls, on a root small enough for all
// of them. The ordinary suite takes a sample; MOSS_FAULTS=slow or all takes every one.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CallShim, compileShim, runShimmed } from '../support/call-shim.ts'
import {
  byEffort,
  faultEffort,
  faultRandom,
  faultSeed,
  faultTimeoutMs,
  sampleOf,
} from '../support/fault-effort.ts'
import { killAt, killedCopy, type KillScenario, settle } from '../support/kill-program.ts'
import { oracle } from '../support/oracle.ts'
import {
  argumentsOf,
  copyRoot,
  expectationOf,
  makeRealRoots,
  type RealRoots,
  type RealVerb,
} from '../support/real-root.ts'
import { builtMoss } from '../support/sample-trip.ts'
import { scratchFolder } from '../support/scratch.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

const folder = scratchFolder()
let roots: RealRoots
let shim: CallShim

interface Prepared extends KillScenario {
  /** Of an undisturbed run. */
  readonly calls: readonly string[]
}

async function prepare(verb: RealVerb): Promise<Prepared> {
  const args = (root: string): readonly string[] => argumentsOf(verb, roots, root)
  const before = roots.before[verb]
  const whole = await killedCopy({ shim, folder, before }, args, { name: 'undisturbed' })
  expect(whole.exit, whole.output).toBe(0)
  const expected = expectationOf(roots.outside, before, whole.root)
  return { shim, folder, before, verb: args, expected, calls: whole.calls }
}

const say = (what: string, points: number, total: number, violations: readonly string[]): void =>
  console.log(`${what}: ${points} of ${total} points (seed ${faultSeed}), ${violations.length} violations`)

describe.skipIf(!oracle('cc'))('the built program, killed before a changing call', () => {
  beforeAll(async () => {
    shim = compileShim(folder)
    roots = await makeRealRoots(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each<[RealVerb, number]>([
    ['import', 125],
    ['apply', 300],
    ['update', 270],
    ['rollback', 125],
    ['gc', 100],
    ['repair', 34],
  ])('T1 T2 T4 T5 T6: %s reaches its end when run again', async (verb, atLeast) => {
    const scenario = await prepare(verb)
    const total = scenario.calls.length
    // A rollback moves the folder of that state, too: the old tree takes its own number there.
    const isMoved = scenario.calls.some((call) => /^rename\S* \/\.moss\/states\/1$/.test(call))
    expect(isMoved, scenario.calls.join('\n')).toBe(verb === 'update' || verb === 'rollback')
    const points = sampleOf(total, byEffort({ sample: 71, slow: 8, all: 1 }))
    const { violations } = await killAt(scenario, points)
    say(verb, points.length, total, violations)
    expect(violations).toEqual([])
    expect(total).toBeGreaterThanOrEqual(atLeast)
  })

  test('the harness is honest: where trees are exchanged in several steps, apply is red', async () => {
    const scenario = await prepare('apply')
    const mutant = { name: 'mutant', mishap: 'kill, no exchange' } as const
    const { calls } = await killedCopy(scenario, scenario.verb, mutant)
    const last = 1 + calls.findIndex((call) => /^rename \/\.moss\/states\/.*\.aside$/.test(call))
    expect(last).toBeGreaterThan(0)
    const { violations } = await killAt(scenario, [last], mutant.mishap)
    expect(violations.join()).toMatch(/T1/)
  })

  test('T1 T4: recovery itself, before and after the exchange, killed again and again', async () => {
    const scenario = await prepare('apply')
    const recover = (root: string): readonly string[] => argumentsOf('recover', roots, root)
    const exchange = 1 + scenario.calls.indexOf('renameat2 /usr')
    expect(exchange).toBeGreaterThan(1)
    for (const at of [exchange, exchange + 1]) {
      const { root: half } = await killedCopy(scenario, scenario.verb, { name: `half-${at}`, at })
      const interrupted = { ...scenario, before: half }
      const whole = await killedCopy(interrupted, recover, { name: 'undisturbed' })
      expect(whole.exit, whole.output).toBe(0)
      const total = whole.calls.length
      const points = sampleOf(total, byEffort({ sample: 61, slow: 8, all: 1 }))
      const { violations } = await killAt(
        { ...interrupted, verb: recover, expected: expectationOf(roots.outside, half, whole.root) },
        points,
      )
      say(at === exchange ? 'recover, staged' : 'recover, published', points.length, total, violations)
      expect(violations).toEqual([])
      expect(total).toBeGreaterThanOrEqual(at === exchange ? 20 : 60)
    }
  })

  test.each<[RealVerb]>([['apply'], ['rollback']])(
    'T1 T4: %s is killed, its recovery, and the recovery of that',
    async (verb) => {
      const scenario = await prepare(verb)
      const total = scenario.calls.length
      const random = faultRandom()
      const violations: string[] = []
      const rounds = byEffort({ sample: 2, slow: 30, all: total * 20 })
      for (let round = 0; round < rounds; round++) {
        const at = 1 + (faultEffort === 'all' ? round % total : random.below(total))
        const { root, calls } = await killedCopy(scenario, scenario.verb, { name: 'killed', at })
        let place = `kill ${at} at ${calls.at(-1)}`
        for (const most of [60, 30]) {
          const again = 1 + random.below(most)
          await runShimmed(shim, { root, at: again }, argumentsOf('recover', roots, root))
          place += `, then ${again}`
          violations.push(...scenario.expected.checkFound(root).map((one) => `${place}: ${one}`))
        }
        violations.push(...(await settle(scenario, root)).map((one) => `${place}: ${one}`))
      }
      say(`${verb}, killed three times`, rounds, rounds, violations)
      expect(violations).toEqual([])
    },
  )

  test.skipIf(!oracle('strace')).each<[RealVerb]>([['import'], ['apply'], ['gc']])(
    'the kernel sees no changing call of %s that is not counted',
    async (verb) => {
      const { calls } = await prepare(verb)
      const root = join(folder, 'traced')
      copyRoot(roots.before[verb], root)
      const seen = join(folder, 'strace')
      execFileSync('strace', ['-f', '-y', '-o', seen, builtMoss, ...argumentsOf(verb, roots, root)])
      const lines = readFileSync(seen, 'utf8').split('\n')
      const changing = lines.filter((line) => line.includes(root) && changingCall.test(line))
      expect(changing.length).toBe(calls.length)
    },
  )
})

/** A line of strace with what changes something; an opening where it may make or empty a file. SQLite's fchown changes nothing. */
const changingCall = new RegExp(
  String.raw`^\d+ +(open(at)?\(.*(O_CREAT|O_TRUNC)|ioctl\(.*FICLONE|(p?write(v|64|v2)?|f?truncate|fallocate|f(data)?sync|syncfs|` +
    String.raw`copy_file_range|sendfile|[lf]?(set|remove)xattr|mkdir(at)?|rmdir|unlink(at)?|rename(at2?)?|(sym)?link(at)?|` +
    String.raw`l?chown|fchownat|f?chmod(at2?)?|f?utimens(at)?|mknod(at)?)\()`,
)
