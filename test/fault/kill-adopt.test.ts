// init --adopt of the real program, killed before each of its changing calls: what is left is managed or it is not, the same
// command again reaches the end, and what stands at usr is never changed.
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { silent } from '../../src/base/progress.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { executeAdopt, planAdopt } from '../../src/ops/adopt.ts'
import { executeApply, planApply } from '../../src/ops/apply.ts'
import { importBundles } from '../../src/ops/import.ts'
import { changeModel } from '../../src/ops/model.ts'
import { debianLike } from '../support/adopted-root.ts'
import { type CallShim, compileShim, type Mishap, runShimmed, type Shimmed } from '../support/call-shim.ts'
import { composeBundle, draftPackage, fourKeyRootFile } from '../support/compose-bundle.ts'
import { byEffort, faultSeed, faultTimeoutMs, sampleOf } from '../support/fault-effort.ts'
import { killAt, killedCopy } from '../support/kill-program.ts'
import { oracle } from '../support/oracle.ts'
import { expectationOf } from '../support/real-root.ts'
import { builtMoss } from '../support/sample-trip.ts'
import { samplePackage } from '../support/sample-root.ts'
import { scratchFolder } from '../support/scratch.ts'
import { listingOf } from '../support/tree-listing.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

const folder = scratchFolder()
const before = join(folder, 'before')
const root = join(folder, 'root')
const trust = join(folder, 'trust.moss-root')
const adopt = ['init', '--adopt', '-y', '--json', '--trust', trust, '--name', 'pump', '--root', root]

/** With a cache of libraries and a default, so that what lies outside of usr is met as well. */
const tide = samplePackage('tide', '1', {
  'usr/bin/tide': { text: 'tide 1', mode: 0o755 },
  'usr/lib/ld.so.cache': 'cache of new',
  'usr/share/factory/etc/tide.conf': 'tide',
  'usr/share/factory/etc/passwd': 'never',
})

