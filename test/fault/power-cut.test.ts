// The real program on real filesystems in loop images that are shut down at its changing calls: what was not synced is
// lost, or its bytes are and its names stay. The filesystem recovers, the root must be one whole state, and the same verb
// again reaches the end; that end survives another cut.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CallShim, compileShim, type Mishap, runShimmed } from '../support/call-shim.ts'
import { byEffort, faultSeed, faultTimeoutMs, sampleOf } from '../support/fault-effort.ts'
import { settle } from '../support/kill-program.ts'
import { LoopFilesystem, type LoopKind, loopProblem } from '../support/loop-filesystem.ts'
import { oracle } from '../support/oracle.ts'
import {
  argumentsOf,
  copyRoot,
  expectationOf,
  makeRealRoots,
  type RealRoots,
  type RealVerb,
  realVerbs,
} from '../support/real-root.ts'
import { scratchFolder } from '../support/scratch.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

const folder = scratchFolder()
let roots: RealRoots
let shim: CallShim

beforeAll(async () => {
  if (!oracle('cc')) return
  shim = compileShim(folder)
  roots = await makeRealRoots(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const verbs = byEffort<readonly RealVerb[]>({ sample: ['import', 'apply'], slow: realVerbs, all: realVerbs })
interface Cut {
  readonly at: number
  readonly mishap: Mishap
}

const cuts = ['all lost', 'bytes lost'] as const

/** Every violation of one verb, and how many cuts there were. */
async function cutEverywhere(
  kind: LoopKind,
  verb: RealVerb,
  choose: (calls: readonly string[]) => readonly Cut[],
): Promise<{ readonly points: number; readonly total: number; readonly violations: readonly string[] }> {
  using filesystem = new LoopFilesystem(kind, join(folder, kind))
  const root = join(filesystem.mount, 'root')
  const args = (at: string): readonly string[] => argumentsOf(verb, roots, at)
  copyRoot(roots.before[verb], root)
  filesystem.keep()
  const whole = await runShimmed(shim, { root }, args(root))
  expect(whole.exit, whole.output).toBe(0)
  const expected = expectationOf(roots.outside, roots.before[verb], root)
  const violations: string[] = []
  const points = choose(whole.calls)
  for (const { at, mishap } of points) {
    filesystem.comeBack()
    const { exit, output, calls } = await runShimmed(shim, { root, at, mishap }, args(root))
    const place = `${verb} on ${kind}, ${mishap} at ${at}, ${calls.at(-1)}`
    if (exit !== undefined) throw new Error(`${place}: it ended with ${exit}: ${output}`)
    filesystem.remount()
    const settled = await settle({ shim, verb: args, expected }, root)
    violations.push(...settled.map((one) => `${place}: ${one}`))
    const last = await runShimmed(shim, { root, at: 1, mishap }, [join(root, 'cut')], 'mkdir')
    expect(last.exit, last.output).toBeUndefined()
    filesystem.remount()
    violations.push(...expected.checkEnd(root).map((one) => `${place}: T3: done, then cut: ${one}`))
  }
  return { points: points.length, total: whole.calls.length * cuts.length, violations }
}

function isSkipped(kind: LoopKind): boolean {
  if (!oracle('cc', `mkfs.${kind}`)) return true
  const problem = loopProblem(kind, folder)
  if (problem !== undefined) console.warn(`skipped: no power cuts on ${kind}: ${problem}`)
  return problem !== undefined
}

describe.each<LoopKind>(['ext4', 'xfs'])('%s', (kind) => {
  const isMissing = isSkipped(kind)
  test.skipIf(isMissing).each(verbs)('T1–T6: power cuts during %s', async (verb) => {
    const { points, total, violations } = await cutEverywhere(kind, verb, (calls) =>
      sampleOf(calls.length, byEffort({ sample: 200, slow: 29, all: 1 })).flatMap((at) =>
        cuts.map((mishap) => ({ at, mishap })),
      ),
    )
    console.log(
      `${verb} on ${kind}: ${points} of ${total} power cuts (seed ${faultSeed}), ${violations.length} violations`,
    )
    expect(violations).toEqual([])
  })

  test.skipIf(isMissing)('the harness is honest: where nothing is synced, apply is red', async () => {
    const { violations } = await cutEverywhere(kind, 'apply', (calls) => [
      { at: 2 + calls.indexOf('renameat2 /usr'), mishap: 'bytes lost, nothing synced' },
    ])
    expect(violations.join()).toMatch(/T1/)
  })
})
