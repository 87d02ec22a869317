// The store on a machine that loses power at every changing call, and whose every call fails in turn. After each,
// whatever is recorded is there and whole, and doing the same again reaches the same end.
import { describe, expect, test } from 'vitest'
import { isMossError } from '../../src/base/error.ts'
import type { AssetId } from '../../src/base/ids.ts'
import { type AssetDescription, assetIdOf } from '../../src/store/asset.ts'
import type { StoreFinding } from '../../src/store/check.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { isCrash } from '../sim/faults.ts'
import { simulatedOutside, type SimulatedOutside } from '../sim/simulated-outside.ts'
import { knownBytes } from '../support/known-bytes.ts'
import { addBody, describe0644 } from '../support/test-store.ts'

const folder = '/root/.moss'
const old = [knownBytes(900, 1), knownBytes(120_000, 2), knownBytes(40, 3)]
const fresh = [knownBytes(700, 4), knownBytes(90_000, 5)]
const owner: Partial<AssetDescription> = { uid: 0, gid: 0 }

const storeOn = (outside: SimulatedOutside): Store =>
  openStore({
    disk: outside.disk,
    database: outside.openDatabase(`${folder}/moss.db`, 'write'),
    folder,
    userId: outside.userId,
  })

/** A machine whose store holds the old bodies, durably. */
async function machine(seed: number): Promise<SimulatedOutside> {
  const outside = simulatedOutside(seed)
  outside.disk.makeFolder('/root', 0o755)
  outside.disk.makeFolder(folder, 0o700)
  outside.disk.syncFilesystem('/')
  const opened = storeOn(outside).beginImport('old')
  for (const bytes of old) await addBody(opened, bytes, owner)
  opened.commit()
  return outside
}

interface Work {
  readonly name: string
  readonly run: (store: Store) => Promise<void>
  /** What the store holds afterwards. */
  readonly after: readonly AssetId[]
  /** Cut short, it may have ended for some assets and not for others. */
  readonly isInParts?: boolean
}

const idsOf = (bodies: readonly Uint8Array[], more: Partial<AssetDescription> = {}): AssetId[] =>
  bodies.map((bytes) => assetIdOf(describe0644(bytes, { ...owner, ...more })))
const before = idsOf(old).sort()

const works: readonly Work[] = [
  {
    name: 'an import of new bodies, of copies of new and of stored ones',
    run: async (store) => {
      using opened = store.beginImport('new')
      for (const bytes of fresh) await addBody(opened, bytes, owner)
      for (const bytes of [...fresh, ...old]) opened.addAsset(describe0644(bytes, { ...owner, mode: 0o4755 }))
      opened.commit()
    },
    after: [...before, ...idsOf(fresh), ...idsOf([...fresh, ...old], { mode: 0o4755 })].sort(),
  },
  {
    name: 'a collection',
    run: async (store) => {
      store.collect(store.planCollect(new Set(before.slice(0, 1))))
    },
    after: before.slice(0, 1),
    isInParts: true,
  },
  {
    name: 'forgetting what is damaged',
    run: async (store) => {
      store.discard(before.slice(1))
    },
    after: before.slice(0, 1),
    isInParts: true,
  },
]

const held = (store: Store): AssetId[] => [...store.assets()].map(({ id }) => id)

const damage = (findings: readonly StoreFinding[]): readonly StoreFinding[] =>
  findings.filter(({ kind }) => kind !== 'stray')

/**
 * Everything recorded is whole; all or nothing was done, or of what goes a part; and again reaches the end, with nothing
 * left over.
 */
async function expectRecovers(outside: SimulatedOutside, work: Work, when: string): Promise<void> {
  const store = storeOn(outside)
  expect(damage(await store.check(() => {})), when).toEqual([])
  const found = held(store)
  if (work.isInParts === true) {
    expect(before, when).toEqual(expect.arrayContaining(found))
    expect(found, when).toEqual(expect.arrayContaining([...work.after]))
  } else expect([before, work.after], when).toContainEqual(found)
  await work.run(store)
  store.collect(store.planCollect(new Set(held(store))))
  expect(held(store), when).toEqual(work.after)
  expect(await store.check(() => {}), when).toEqual([])
}

async function callsOf(work: Work): Promise<{ readonly all: number; readonly changing: number }> {
  const outside = await machine(1)
  const store = storeOn(outside)
  outside.arm({})
  await work.run(store)
  return outside.calls()
}

describe.each(works)('$name', (work) => {
  test('S1, S2: power loss at any call leaves what is recorded whole', async () => {
    const { changing } = await callsOf(work)
    expect(changing).toBeGreaterThanOrEqual(3)
    for (let crashAt = 1; crashAt <= changing; crashAt++)
      for (const seed of [1, 2, 3]) {
        const outside = await machine(seed)
        const store = storeOn(outside)
        outside.arm({ crashAt })
        await expect(
          work.run(store).catch((error: unknown) => {
            if (!isCrash(error)) throw error
            return 'crashed'
          }),
        ).resolves.toBe('crashed')
        await expectRecovers(outside.afterPowerCut(seed), work, `crash at ${crashAt}, seed ${seed}`)
      }
  })

  test('S1, S2: a failure of any call leaves what is recorded whole', async () => {
    const { all } = await callsOf(work)
    for (const problem of ['EIO', 'ENOSPC'])
      for (let n = 1; n <= all; n++) {
        const outside = await machine(n)
        const store = storeOn(outside)
        outside.arm({ failAt: { n, problem } })
        const failure = await work.run(store).catch((error: unknown) => error)
        outside.arm({})
        const when = `${problem} at ${n}`
        expect(failure === undefined || isRefusal(failure), `${when}: ${String(failure)}`).toBe(true)
        await expectRecovers(outside, work, when)
      }
  })

  test('what is done when it returns survives a power cut', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const outside = await machine(seed)
      await work.run(storeOn(outside))
      const store = storeOn(outside.afterPowerCut(seed))
      expect(held(store)).toEqual(work.after)
      expect(damage(await store.check(() => {}))).toEqual([])
    }
  })
})

const isRefusal = (error: unknown): boolean =>
  isMossError(error) ||
  (error instanceof SuppressedError && isRefusal(error.error) && isRefusal(error.suppressed))

describe('the simulated machine is honest', () => {
  test.each(['syncFilesystem', 'syncFolder'])('a forgotten %s loses what was recorded', async (forgotten) => {
    const [work] = works
    let losses = 0
    for (let seed = 1; seed <= 20; seed++) {
      const outside = await machine(seed)
      outside.arm({ isSyncForgotten: ({ name }) => name === forgotten })
      await work?.run(storeOn(outside))
      const findings = damage(await storeOn(outside.afterPowerCut(seed)).check(() => {}))
      if (findings.length > 0) losses++
    }
    expect(losses).toBeGreaterThan(0)
  })
})
