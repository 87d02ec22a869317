// A managed root on a real disk with the history of the simulated machines (loop-scenarios.ts), and the verbs of the
// built program to disturb on it: each with the root that it starts from, and the checks of what is left of one.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '../../src/base/ids.ts'
import { silent } from '../../src/base/progress.ts'
import { joinTexts, lookJob } from '../../src/host/jobs.ts'
import { linuxDisk } from '../../src/host/linux-disk.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import type { Outside } from '../../src/host/outside.ts'
import { executeApply, planApply } from '../../src/ops/apply.ts'
import { importBundles } from '../../src/ops/import.ts'
import { initHost } from '../../src/ops/init.ts'
import { changeModel } from '../../src/ops/model.ts'
import { readCounters } from '../../src/state/counters-file.ts'
import { keptNumbers, readRecord, type StateParts } from '../../src/state/parts.ts'
import { keptFolder, placesOf } from '../../src/state/places.ts'
import { type Seal, sealOf, writeSeal } from '../../src/state/seal.ts'
import { sealsFolder } from '../../src/store/parts.ts'
import { fourKeyRootFile } from './compose-bundle.ts'
import {
  checkRoot,
  differences,
  type KnownTrees,
  knownTrees,
  surroundingsOf,
  wholeRoot,
} from './invariants.ts'
import { sampleBundle, subscribed } from './loop-scenarios.ts'
import { rowsOf } from './simulated-host.ts'

/** `update` is an apply that makes its tree from the one that falls out of the kept ones. */
export const realVerbs = ['import', 'apply', 'update', 'rollback', 'gc', 'repair'] as const
export type RealVerb = (typeof realVerbs)[number]

export interface RealRoots {
  readonly outside: Outside
  /** The bundle that import takes in. */
  readonly bundle: string
  /** Verb → a root to copy: it is never changed. */
  readonly before: Readonly<Record<RealVerb, string>>
}

/** With its hard links, owners and dates; and with seals of its own, since its inodes and ctimes are other ones. */
export function copyRoot(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  execFileSync('cp', ['-a', from, to])
  const places = placesOf(to)
  const seals = sealsFolder(places.own)
  if (!existsSync(seals)) return
  const disk = linuxDisk()
  for (const number of keptNumbers(disk, places)) {
    if (!existsSync(join(seals, `${number}`))) continue
    rmSync(join(seals, `${number}`))
    writeSeal({ outside: { disk }, places } as StateParts, {
      number,
      current: readRecord({ outside: { disk }, places }, places.usr).number,
      seal: sealNow(keptFolder(places, number)),
    })
  }
}

/** Of what stands in the folder of a kept state. */
function sealNow(folder: string): Seal {
  const found = execFileSync('find', ['usr', '-type', 'd'], { cwd: folder, encoding: 'utf8' })
  const paths = found.trimEnd().split('\n')
  const looks = lookJob.run(joinTexts(paths.map((path) => join(folder, path))))
  return sealOf(
    new Map(
      paths.map((path, index) => [
        path,
        looks[index] ?? { digest: '' as Digest, records: new Uint8Array(0) },
      ]),
    ),
  )
}

/** State 2 is current, a bundle that was outrun is taken in; then the next, as in loop-scenarios.ts. */
export async function makeRealRoots(folder: string): Promise<RealRoots> {
  const outside = linuxOutside()
  const root = join(folder, 'made')
  const at = (name: string): string => join(folder, name)
  mkdirSync(root)
  writeFileSync(at('trust.moss-root'), fourKeyRootFile)
  const { host: id } = await initHost(outside, {
    root,
    trustFile: at('trust.moss-root'),
    expect: undefined,
    name: 'pump',
    channel: undefined,
  })
  await changeModel(outside, { root, subscribe: subscribed })
  const write = async (serial: number, from: number, to: number): Promise<string> => {
    writeFileSync(at(`${serial}.moss`), await sampleBundle(id, { serial, from, to }))
    return at(`${serial}.moss`)
  }
  const takeIn = async (file: string): Promise<void> =>
    void (await importBundles(outside, { root, files: [file] }, silent))
  const applyTaken = async (): Promise<void> =>
    void (await executeApply(outside, await planApply(outside, { root }), silent))
  for (const serial of [1, 2]) {
    await takeIn(await write(serial, serial - 1, serial))
    await applyTaken()
  }
  rmSync(join(root, 'etc/same.conf'))
  await takeIn(await write(3, 2, 3))
  const bundle = await write(4, 2, 4)
  const before = {
    import: at('before-import'),
    apply: at('before-apply'),
    update: at('before-update'),
    rollback: at('before-rollback'),
    gc: at('before-gc'),
    repair: at('before-repair'),
  }
  copyRoot(root, before.import)
  await takeIn(bundle)
  copyRoot(root, before.apply)
  await applyTaken()
  copyRoot(root, before.rollback)
  copyRoot(root, before.gc)
  copyRoot(root, before.repair)
  for (const name of firstAssets(before.repair, 3)) rmSync(name)
  await takeIn(await write(5, 4, 5))
  copyRoot(root, before.update)
  return { outside, bundle, before }
}

/** Of the store, in the order of their names. */
function firstAssets(root: string, count: number): readonly string[] {
  const assets = join(root, '.moss/assets')
  return readdirSync(assets)
    .toSorted()
    .flatMap((folder) => readdirSync(join(assets, folder)).map((name) => join(assets, folder, name)))
    .slice(0, count)
}

/** Arguments of the verb; said twice it means the same. */
export function argumentsOf(verb: RealVerb | 'recover', roots: RealRoots, root: string): readonly string[] {
  const of = {
    import: [roots.bundle],
    apply: [],
    update: [],
    rollback: ['1'],
    gc: [],
    repair: [],
    recover: [],
  }[verb]
  return [
    verb === 'update' ? 'apply' : verb,
    ...of,
    '--root',
    root,
    '--json',
    ...(verb === 'recover' ? [] : ['-y']),
  ]
}

/** What of a root is the same after an undisturbed and a disturbed run. Receipts are signed and carry the time. */
export const realEnd = (outside: Outside, root: string): readonly string[] => [
  ...wholeRoot(outside.disk, root).filter((line) => !/^\/\.moss\/(staging\/|receipt)/.test(line)),
  ...rowsOf(outside, root),
]

export interface RealExpectation {
  /** Violations of what holds at every instant. */
  readonly checkFound: (root: string) => readonly string[]
  /** Violations of the end: T4. */
  readonly checkEnd: (root: string) => readonly string[]
}

/** From a root before the verb and one that it was run on undisturbed. */
export function expectationOf(outside: Outside, before: string, undisturbed: string): RealExpectation {
  const { disk } = outside
  const known: KnownTrees = new Map([...knownTrees(disk, before), ...knownTrees(disk, undisturbed)])
  const floor = readCounters(disk, placesOf(before))
  const surroundings = surroundingsOf(disk, before)
  const end = realEnd(outside, undisturbed)
  return {
    checkFound: (root) =>
      looking(() => checkRoot(disk, root, { known, floor, surroundings, isSettled: false })),
    checkEnd: (root) =>
      looking(() => [
        ...checkRoot(disk, root, { known, floor, surroundings, isSettled: true }),
        ...differences(end, realEnd(outside, root)).map((line) => `T4: ${line}`),
      ]),
  }
}

/** What cannot even be looked at is a violation too. */
function looking(check: () => readonly string[]): readonly string[] {
  try {
    return check()
  } catch (error) {
    return [`T1: it cannot be looked at: ${error instanceof Error ? error.message : String(error)}`]
  }
}
