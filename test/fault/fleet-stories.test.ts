// A fleet and its sticks, by the real operations: sticks are lost, copied, kept in a drawer for weeks and brought in any
// order, with what sync leaves on them. Whatever happens, no host goes back, none gets what was made for another, and each that
// a stick still reaches comes to the newest serial. A sample of hosts by default, a thousand in `npm run check:slow`.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { executeApply, planApply } from '../../src/ops/apply.ts'
import { executeEnrol, planEnrol } from '../../src/ops/enrol.ts'
import { listFleet } from '../../src/ops/fleet-hosts.ts'
import { initHost } from '../../src/ops/init.ts'
import { changeModel } from '../../src/ops/model.ts'
import { exportState } from '../../src/ops/state-export.ts'
import { hostStatus } from '../../src/ops/status.ts'
import { executeHostSync, planHostSync } from '../../src/ops/sync-host.ts'
import { executeStationSync, planStationSync } from '../../src/ops/sync-station.ts'
import { seededRandom } from '../sim/random.ts'
import { byEffort, faultSeed, faultTimeoutMs } from '../support/fault-effort.ts'
import { type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

const size = byEffort({
  sample: { hosts: 12, serials: 6, visits: 120 },
  slow: { hosts: 1000, serials: 20, visits: 2000 },
  all: { hosts: 1000, serials: 20, visits: 30_000 },
})
const packages = ['alder', 'birch', 'cedar', 'dogwood', 'elm', 'fir'] as const
const sticks = 5

const random = seededRandom(faultSeed)
let moss: Program
const outside = linuxOutside()
const at = (name: string): string => join(moss.folder, name)
const home = (): string => at('station')

interface Host {
  readonly name: string
  readonly root: string
  readonly id: string
  serial: number
}
const hosts: Host[] = []
let newest = 0

/** Some packages in a new version, as the serial says. */
function publish(): void {
  newest++
  const changed = packages.filter((_, n) => newest === 1 || (newest + n) % 3 === 0)
  for (const name of changed) {
    mkdirSync(at(`${name}/usr/share`), { recursive: true })
    writeFileSync(at(`${name}/usr/share/${name}`), `${name} of serial ${newest}`)
    moss.well('add', 'stable', name, '--name', name, '--version', `${newest}`, '--home', 'station')
  }
  moss.well('channel', 'publish', 'stable', '--home', 'station')
}

async function makeHost(n: number): Promise<void> {
  const name = `pump-${n}`
  const root = at(`hosts/${name}`)
  const trustFile = join(home(), 'root.moss-root')
  const { host } = await initHost(outside, {
    root,
    trustFile,
    expect: undefined,
    name,
    channel: undefined,
  })
  const subscribe = packages.filter((_, bit) => (((n % 63) + 1) & (1 << bit)) !== 0)
  await changeModel(outside, { root, subscribe })
  const { path } = await exportState(outside, { root, to: at(`${name}.moss-state`) })
  await executeEnrol(outside, await planEnrol(outside, { home: home(), file: path, expect: undefined }))
  rmSync(path)
  hosts.push({ name, root, id: host, serial: 0 })
}

async function visitStation(stick: string): Promise<void> {
  const plan = await planStationSync(outside, { home: home(), medium: stick })
  expect(plan.strangers).toEqual([])
  expect(plan.unreadable).toEqual([])
  await executeStationSync(outside, { plan, ask: async () => undefined }, () => {})
}

async function visitHost(host: Host, stick: string): Promise<void> {
  const { root } = host
  const plan = await planHostSync(outside, { root, medium: stick, policy: undefined })
  for (const bundle of plan.bundles) if (bundle.fate === 'take') expect(bundle.hosts).toContain(host.name)
  const { taken, refused } = await executeHostSync(outside, plan, () => {})
  expect(refused).toEqual([])
  const waiting = await planApply(outside, { root })
  if (!waiting.isNothing) await executeApply(outside, waiting, () => {})
  await exportState(outside, { root, to: stick })
  const { channel } = await hostStatus(outside, { root })
  const serial = channel.serial ?? 0
  if (serial < host.serial) throw new Error(`${host.name} went back from ${host.serial} to ${serial}`)
  if (taken !== undefined) expect(serial).toBe(taken.serial)
  host.serial = serial
}

beforeAll(async () => {
  moss = programIn(scratchFolder())
  mkdirSync(at('hosts'))
  moss.well('key', 'generate', '--no-passphrase', '--home', 'station')
  moss.well('channel', 'create', 'stable', '--home', 'station')
  publish()
  for (let n = 0; n < size.hosts; n++) await makeHost(n)
}, faultTimeoutMs)

afterAll(async () => {
  await outside[Symbol.asyncDispose]()
  rmSync(moss.folder, { recursive: true, force: true })
})

test(
  'sticks that are lost, late, copied and out of order: no host goes back, and all come to the newest',
  async () => {
    const stickOf = (n: number): string => at(`stick-${n}`)
    for (let n = 0; n < sticks; n++) mkdirSync(stickOf(n))
    const seen = { lost: 0, copied: 0, station: 0, host: 0 }
    for (let visit = 0; visit < size.visits; visit++) {
      if (newest < size.serials && visit % Math.ceil(size.visits / size.serials) === 0 && visit > 0) publish()
      const stick = stickOf(random.below(sticks))
      const chance = random.next()
      if (chance < 0.03) {
        seen.lost++
        rmSync(stick, { recursive: true })
        mkdirSync(stick)
      } else if (chance < 0.06) {
        // An old copy of another stick turns up.
        seen.copied++
        const other = stickOf(random.below(sticks))
        if (other === stick) continue
        rmSync(stick, { recursive: true })
        cpSync(other, stick, { recursive: true })
      } else if (chance < 0.3) {
        seen.station++
        await visitStation(stick)
      } else {
        seen.host++
        await visitHost(random.pick(hosts), stick)
      }
    }
    console.log(`${hosts.length} hosts, ${newest} serials:`, JSON.stringify(seen))

    // Then one stick goes round: what comes back is all that the station needs, and what it makes all that they need.
    const last = stickOf(0)
    for (const host of hosts) await visitHost(host, last)
    await visitStation(last)
    for (const host of hosts) await visitHost(host, last)
    expect(hosts.filter(({ serial }) => serial !== newest)).toEqual([])
    await visitStation(last)
    const fleet = await listFleet(outside, { home: home() })
    expect(fleet.filter(({ behind, underWay }) => behind !== 0 || underWay !== undefined)).toEqual([])
    const again = await planStationSync(outside, { home: home(), medium: last })
    expect(again.hosts.filter(({ fate }) => fate !== 'nothing')).toEqual([])
  },
  faultTimeoutMs,
)
