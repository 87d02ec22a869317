// The harness itself, once more: a program that does one thing less, or a trigger that does one thing more, must turn the
// invariants red. Each is the honest program on a disk that answers or acts otherwise in one way; beside each the same
// without it is green. (Syncs that are left out: loop-mutants.test.ts. Locks: two-processes.test.ts.)
import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { MossError } from '../../src/base/error.ts'
import { silent } from '../../src/base/progress.ts'
import type { Disk } from '../../src/host/disk.ts'
import type { CommandResult } from '../../src/host/outside.ts'
import { type SimulatedOutside, simulatedOutside } from '../sim/simulated-outside.ts'
import { crashEverywhere, type Scenario } from '../support/disturb.ts'
import { checkRoot, knownTrees, surroundingsOf } from '../support/invariants.ts'
import {
  applySamples,
  freshRoot,
  openRoot,
  sampleCounters,
  samplePackage,
  stagePackage,
} from '../support/sample-root.ts'
import { checkAssets } from '../support/simulated-host.ts'

const root = '/root'

/** The same machine, whose disk does some things otherwise. */
function withDisk(outside: SimulatedOutside, change: (disk: Disk) => Partial<Disk>): SimulatedOutside {
  const changed = change(outside.disk)
  const disk = new Proxy(outside.disk, {
    get: (honest, name) => {
      const value: unknown = Reflect.get(name in changed ? changed : honest, name)
      return typeof value === 'function' ? value.bind(name in changed ? changed : honest) : value
    },
  })
  return { ...outside, disk }
}

const tool = (version: number) =>
  samplePackage('tool', `${version}`, {
    'usr/bin/tool': { text: `tool ${version}`, mode: 0o755 },
    'usr/lib/shared': 'the same in both',
    'usr/sbin/ldconfig': { text: 'a program that triggers', mode: 0o755 },
    'usr/share/closed': { folder: 0o750 },
    'usr/share/closed/file': 'a file',
    [`usr/share/factory/etc/tool/${version}.conf`]: 'settings',
  })

/** State 1 is current. */
async function machine(): Promise<SimulatedOutside> {
  const outside = simulatedOutside(1)
  using opened = freshRoot(outside, root)
  await applySamples(opened, [tool(1)], 1)
  return outside
}

const second = async (outside: SimulatedOutside): Promise<void> => {
  using opened = openRoot(outside, root)
  await opened.states.recover(silent)
  if (opened.states.current().packages.some(({ id }) => id === stagePackage(tool(2)).id)) return
  await applySamples(opened, [tool(2)], 2)
}

const problemOf = (work: Promise<void>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof MossError ? `${error.code}: ${error.message}` : String(error)),
  )

test('a mode that is not restored is red: the tree is not published', async () => {
  const forgetful = withDisk(await machine(), (disk) => ({
    setMode: (path, mode) =>
      path.includes('/staging/') && mode === 0o750 ? undefined : disk.setMode(path, mode),
  }))
  expect(await problemOf(second(forgetful))).toMatch(/STATE_BROKEN.*closed/)
  expect(await problemOf(second(await machine()))).toBeUndefined()
})

test('a symlink above a delivery that is followed is red: T6', async () => {
  const prepared = async (): Promise<SimulatedOutside> => {
    const outside = await machine()
    outside.disk.removeTree(`${root}/etc/tool`)
    outside.disk.makeFolder(`${root}/elsewhere`)
    outside.disk.makeSymlink('/root/elsewhere', `${root}/etc/tool`)
    return outside
  }
  const honest = await prepared()
  const surroundings = surroundingsOf(honest.disk, root)
  await second(honest)
  expect(surroundingsOf(honest.disk, root)).toBe(surroundings)

  const following = withDisk(await prepared(), (disk) => ({
    lstat: (path) => {
      const stat = disk.lstat(path)
      return stat?.kind === 'symlink' && path.endsWith('/etc/tool') ? disk.lstat(`${root}/elsewhere`) : stat
    },
  }))
  await problemOf(second(following))
  expect(surroundingsOf(following.disk, root)).not.toBe(surroundings)
})

test('a trigger that writes in place is red: S1', async () => {
  let runs = 0
  const notHere: CommandResult = { exitCode: undefined, output: '', unsupported: 'no programs are simulated' }
  const writing = async ({ disk }: SimulatedOutside): Promise<CommandResult> => {
    for (const { name } of disk.list(`${root}/.moss/staging`)) {
      const path = `${root}/.moss/staging/${name}/usr/lib/shared`
      if (disk.lstat(path) === undefined) continue
      runs++
      using file = disk.open(path, 'update')
      file.write(encodeUtf8('THE'), 0)
    }
    return notHere
  }
  const problemsWith = async (run: (outside: SimulatedOutside) => Promise<CommandResult>) => {
    const outside = await machine()
    await problemOf(second({ ...outside, run: () => run(outside) }))
    return checkAssets(outside, root)
  }
  expect(await problemsWith(async () => notHere)).toEqual([])
  expect((await problemsWith(writing)).join()).toMatch(/S1/)
  expect(runs).toBeGreaterThan(0)
})

test('a journal that is closed before the old tree’s new name is durable is red: T2', async () => {
  const outside = simulatedOutside(1)
  using opened = freshRoot(outside, root)
  await applySamples(opened, [], 1)
  const scenario = rollingBack(outside.copy())
  expect((await crashEverywhere(scenario, { cuts: 4 })).violations).toEqual([])
  const { violations } = await crashEverywhere(scenario, {
    cuts: 6,
    faults: { isSyncForgotten: ({ name, path }) => name === 'syncFolder' && path.endsWith('/.moss/states') },
    enough: 1,
  })
  expect(violations.join()).toMatch(/T2: .* is not state 0/)
})

function rollingBack(before: SimulatedOutside): Scenario {
  const known = knownTrees(before.disk, root)
  const surroundings = surroundingsOf(before.disk, root)
  return {
    before,
    verb: async (outside) => {
      using again = openRoot(outside, root)
      await again.states.recover(silent)
      await again.states.publishKept(0, { withModel: false }, silent)
    },
    recover: async (outside) => {
      using again = openRoot(outside, root)
      await again.states.recover(silent)
    },
    check: ({ disk }, when) =>
      checkRoot(disk, root, {
        known,
        floor: sampleCounters(0),
        surroundings,
        isSettled: when === 'recovered',
      }),
    checkEnd: ({ disk }) =>
      checkRoot(disk, root, { known, floor: sampleCounters(0), surroundings, isSettled: true }),
  }
}