describe.skipIf(!oracle('cc'))('the built program, killed before a changing call of init --adopt', () => {
  let shim: CallShim
  let whole: Shimmed
  let usr = ''
  let around = ''

  beforeAll(async () => {
    shim = compileShim(folder)
    debianLike(before)
    writeFileSync(trust, fourKeyRootFile)
    usr = listingOf(join(before, 'usr'))
    whole = await adoptedFresh({})
    around = surroundings()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function adoptedFresh(moment: { at?: number; mishap?: Mishap }): Promise<Shimmed> {
    rmSync(root, { recursive: true, force: true })
    execFileSync('cp', ['-a', before, root])
    return await runShimmed(shim, { root, ...moment }, adopt)
  }

  /** Names, kinds and modes of everything but what is new in each root. */
  const surroundings = (): string =>
    execFileSync('find', ['.', '-path', './usr', '-prune', '-o', '-printf', '%P %y %m %U:%G %l\n'], {
      cwd: root,
      encoding: 'utf8',
    })
      .split('\n')
      .filter((line) => !/^\.moss\/(moss\.db-journal|lock|floor)/.test(line))
      .toSorted()
      .join('\n')

  const verified = (): readonly string[] => {
    const told = execFileSync(builtMoss, ['verify', '--all', '--json', '--root', root], { encoding: 'utf8' })
    return (JSON.parse(told) as { findings: string[] }).findings
  }

  async function judge(killed: Shimmed): Promise<readonly string[]> {
    const violations: string[] = []
    if (killed.exit !== undefined) violations.push(`it ended with ${killed.exit}`)
    const wasManaged = existsSync(join(root, '.moss/format'))
    if (listingOf(join(root, 'usr')) !== usr) violations.push('usr was changed')
    const { exit, output } = await runShimmed(shim, { root }, adopt)
    const isRefused = /ALREADY_EXISTS/.test(output)
    if (wasManaged ? !isRefused : exit !== 0) violations.push(`again it ends with ${exit}: ${output}`)
    if (listingOf(join(root, 'usr')) !== usr) violations.push('usr was changed the second time')
    if (surroundings() !== around) violations.push(`another end: ${surroundings()}`)
    violations.push(...verified())
    return violations
  }

  test('T1 T4 T6: it reaches its end when run again, and usr is never changed', async () => {
    expect(whole.exit, whole.output).toBe(0)
    expect(whole.calls.filter((call) => / \/usr(\/|$)/.test(call))).toEqual([])
    const total = whole.calls.length
    const points = sampleOf(total, byEffort({ sample: 24, slow: 2, all: 1 }))
    const violations: string[] = []
    for (const at of points) {
      const killed = await adoptedFresh({ at, mishap: 'kill' })
      const place = `kill ${at} at ${killed.calls.at(-1)}`
      violations.push(...(await judge(killed)).map((one) => `${place}: ${one}`))
    }
    console.log(
      `init --adopt: ${points.length} of ${total} points (seed ${faultSeed}), ${violations.length} violations`,
    )
    expect(violations).toEqual([])
    expect(total).toBeGreaterThanOrEqual(60)
  })

  test.each<['apply' | 'rollback', number]>([
    ['apply', 200],
    ['rollback', 80],
  ])('T1 T2 T4 T6: the first apply, and the way back: %s', async (verb, atLeast) => {
    const outside = linuxOutside()
    const start = await rootBefore(verb)
    const args = (at: string): readonly string[] => [
      ...(verb === 'apply' ? ['apply'] : ['rollback', '0']),
      '--root',
      at,
      '--json',
      '-y',
    ]
    const undisturbed = await killedCopy({ shim, folder, before: start }, args, { name: 'undisturbed' })
    expect(undisturbed.exit, undisturbed.output).toBe(0)
    const kept = verb === 'apply' ? '.moss/states/0/usr' : 'usr'
    expect(listingOf(join(undisturbed.root, kept))).toBe(usr)
    const expected = expectationOf(outside, start, undisturbed.root)
    const total = undisturbed.calls.length
    const exchange = 1 + undisturbed.calls.indexOf('renameat2 /usr')
    expect(exchange).toBeGreaterThan(1)
    const sampled = sampleOf(total, byEffort({ sample: 61, slow: 6, all: 1 }))
    const points = [...new Set([...sampled, exchange, exchange + 1, exchange + 2, exchange + 3])]
    const found = await killAt({ shim, folder, before: start, verb: args, expected }, points)
    const violations = [...found.violations]
    // The checks above know no dates and no hard links.
    if (listingOf(join(folder, 'killed', kept)) !== usr) violations.push('what was adopted is another tree')
    console.log(
      `${verb}: ${points.length} of ${total} points (seed ${faultSeed}), ${violations.length} violations`,
    )
    expect(violations).toEqual([])
    expect(total).toBeGreaterThanOrEqual(atLeast)
  })

  /** Adopted, and a bundle taken in; for a rollback applied as well. */
  async function rootBefore(verb: 'apply' | 'rollback'): Promise<string> {
    const outside = linuxOutside()
    const made = join(folder, `before-${verb}`)
    execFileSync('cp', ['-a', before, made])
    const plan = await planAdopt(outside, { root: made }, silent)
    const said = { trustFile: trust, expect: undefined, name: 'pump', channel: undefined }
    const { host } = await executeAdopt(outside, plan, said, silent)
    await changeModel(outside, { root: made, subscribe: ['tide'] })
    const bundle = join(folder, `${verb}.moss`)
    const packages = [draftPackage(tide)]
    writeFileSync(bundle, (await composeBundle({ serial: 1, hosts: [host], packages })).bytes)
    await importBundles(outside, { root: made, files: [bundle] }, silent)
    if (verb === 'rollback') await executeApply(outside, await planApply(outside, { root: made }), silent)
    return made
  }
})
