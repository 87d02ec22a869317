// A host with a serial behind it and the bundle that comes next, for tests that bring it variations: what is refused must
// change nothing, on the host or on the stick, and be said in words that no terminal obeys.
import { expect } from 'vitest'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { MossError } from '../../src/base/error.ts'
import type { HostId } from '../../src/base/ids.ts'
import type { Relation } from '../../src/manifest/capability.ts'
import { encodeManifest } from '../../src/manifest/codec.ts'
import type { Manifest } from '../../src/manifest/manifest.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import { type BundleDraft, composeBundle, draftPackage, type DraftPackage } from './compose-bundle.ts'
import { noise } from './containers.ts'
import { samplePackage, type SampleEntry } from './sample-root.ts'
import { describeTree } from './invariants.ts'
import { applyVerb, endOf, freshHost, importVerb, placeFile, root, stick } from './simulated-host.ts'

/** What the host has applied. */
export const seenSerial = 5
export const bundlePath = `${stick}/bundle.moss`
export const sharedBody = noise(300_000, 3)

const files = (version: string): Record<string, SampleEntry> => ({
  'usr/bin/tool': { text: `tool ${version}`, mode: 0o755 },
  'usr/lib/big': { text: sharedBody },
})

export const honest = draftPackage(samplePackage('tool', '2', files('2')))
export const installed = draftPackage(samplePackage('tool', '1', files('1')))
/** Fits to everything, and no subscription leads to it. */
export const unasked = draftPackage(samplePackage('miner', '1', { 'usr/bin/miner': 'dig' }))

export const toolWith = (change: Partial<Manifest>): DraftPackage => {
  const sample = samplePackage('tool', '2', files('2'))
  return { ...draftPackage(sample), manifestBytes: encodeManifest({ ...sample.manifest, ...change }) }
}

export const nameOnly = (name: string): Relation => ({ kind: 'name', name })

export interface HostileHost {
  /** Copy it: everything on it is durable, and the stick is empty. */
  readonly before: SimulatedOutside
  readonly host: HostId
  /** The honest bundle, of which each hostile one is a variation. */
  readonly draft: BundleDraft
  /** How the machine is when the honest bundle is taken in. */
  readonly end: readonly string[]
}

export async function hostileHost(): Promise<HostileHost> {
  const { outside, id } = await freshHost(['tool'])
  const first = await composeBundle({ serial: seenSerial, hosts: [id], packages: [installed] })
  placeFile(outside, bundlePath, first.bytes)
  await importVerb(bundlePath)(outside)
  await applyVerb(outside)
  outside.disk.remove(bundlePath)
  const before = outside.copy()
  const draft: BundleDraft = { serial: seenSerial + 1, hosts: [id], packages: [honest] }
  const undisturbed = before.copy()
  placeFile(undisturbed, bundlePath, (await composeBundle(draft)).bytes)
  await importVerb(bundlePath)(undisturbed)
  return { before, host: id, draft, end: endOf(undisturbed) }
}

/** Outside root and stick: where a traversal would end. */
function placeCanaries(machine: SimulatedOutside): void {
  for (const folder of ['/etc', '/tmp', '/usr', '/usr/bin'])
    if (machine.disk.lstat(folder) === undefined) machine.disk.makeFolder(folder, 0o755)
  for (const path of ['/etc/passwd', '/tmp/state', '/usr/bin/tool'])
    if (machine.disk.lstat(path) === undefined) placeFile(machine, path, encodeUtf8(`canary ${path}`))
}

const elsewhere = ({ disk }: SimulatedOutside): readonly string[] =>
  disk
    .list('/')
    .filter(({ name }) => !root.startsWith(`/${name}`) && !stick.startsWith(`/${name}`))
    .flatMap(({ name, kind }) => [
      `${name} ${kind}`,
      ...(kind === 'folder' ? describeTree(disk, `/${name}`).map((line) => `${name}${line}`) : []),
    ])

/** What a terminal would obey, or the eye would not see. */
const unsafe = /[\p{Cc}\p{Cf}]/u

/** Brings the bytes on the stick and gives the refusal. */
export async function refusalOf(machine: SimulatedOutside, bytes: Uint8Array): Promise<MossError> {
  placeCanaries(machine)
  placeFile(machine, bundlePath, bytes)
  const [found, canaries] = [endOf(machine), elsewhere(machine)]
  expect(canaries.filter((line) => line.includes(' file '))).not.toHaveLength(0)
  const error = await importVerb(bundlePath)(machine).catch((refusal: unknown) => refusal)
  if (!(error instanceof MossError)) throw new Error('it was not refused', { cause: error })
  expect(error.message).not.toMatch(unsafe)
  expect(endOf(machine)).toEqual(found)
  expect(elsewhere(machine)).toEqual(canaries)
  machine.disk.remove(bundlePath)
  return error
}
