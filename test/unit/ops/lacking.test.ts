// The whole circle on a real disk: what is damaged on a host is named, forgotten, listed in the next state, carried whole
// by the next bundle and never built upon, and then everything is as it should be.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { enrol } from '../../support/enrol.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { AssetId, ContentDigest } from '../../../src/base/ids.ts'
import { type Progress, silent } from '../../../src/base/progress.ts'
import { readHostState } from '../../../src/fleet/state-file.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { executeApply, planApply } from '../../../src/ops/apply.ts'
import { addPackages, createChannel, publishChannel } from '../../../src/ops/channels.ts'
import { executeExport } from '../../../src/ops/export.ts'
import { planExport } from '../../../src/ops/plan-export.ts'
import { openHost } from '../../../src/ops/host.ts'
import { importBundles } from '../../../src/ops/import.ts'
import { initHost } from '../../../src/ops/init.ts'
import { generateKey } from '../../../src/ops/keys.ts'
import { changeModel } from '../../../src/ops/model.ts'
import { executeRepair, planRepair } from '../../../src/ops/repair.ts'
import { exportState } from '../../../src/ops/state-export.ts'
import { verifyHost } from '../../../src/ops/verify-host.ts'
import { noise } from '../../support/containers.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const folder = scratchFolder()
const home = join(folder, 'home')
const ask = () => Promise.resolve(undefined)

const bodies = [1, 2].map((seed) => noise(400_000, seed)) as [Uint8Array, Uint8Array]
/** Differs everywhere by a byte now and then, so that no chunk stays. */
const relink = (bytes: Uint8Array, version: number): Uint8Array =>
  Uint8Array.from(bytes, (byte, i) => (i % 700 === version ? byte + 1 : byte))

const filesOf = (version: number): Record<string, Uint8Array> => ({
  'usr/lib/liba.so': relink(bodies[0], version),
  'usr/lib/libb.so': relink(bodies[1], version),
  // The same bytes with another mode: another asset of the same content.
  'usr/bin/b': relink(bodies[1], version),
  'usr/share/stays': noise(5000, 5),
})
const contentOf = (path: string, version: number): ContentDigest =>
  digestOf<ContentDigest>(filesOf(version)[path] ?? new Uint8Array(0))

async function publish(version: number): Promise<void> {
  const source = join(folder, `lib-${version}`)
  for (const [path, bytes] of Object.entries(filesOf(version))) {
    mkdirSync(dirname(join(source, path)), { recursive: true })
    writeFileSync(join(source, path), bytes)
    chmodSync(join(source, path), path.startsWith('usr/bin') ? 0o755 : 0o644)
  }
  const request = { home, channel: 'stable', ask }
  await addPackages(
    outside,
    { ...request, files: [source], place: [], name: 'lib', version: `${version}` },
    silent,
  )
  await publishChannel(outside, { ...request, date: `${1_767_225_600 + version}` })
}

let root: string
let hosts = 0
const statePath = (): string => join(root, 'pump.moss-state')

async function exportedState(): Promise<ReturnType<typeof readHostState>['state']> {
  await exportState(outside, { root, to: statePath() })
  return readHostState(bytesSource('state', readFileSync(statePath()))).state
}

async function makeBundle(): Promise<string> {
  const output = join(root, `${hosts++}.moss`)
  await enrol(outside, home, statePath())
  const plan = await planExport(outside, {
    home,
    states: [statePath()],
    channel: undefined,
    effort: undefined,
  })
  await executeExport(outside, { plan, output, ask }, silent)
  return output
}

async function take(file: string): Promise<readonly string[]> {
  const notes: string[] = []
  const report = ({ warning }: Progress): void => void (warning !== undefined && notes.push(warning))
  await importBundles(outside, { root, files: [file] }, report)
  return notes
}

async function apply(): Promise<void> {
  const plan = await planApply(outside, { root })
  if (!plan.isNothing) await executeApply(outside, plan, silent)
}

async function assetsOf(content: ContentDigest): Promise<readonly AssetId[]> {
  using host = await openHost(outside, { root, report: silent })
  return [...host.store.assets()]
    .filter(({ description }) => description.content === content)
    .map(({ id }) => id)
}

/** Turns one bit of the asset, and of every tree that links it. */
function damage(asset: AssetId | undefined): void {
  const path = join(root, '.moss/assets', (asset ?? '').slice(0, 2), asset ?? '')
  const bytes = readFileSync(path)
  bytes[200_000 % bytes.length]! ^= 1
  writeFileSync(path, bytes)
}

const storeFindings = async (): Promise<readonly string[]> => {
  using host = await openHost(outside, { root, report: silent })
  return (await host.store.check(silent)).map((finding) => finding.path)
}

function expectVersion(version: number): void {
  for (const [path, bytes] of Object.entries(filesOf(version)))
    expect(digestOf(readFileSync(join(root, path))), path).toBe(digestOf(bytes))
}

