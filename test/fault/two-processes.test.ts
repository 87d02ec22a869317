// L1: a second process while the first stands still before one of its changing calls. One that changes is refused and
// changes nothing, one that reads sees one whole state, and the first then reaches its end. Without its lock a collection
// in the middle of an import does damage: then this turns red.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CallShim, compileShim, type Mishap, runShimmed, type Shimmed } from '../support/call-shim.ts'
import { byEffort, faultSeed, faultTimeoutMs, sampleOf } from '../support/fault-effort.ts'
import { killedCopy, settle } from '../support/kill-program.ts'
import { oracle } from '../support/oracle.ts'
import { argumentsOf, copyRoot, expectationOf, makeRealRoots, type RealRoots } from '../support/real-root.ts'
import { scratchFolder } from '../support/scratch.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

const folder = scratchFolder()
let roots: RealRoots
let shim: CallShim

interface Met {
  /** The changing call that the first stood before. */
  readonly call: string | undefined
  readonly second: Shimmed
  readonly violations: readonly string[]
}

/** The verb stands still at each of these points while `second` runs. */
async function meetAt(
  verb: 'import' | 'apply',
  points: (calls: readonly string[]) => readonly number[],
  second: (root: string) => readonly string[],
  mishap: Mishap = 'stop',
): Promise<readonly Met[]> {
  const before = roots.before[verb]
  const args = (root: string): readonly string[] => argumentsOf(verb, roots, root)
  const whole = await killedCopy({ shim, folder, before }, args, { name: 'undisturbed' })
  const expected = expectationOf(roots.outside, before, whole.root)
  const root = join(folder, 'root')
  const met: Met[] = []
  for (const at of points(whole.calls)) {
    copyRoot(before, root)
    let other: Shimmed | undefined
    const violations: string[] = []
    const whileStopped = async (): Promise<void> => {
      violations.push(...expected.checkFound(root))
      other = await runShimmed({ ...shim, note: `${shim.note}-2` }, { root }, second(root))
      violations.push(...expected.checkFound(root))
    }
    const { exit, output } = await runShimmed(shim, { root, at, mishap, whileStopped }, args(root))
    if (other === undefined) throw new Error(`${verb} never reached ${at}`)
    if (exit !== 0) violations.push(`the first ends with ${exit}: ${output}`)
    violations.push(...expected.checkEnd(root), ...(await settle({ shim, verb: args, expected }, root)))
    met.push({ call: whole.calls[at - 1], second: other, violations })
  }
  return met
}

const say = (what: string, met: readonly Met[]): readonly string[] => {
  const violations = met.flatMap(({ call, violations: all }) => all.map((one) => `${call}: ${one}`))
  console.log(`${what}: ${met.length} points (seed ${faultSeed}), ${violations.length} violations`)
  return violations
}

describe.skipIf(!oracle('cc'))('two processes', () => {
  beforeAll(async () => {
    shim = compileShim(folder)
    roots = await makeRealRoots(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const collect = (root: string): readonly string[] => argumentsOf('gc', roots, root)
  /** The first call makes sure of the lock's file: nothing is locked before it. */
  const afterFirst = (step: number) => (calls: readonly string[]) =>
    sampleOf(calls.length, step).filter((at) => at > 1)

  test.each(['import', 'apply'] as const)('L1: a second that changes is refused during %s', async (verb) => {
    const met = await meetAt(verb, afterFirst(byEffort({ sample: 101, slow: 17, all: 1 })), collect)
    expect(say(`gc during ${verb}`, met)).toEqual([])
    for (const { call, second } of met) expect(second.output, call).toContain('STATE_LOCKED')
    for (const { call, second } of met)
      expect(second.calls, call).toEqual([expect.stringMatching(/ \/\.moss\/lock$/)])
  })

  test('T1 L1: a second that reads during apply sees one whole state', async () => {
    const show = (root: string): readonly string[] => ['state', 'show', '--digest', '--root', root, '--json']
    const met = await meetAt('apply', afterFirst(byEffort({ sample: 141, slow: 17, all: 1 })), show)
    expect(say('state show during apply', met)).toEqual([])
    const trees = new Set<string>()
    for (const { call, second } of met) {
      // In the middle of a commit, of which the folder's sync is part, the database cannot be read; the first would go on
      // meanwhile.
      const isCommitting = / \/\.moss(\/moss\.db\S*)?$/.test(call ?? '')
      if (isCommitting && second.output.includes('STATE_LOCKED')) continue
      expect(second.exit, `${call}: ${second.output}`).toBe(0)
      trees.add((JSON.parse(second.output) as { readonly tree: string }).tree)
    }
    expect([1, 2]).toContain(trees.size)
  })

  /** Bodies are staged, and about to be moved into place. */
  const moving = (calls: readonly string[]): readonly number[] => [
    1 + calls.findIndex((call) => call.startsWith('renameat2 /.moss/staging/')),
  ]

  test('the honest harness: without the lock a collection during an import is red', async () => {
    const met = await meetAt('import', moving, collect, 'stop without locks')
    expect(met.flatMap(({ violations }) => violations)).not.toEqual([])
  })
})
