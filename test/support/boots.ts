// A simulated machine whose state says by a file of its own whether it is well, and which can be switched off and on: its
// boots have names, and `recover --boot` and `recover --ok` run in them or do not.
import { decodeUtf8, encodeUtf8 } from '../../src/base/bytes.ts'
import { silent } from '../../src/base/progress.ts'
import type { Command, CommandResult } from '../../src/host/outside.ts'
import { executeApply, planApply } from '../../src/ops/apply.ts'
import type { Applied } from '../../src/ops/changes.ts'
import { readReceipt } from '../../src/ops/receipt.ts'
import { openHost } from '../../src/ops/host.ts'
import { recoverHost } from '../../src/ops/recover.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import { composeBundle, draftPackage, type DraftPackage } from './compose-bundle.ts'
import { samplePackage } from './sample-root.ts'
import { applyVerb, freshHost, importVerb, placeFile, root } from './simulated-host.ts'

/** What the check of a state finds. */
export type Wellness = 'well' | 'ill' | 'stuck' | 'absent'

const checks = `
[[check]]
name = "pump"
command = ["/usr/bin/pump-check", "--all"]
timeoutMs = 5000
`

/** Something else on the machine that makes its check fail; and that cuts the power at the next change. */
export const illFile = `${root}/etc/ill`
export const cutFile = '/cut'

function runCheck({ program, root: into, timeoutMs }: Command, outside: SimulatedOutside): CommandResult {
  if (program !== '/usr/bin/pump-check' || into !== root || timeoutMs !== 5000)
    throw new Error(`nobody asked for ${program}`)
  const { disk } = outside
  if (disk.lstat(cutFile) !== undefined) outside.arm({ crashAt: 1 })
  const own = `${root}/usr/share/pump`
  if (disk.lstat(own) === undefined) return { exitCode: 127, output: 'no such program\n' }
  const says = disk.lstat(illFile) === undefined ? (decodeUtf8(disk.readFile(own, 100)) ?? '') : 'ill'
  if (says.startsWith('well')) return { exitCode: 0, output: '' }
  if (says.startsWith('absent')) return { exitCode: undefined, output: '', unsupported: 'only root can' }
  return { exitCode: says.startsWith('ill') ? 3 : undefined, output: 'looking\nthe pump stands still\n' }
}

const packages = (serial: number, wellness: Wellness): readonly DraftPackage[] => [
  draftPackage(
    samplePackage('base', `${serial}`, {
      'usr/share/pump': `${wellness} ${serial}`,
      'usr/share/factory/etc/base.conf': `settings ${serial}`,
    }),
  ),
]

/** State 1 is applied, well and confirmed; its boots are counted if `isCounting`. */
export async function wellMachine(how: { readonly isCounting: boolean }): Promise<SimulatedOutside> {
  const outside = await freshMachine()
  await offer(outside, { serial: 1, wellness: 'well' })
  await applyVerb(outside)
  if (how.isCounting) {
    await bootEarly(outside)
    await bootUp(outside)
  }
  return copyOf(outside)
}

/** State 0, whose model names the check. */
export async function freshMachine(): Promise<SimulatedOutside> {
  const made = await freshHost(['base'], runCheck)
  const { outside } = made
  outside.disk.makeFolder('/proc', 0o755)
  for (const folder of ['/proc/sys', '/proc/sys/kernel', '/proc/sys/kernel/random'])
    outside.disk.makeFolder(folder, 0o755)
  const model = `${root}/etc/moss/model.toml`
  const text = decodeUtf8(outside.disk.readFile(model, 10_000)) ?? ''
  outside.disk.remove(model)
  placeFile(outside, model, encodeUtf8(text + checks))
  hosts.set(outside, made.id)
  nameBoot(outside, 'boot 0')
  return outside
}

const hosts = new WeakMap<SimulatedOutside, Awaited<ReturnType<typeof freshHost>>['id']>()

/** Of the same host. */
function adopt(from: SimulatedOutside, to: SimulatedOutside): SimulatedOutside {
  const id = hosts.get(from)
  if (id !== undefined) hosts.set(to, id)
  return to
}

export const copyOf = (outside: SimulatedOutside): SimulatedOutside => adopt(outside, outside.copy())

/** Takes a bundle in that replaces the package of the current state. */
export async function offer(
  outside: SimulatedOutside,
  {
    serial,
    wellness,
    has = [],
  }: { readonly serial: number; readonly wellness: Wellness; readonly has?: readonly DraftPackage[] },
): Promise<void> {
  const id = hosts.get(outside)
  if (id === undefined) throw new Error('no machine of this file')
  const file = `/offered-${serial}.moss`
  placeFile(
    outside,
    file,
    (await composeBundle({ serial, hosts: [id], packages: packages(serial, wellness), has })).bytes,
  )
  await importVerb(file)(outside)
  outside.disk.remove(file)
}

export async function apply(outside: SimulatedOutside, again = false): Promise<Applied> {
  return executeApply(outside, await planApply(outside, { root, again }), silent)
}

export function nameBoot(outside: SimulatedOutside, name: string): void {
  const path = '/proc/sys/kernel/random/boot_id'
  if (outside.disk.lstat(path) !== undefined) outside.disk.remove(path)
  placeFile(outside, path, encodeUtf8(`${name}\n`))
}

/** Off and on again. What it does then is the caller's. */
export function boot(outside: SimulatedOutside, name: string): SimulatedOutside {
  const next = adopt(outside, outside.afterPowerCut())
  nameBoot(next, name)
  return next
}

export const bootEarly = (outside: SimulatedOutside) => recoverHost(outside, { root, moment: 'booting' })
export const bootLate = (outside: SimulatedOutside) => recoverHost(outside, { root, moment: 'late' })
export const bootUp = (outside: SimulatedOutside) => recoverHost(outside, { root, moment: 'up' })

/** What the machine is and what it says of itself. */
export async function tell(outside: SimulatedOutside) {
  using host = await openHost(outside, { root, report: silent, isBooting: true })
  const { states } = host
  const receipt = readReceipt(host)?.state
  return {
    current: states.current().number,
    kept: states.list().map(({ record }) => record.number),
    confirmed: states
      .list()
      .filter(({ isConfirmed }) => isConfirmed)
      .map(({ record }) => record.number),
    history: states.history().map(({ kind, from, to }) => `${kind} ${from} ${to}`),
    serial: states.counters().serials['stable']?.serial,
    receipt: `${receipt?.current} ${receipt?.answers?.outcome} ${receipt?.answers?.detail}`,
  }
}
