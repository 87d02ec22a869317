// Sticks that lie and sticks that go away, as the kernel shows them to the real program: a bundle is taken in with its
// right bytes or not at all, the medium is read once, and with a good stick the same command reaches the end.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type CallShim, compileShim, runShimmed } from '../support/call-shim.ts'
import { byEffort, faultSeed, faultTimeoutMs } from '../support/fault-effort.ts'
import { killedCopy, settle } from '../support/kill-program.ts'
import { compileStick, OddStick, type StickUse, type StickWay } from '../support/odd-stick.ts'
import { oracle } from '../support/oracle.ts'
import {
  argumentsOf,
  copyRoot,
  expectationOf,
  makeRealRoots,
  type RealExpectation,
  type RealRoots,
} from '../support/real-root.ts'
import { scratchFolder } from '../support/scratch.ts'
import { cutIntoVolumes } from '../support/volumes.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

const folder = scratchFolder()
const root = join(folder, 'root')
let stickProgram: string
let roots: RealRoots
let shim: CallShim
let expected: RealExpectation

async function whyNot(): Promise<string | undefined> {
  if (!oracle('cc', 'umount')) return 'there is no C compiler'
  stickProgram = compileStick(folder)
  try {
    await (await OddStick.insert(stickProgram, { file: import.meta.filename, way: 'honest' })).pull()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
const problem = await whyNot()
if (problem !== undefined) console.warn(`skipped: no filesystem can be served here: ${problem}`)
const isMissing = problem !== undefined

const importFrom = (at: string, file: string): readonly string[] =>
  argumentsOf('import', { ...roots, bundle: file }, at)
const importGood = (at: string): readonly string[] => importFrom(at, roots.bundle)

beforeAll(async () => {
  if (isMissing) return
  shim = compileShim(folder)
  roots = await makeRealRoots(folder)
  const before = roots.before.import
  const whole = await killedCopy({ shim, folder, before }, importGood, { name: 'undisturbed' })
  expected = expectationOf(roots.outside, before, whole.root)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Imported {
  readonly exit: number | undefined
  readonly output: string
  readonly use: StickUse | undefined
  readonly violations: readonly string[]
}

async function importWith(way: StickWay, afterBytes: number): Promise<Imported> {
  copyRoot(roots.before.import, root)
  const stick = await OddStick.insert(stickProgram, { file: roots.bundle, way, afterBytes })
  let use: StickUse | undefined
  try {
    const { exit, output } = await runShimmed(shim, { root }, importFrom(root, stick.bundle))
    use = await stick.pull()
    const found = exit === 0 ? expected.checkEnd(root) : expected.checkFound(root)
    const again = await settle({ shim, verb: importGood, expected }, root)
    return { exit, output, use, violations: [...found, ...again] }
  } catch (error) {
    if (use === undefined) await stick.pull()
    throw error
  }
}

test.skipIf(isMissing)('the stick of this test lies: read twice it gives other bytes', async () => {
  const stick = await OddStick.insert(stickProgram, { file: roots.bundle, way: 'lies' })
  const read = (): Buffer => execFileSync('cat', [stick.bundle], { maxBuffer: 2 ** 26 })
  const [first, second] = [read(), read()]
  const { bytesAgain } = (await stick.pull()) ?? { bytesAgain: 0 }
  expect(first.equals(readFileSync(roots.bundle))).toBe(true)
  expect(second.equals(first)).toBe(false)
  expect(bytesAgain).toBe(first.length)
})

test.skipIf(isMissing)('B2 B1: a stick that lies on its second reading is read once', async () => {
  const { exit, output, use, violations } = await importWith('lies', 0)
  console.log(
    `a lying stick: ${use?.bytesRead} bytes read, ${use?.bytesAgain} again, ${violations.length} violations`,
  )
  expect(violations).toEqual([])
  expect(exit, output).toBe(0)
  expect(use).toEqual({ bytesRead: statSync(roots.bundle).size, bytesAgain: 0 })
})

test.skipIf(isMissing)(
  'B2 B1: a volume on a stick that lies is read once, and the rest comes from elsewhere',
  async () => {
    const whole = readFileSync(roots.bundle)
    const [first = whole, ...others] = cutIntoVolumes(whole, whole.length - 1)
    const file = join(folder, 'volume.moss')
    writeFileSync(file, first)
    copyRoot(roots.before.import, root)
    const stick = await OddStick.insert(stickProgram, { file, way: 'lies', afterBytes: 0 })
    const { exit, output } = await runShimmed(shim, { root }, importFrom(root, stick.bundle))
    expect(await stick.pull()).toEqual({ bytesRead: first.length, bytesAgain: 0 })
    expect(exit, output).toBe(15)
    for (const [index, bytes] of others.entries()) {
      writeFileSync(file, bytes)
      const next = await runShimmed(shim, { root }, importFrom(root, file))
      expect(next.exit, next.output).toBe(index < others.length - 1 ? 15 : 0)
    }
    // Beside the copy it is written which volumes have brought it.
    expect(expected.checkEnd(root).filter((line) => !/\/volumes file /.test(line))).toEqual([])
  },
)

test.skipIf(isMissing).each<[StickWay]>([['fails'], ['vanishes']])(
  'T1 T4 B1: a stick that %s in the middle leaves nothing half taken in',
  async (way) => {
    const total = statSync(roots.bundle).size
    const step = byEffort({ sample: 20_000, slow: 2048, all: 256 })
    const violations: string[] = []
    let points = 0
    for (let afterBytes = 1 + (faultSeed % step); afterBytes < total; afterBytes += step) {
      const { exit, output, violations: found } = await importWith(way, afterBytes)
      points++
      const place = `${way} after ${afterBytes} of ${total} bytes`
      if (exit === 0 || exit === 70 || exit === undefined)
        violations.push(`${place}: exit ${exit}: ${output}`)
      violations.push(...found.map((one) => `${place}: ${one}`))
    }
    console.log(`a stick that ${way}: ${points} points (seed ${faultSeed}), ${violations.length} violations`)
    expect(violations).toEqual([])
    expect(points).toBeGreaterThan(1)
  },
)