beforeAll(async () => {
  const made = await generateKey(outside, { home, name: 'station', passphrase: undefined })
  expect(made.root).toBeDefined()
  await createChannel(outside, { home, channel: 'stable' })
})
beforeEach(async () => {
  root = join(folder, `root-${hosts++}`)
  mkdirSync(root)
  await initHost(outside, {
    root,
    trustFile: join(home, 'root.moss-root'),
    expect: undefined,
    name: 'pump',
    channel: undefined,
  })
  await changeModel(outside, { root, subscribe: ['lib'] })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await outside[Symbol.asyncDispose]()
})

let version = 0
/** A host that runs the newest version, and has said so. */
async function running(): Promise<number> {
  await publish(++version)
  await exportedState()
  await take(await makeBundle())
  await apply()
  expectVersion(version)
  expect((await exportedState()).lacking).toEqual([])
  return version
}

test('a damaged base is named, forgotten and listed; the next bundle carries its file whole, and all is well', async () => {
  const old = await running()
  await publish(++version)
  const delta = await makeBundle()
  for (const path of ['usr/lib/liba.so', 'usr/lib/libb.so'])
    for (const asset of await assetsOf(contentOf(path, old))) damage(asset)
  const refusal = await take(delta).catch((error: unknown) => error)
  expect(refusal).toMatchObject({
    code: 'BUNDLE_BASE_MISSING',
    exit: 13,
    details: {
      names: expect.arrayContaining([`/usr/lib/liba.so of lib ${old}`, `/usr/lib/libb.so of lib ${old}`]),
    },
    hint: expect.stringContaining('moss state export'),
  })
  expect(await storeFindings()).toEqual([])
  const lacking = ['usr/lib/liba.so', 'usr/lib/libb.so'].map((path) => contentOf(path, old))
  expect((await exportedState()).lacking).toEqual(lacking.sort())
  const whole = await makeBundle()
  expect(readFileSync(whole).length).toBeGreaterThan(800_000)
  expect(readFileSync(delta).length).toBeLessThan(100_000)
  expect(await take(whole)).toEqual([])
  await apply()
  expectVersion(version)
  // The new state is whole; of the old one the store has forgotten what was damaged.
  const { findings } = await verifyHost(outside, { root, isQuick: false, isAll: false }, silent)
  expect(findings).toHaveLength(3)
  for (const finding of findings) expect(finding).toMatch(/^in the store: state \d+: .* is lacking;/)
})

test('where another copy has the bytes, the bundle is taken in, and a note tells of the damage', async () => {
  const old = await running()
  await publish(++version)
  const delta = await makeBundle()
  const [first, ...others] = await assetsOf(contentOf('usr/lib/libb.so', old))
  expect(others).toHaveLength(1)
  damage(first)
  expect(await take(delta)).toEqual(['1 file of the store, found damaged, now count as lacking'])
  await apply()
  expectVersion(version)
  expect((await exportedState()).lacking).toEqual([])
})

test('repair forgets what verify finds damaged, and a bundle of the same serial brings it whole', async () => {
  const old = await running()
  const [asset] = await assetsOf(contentOf('usr/lib/liba.so', old))
  damage(asset)
  expect((await verifyHost(outside, { root, isQuick: false, isAll: false }, silent)).findings).toHaveLength(1)
  const plan = await planRepair(outside, { root }, silent)
  expect(plan.damaged).toMatchObject([{ asset, name: `/usr/lib/liba.so (package lib)` }])
  expect((await exportedState()).lacking).toEqual([])
  expect(await executeRepair(outside, plan, silent)).toMatchObject({ forgotten: 1, lacking: 1 })
  expect((await exportedState()).lacking).toEqual([contentOf('usr/lib/liba.so', old)])
  await take(await makeBundle())
  expect(await assetsOf(contentOf('usr/lib/liba.so', old))).toEqual([asset])
  expect(await storeFindings()).toEqual([])
  expect((await exportedState()).lacking).toEqual([])
  expect((await planRepair(outside, { root }, silent)).damaged).toEqual([])
})

test('what is whole again by then is not forgotten', async () => {
  const old = await running()
  const [asset] = await assetsOf(contentOf('usr/lib/liba.so', old))
  damage(asset)
  const plan = await planRepair(outside, { root }, silent)
  damage(asset)
  expect(await executeRepair(outside, plan, silent)).toMatchObject({ forgotten: 0, left: [] })
})

test('a manifest that the store has lost is carried again', async () => {
  await running()
  await exportedState()
  const { states } = await exportedState()
  const [id] = states.at(-1)?.packages ?? []
  const [asset] = await assetsOf(id as string as ContentDigest)
  rmSync(join(root, '.moss/assets', asset?.slice(0, 2) ?? '', asset ?? ''))
  const same = await makeBundle()
  await expect(take(same)).rejects.toMatchObject({
    code: 'BUNDLE_BASE_MISSING',
    details: { names: [`the manifest of lib ${version}`] },
  })
  expect((await exportedState()).lacking).toEqual([id])
  await take(await makeBundle())
  expect((await exportedState()).lacking).toEqual([])
})
