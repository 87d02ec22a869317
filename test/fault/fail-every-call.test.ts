// The real program on a real disk whose changing calls fail in turn, with each of the kernel's words, by a short write, or
// because the disk is full from there on. It ends well or with an error of its own, leaves one whole state, and run again
// without the fault reaches the end.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CallShim, compileShim, type Mishap, runShimmed } from '../support/call-shim.ts'
import { byEffort, faultSeed, faultTimeoutMs, sampleOf } from '../support/fault-effort.ts'
import { killedCopy, settle } from '../support/kill-program.ts'
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

const mishaps: readonly Mishap[] = [
  'EIO',
  'disk full',
  'short write',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EMLINK',
  'EINTR',
  'EMFILE',
]
const verbs = byEffort<readonly RealVerb[]>({ sample: ['import', 'apply'], slow: realVerbs, all: realVerbs })
const folder = scratchFolder()
let roots: RealRoots
let shim: CallShim

/** A bug of ours, as the manual has it, or no exit at all. */
const isOurBug = (exit: number | undefined): boolean => exit === undefined || exit === 70

describe.skipIf(!oracle('cc'))('a changing call that fails', () => {
  beforeAll(async () => {
    shim = compileShim(folder)
    roots = await makeRealRoots(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(verbs)('T1 T4: %s survives it', async (verb) => {
    const before = roots.before[verb]
    const args = (root: string): readonly string[] => argumentsOf(verb, roots, root)
    const whole = await killedCopy({ shim, folder, before }, args, { name: 'undisturbed' })
    const expected = expectationOf(roots.outside, before, whole.root)
    const violations: string[] = []
    let points = 0
    for (const [turn, mishap] of mishaps.entries())
      for (const at of sampleOf(whole.calls.length, byEffort({ sample: 300, slow: 37, all: 1 }), turn * 29)) {
        points++
        const { exit, output, calls, root } = await killedCopy({ shim, folder, before }, args, {
          name: 'failed',
          at,
          mishap,
        })
        const place = `${mishap} at ${at}, ${calls[at - 1]}, exit ${exit}`
        if (isOurBug(exit)) violations.push(`${place}: ${output}`)
        const found = exit === 0 ? expected.checkEnd(root) : []
        const all = [...found, ...(await settle({ shim, verb: args, expected }, root))]
        violations.push(...all.map((one) => `${place}: ${one}`))
      }
    console.log(`${verb}: ${points} failing calls (seed ${faultSeed}), ${violations.length} violations`)
    expect(violations).toEqual([])
    expect(points).toBeGreaterThan(0)
  })

  test.each(realVerbs)(
    '%s, with every reading and writing cut short, comes to the same end',
    async (verb) => {
      const before = roots.before[verb]
      const args = (root: string): readonly string[] => argumentsOf(verb, roots, root)
      const whole = await killedCopy({ shim, folder, before }, args, { name: 'undisturbed' })
      const root = join(folder, 'short')
      copyRoot(before, root)
      // The bundle lies in the folder too.
      const { exit, output, calls } = await runShimmed(
        shim,
        { root: folder, at: 1, mishap: 'short' },
        args(root),
      )
      expect(exit, output).toBe(0)
      expect(calls.length).toBeGreaterThan(whole.calls.length)
      expect(expectationOf(roots.outside, before, whole.root).checkEnd(root)).toEqual([])
    },
  )
})
