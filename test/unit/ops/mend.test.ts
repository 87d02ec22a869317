// Damage of every kind on a simulated host, whose trees are hard links of the store: verify names it, repair mends it from
// whatever is sound, and a crash on the way leaves a tree that is whole or as it was found.
import { dirname } from 'node:path'
import { expect, test, vi } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import type { AssetId } from '../../../src/base/ids.ts'
import { silent } from '../../../src/base/progress.ts'
import { listPackages, packageFiles } from '../../../src/ops/ask.ts'
import { openHost } from '../../../src/ops/host.ts'
import { recoverHost } from '../../../src/ops/recover.ts'
import { executeRepair, planRepair } from '../../../src/ops/repair.ts'
import { planRollback } from '../../../src/ops/rollback.ts'
import { hostStatus } from '../../../src/ops/status.ts'
import { verifyHost } from '../../../src/ops/verify-host.ts'
import { assetIdOf } from '../../../src/store/asset.ts'
import { decodeRecord, encodeRecord } from '../../../src/state/record.ts'
import { keptTree, manifestsPath, placesOf, recordPath } from '../../../src/state/places.ts'
import type { SimulatedOutside } from '../../sim/simulated-outside.ts'
import { composeBundle } from '../../support/compose-bundle.ts'
import { noise } from '../../support/containers.ts'
import { byEffort } from '../../support/fault-effort.ts'
import { describeTree } from '../../support/invariants.ts'
import { applyVerb, freshHost, importVerb, placeFile, root, stick } from '../../support/simulated-host.ts'
import { tide, tideFile, updatedHost, verifyWhole } from '../../support/updated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

const usr = placesOf(root).usr
const kept = keptTree(placesOf(root), 1)

const verify = verifyWhole

const plan = (outside: SimulatedOutside, from?: string) => planRepair(outside, { root, from }, silent)
const repair = async (outside: SimulatedOutside, from?: string) =>
  executeRepair(outside, await plan(outside, from), silent)

/** In place: whatever links the file shares it. The date stays, as one who hides it would see to. */
function edit({ disk }: SimulatedOutside, path: string, text = 'TIDE'): void {
  const mtimeMs = disk.lstat(path)?.mtimeMs ?? 0
  using file = disk.open(path, 'update')
  file.write(encodeUtf8(text), 0)
  disk.setModified(path, mtimeMs)
}

/** A file of its own with the same attributes takes its place. */
function replace({ disk }: SimulatedOutside, path: string, bytes: Uint8Array): void {
  const stat = disk.lstat(path)
  disk.remove(path)
  using file = disk.open(path, 'create')
  file.write(bytes, 0)
  disk.setMode(path, stat?.mode ?? 0)
  disk.setModified(path, stat?.mtimeMs ?? 0)
}

async function assetOf(outside: SimulatedOutside, path: string): Promise<AssetId> {
  using host = await openHost(outside, { root, report: silent })
  const { plan: tree } = host.states.owned(host.states.current().number)
  return tree.files.find((file) => file.path === path)?.asset as AssetId
}

const storePath = async (outside: SimulatedOutside, path: string): Promise<string> => {
  const asset = await assetOf(outside, path)
  return `${root}/.moss/assets/${asset.slice(0, 2)}/${asset}`
}

test('an asset that is gone is named where the store has it, with what helps', async () => {
  const outside = await updatedHost()
  const { host } = await hostStatus(outside, { root })
  const path = await storePath(outside, 'usr/share/tide/same')
  const { bytes } = await composeBundle({ serial: 9, hosts: [host], packages: [tide(9)] })
  placeFile(outside, `${stick}/9.moss`, bytes)
  await importVerb(`${stick}/9.moss`)(outside)
  outside.disk.remove(path)
  await expect(applyVerb(outside)).rejects.toMatchObject({
    code: 'STORE_DAMAGED',
    details: { path },
    hint: expect.stringContaining('moss repair'),
  })
})

test('verify names package, path and what is wrong, each kind of damage once', async () => {
  const outside = await updatedHost()
  const { disk } = outside
  expect(await verify(outside)).toEqual([])
  edit(outside, `${usr}/bin/tide`)
  replace(outside, `${usr}/lib/big`, noise(40_000, 9))
  disk.setMode(`${usr}/share/tide`, 0o777)
  disk.remove(`${usr}/share/tide/copy`)
  disk.remove(`${usr}/bin/ebb`)
  disk.makeSymlink('../../bin/sh', `${usr}/bin/ebb`)
  disk.makeFolder(`${usr}/local`)
  disk.open(`${usr}/local/tool`, 'create')[Symbol.dispose]()
  disk.open(`${usr}/lib/moss/extra`, 'create')[Symbol.dispose]()
  expect(await verify(outside, { isAll: false })).toEqual([
    '/usr/bin/ebb (package tide): leads to ../../bin/sh, not to tide',
    '/usr/bin/tide (package tide): content differs',
    '/usr/lib/big (package tide): content differs',
    '/usr/lib/moss/extra: is a file that no package owns',
    '/usr/local: is a folder that no package owns, with 1 more in it',
    '/usr/share/tide (package tide): mode is 777, not 755',
    '/usr/share/tide/copy (package tide): is missing',
  ])
})

test('a folder that became a link hides nothing: what is below is missing, wherever the link leads', async () => {
  const outside = await updatedHost()
  const { disk } = outside
  disk.rename(`${usr}/share/tide`, `${root}/etc/tide`, 'exclusive')
  disk.makeSymlink('../../etc/tide', `${usr}/share/tide`)
  expect(await verify(outside, { isAll: false })).toEqual([
    '/usr/share/tide (package tide): is a symlink, not a folder',
    '/usr/share/tide/copy (package tide): is missing',
    '/usr/share/tide/same (package tide): is missing',
  ])
})

test('a record that says something else of its state is found, and is as it was after repair', async () => {
  const outside = await updatedHost()
  const path = `${usr}/${recordPath}`
  const before = outside.disk.readFile(path, 1 << 20)
  const forged = encodeRecord({ ...decodeRecord(before, 'record'), model: 'subscriptions = [ "another" ]' })
  replace(outside, path, forged)
  expect(await verify(outside)).toEqual(['/usr/lib/moss/state: is not what was recorded of this state'])
  await repair(outside)
  expect(await verify(outside)).toEqual([])
  expect(outside.disk.readFile(path, 1 << 20)).toEqual(before)
})

test('quick: attributes, sizes and dates are seen, an edit that keeps them is not', async () => {
  const outside = await updatedHost()
  const { disk } = outside
  edit(outside, `${usr}/bin/tide`)
  expect(await verify(outside, { isQuick: true })).toEqual([])
  disk.setModified(`${usr}/bin/tide`, 1_700_000_000_000)
  disk.setMode(`${usr}/lib/big`, 0o4755)
  expect(await verify(outside, { isQuick: true, isAll: false })).toEqual([
    '/usr/bin/tide (package tide): has another date: it may have been edited',
    '/usr/lib/big (package tide): mode is 4755, not 644',
  ])
})

test('a rollback to a state that somebody changed says so before it is asked', async () => {
  const outside = await updatedHost()
  const told = async (): Promise<readonly string[]> =>
    (await planRollback(outside, { root, state: '1', withModel: false })).warnings
  const before = await told()
  expect(before.join()).not.toContain('not as it was made')
  outside.disk.remove(`${kept}/bin/tide`)
  expect((await told()).join()).toContain(
    'state 1 is not as it was made: /usr/bin/tide (package tide) is missing; moss repair mends it first',
  )
  await repair(outside)
  expect(await told()).toEqual(before)
})

test('quick reads no contents', async () => {
  const outside = await updatedHost()
  const opened: string[] = []
  const disk = new Proxy(outside.disk, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        if (name === 'open' || name === 'readFile') opened.push(String(given[0]))
        return Reflect.apply(value, target, given)
      }
    },
  })
  await verifyHost({ ...outside, disk }, { root, isQuick: true, isAll: true }, silent)
  expect(opened.filter((path) => /\/(bin|share|assets)\//.test(path))).toEqual([])
})

test('repair takes the bytes from an asset of other attributes, and both trees that linked the damage are whole', async () => {
  const outside = await updatedHost()
  const sound = describeTree(outside.disk, usr)
  edit(outside, `${usr}/lib/big`)
  const { damaged, trees } = await plan(outside)
  expect(damaged).toMatchObject([
    { name: '/usr/lib/big (package tide)', problem: 'content differs', from: { kind: 'store' } },
  ])
  expect(trees.map(({ state, isMendable }) => [state, isMendable])).toEqual([[2, true]])
  const done = await repair(outside)
  expect(done).toMatchObject({ mended: 1, forgotten: 0, left: [], lacking: 0 })
  expect(await verify(outside)).toEqual([])
  expect(describeTree(outside.disk, usr)).toEqual(sound)
})

test('what two states share is mended in both', async () => {
  const outside = await updatedHost()
  edit(outside, `${usr}/share/tide/same`)
  replace(outside, `${kept}/share/tide/same`, encodeUtf8('stays'))
  const { damaged } = await plan(outside)
  expect(damaged).toMatchObject([{ from: { kind: 'file', path: `${kept}/share/tide/same` } }])
  expect((await repair(outside)).trees.map(({ state }) => state)).toEqual([2])
  expect(await verify(outside)).toEqual([])
})

test('a wrong mode of a shared file is mended from its own bytes, in every tree that links it', async () => {
  const outside = await updatedHost()
  outside.disk.setMode(`${usr}/share/tide/same`, 0o666)
  expect((await repair(outside)).trees.map(({ state }) => state)).toEqual([1, 2])
  expect(await verify(outside)).toEqual([])
})

test('what a tree has and the store has lost comes back from the tree', async () => {
  const outside = await updatedHost()
  outside.disk.remove(await storePath(outside, 'usr/bin/tide'))
  expect((await plan(outside)).damaged).toMatchObject([
    { problem: 'is missing', from: { kind: 'file', path: `${usr}/bin/tide` } },
  ])
  await repair(outside)
  expect(await verify(outside)).toEqual([])
})

test('what nobody here has comes from a bundle, also from one that is long applied', async () => {
  const outside = await updatedHost()
  edit(outside, `${usr}/bin/tide`)
  edit(outside, `${kept}/bin/tide`)
  expect((await plan(outside)).damaged.map(({ from }) => from)).toEqual([undefined, undefined])
  const first = await repair(outside, `${stick}/1.moss`)
  expect(first).toMatchObject({ mended: 1, forgotten: 1, lacking: 1, trees: [{ state: 1 }] })
  expect(first.left).toEqual(['/usr/bin/tide (package tide)'])
  expect(await verify(outside)).toEqual([
    '/usr/bin/tide (package tide): content differs',
    'in the store: /usr/bin/tide (package tide): is lacking; moss repair, or the next bundle, brings it',
  ])
  const second = await repair(outside, `${stick}/2.moss`)
  expect(second).toMatchObject({ mended: 1, forgotten: 0, left: [], lacking: 0, trees: [{ state: 2 }] })
  expect(await verify(outside)).toEqual([])
  expect(outside.disk.list(`${root}/.moss/incoming`)).toEqual([])
})

test('what waits to be applied is mended from the bundle that waits', async () => {
  const { outside, id } = await freshHost(['tide'])
  const { bytes } = await composeBundle({ serial: 1, hosts: [id], packages: [tide(1)] })
  placeFile(outside, `${stick}/1.moss`, bytes)
  await importVerb(`${stick}/1.moss`)(outside)
  outside.disk.remove(`${stick}/1.moss`)
  const { content, mode } = tideFile(1, 'usr/bin/tide')
  const asset = assetIdOf({ content, sizeBytes: 6, mode, uid: 0, gid: 0 })
  edit(outside, `${root}/.moss/assets/${asset.slice(0, 2)}/${asset}`)
  const name = 'waiting: /usr/bin/tide (package tide)'
  expect(await verify(outside)).toEqual([`in the store: ${name}: content differs`])
  expect((await plan(outside)).damaged).toMatchObject([
    { name, from: { kind: 'bundle', path: expect.stringMatching(/^\/root\/\.moss\/incoming\//) } },
  ])
  expect(await repair(outside)).toMatchObject({ mended: 1, left: [] })
  expect(await verify(outside)).toEqual([])
  await applyVerb(outside)
  expect(await verify(outside)).toEqual([])
})

test('another root has it too; a file there that is not what it should be is no source', async () => {
  const outside = await updatedHost()
  const other = await updatedHost()
  const path = await storePath(outside, 'usr/bin/tide')
  const bytes = other.disk.readFile(path, 100)
  for (const folder of [
    '/other',
    '/other/.moss',
    '/other/.moss/assets',
    `/other${path.slice(root.length, -65)}`,
  ])
    outside.disk.makeFolder(folder)
  placeFile(outside, `/other${path.slice(root.length)}`, encodeUtf8('tide 8'))
  edit(outside, `${usr}/bin/tide`)
  expect((await plan(outside, '/other')).damaged.map(({ from }) => from)).toEqual([undefined])
  outside.disk.remove(`/other${path.slice(root.length)}`)
  placeFile(outside, `/other${path.slice(root.length)}`, bytes)
  expect(await repair(outside, '/other')).toMatchObject({ mended: 1, left: [] })
  expect(await verify(outside)).toEqual([])
})

test('a source that goes bad between plan and repair is not used, and the tree stays as it is', async () => {
  const outside = await updatedHost()
  edit(outside, `${usr}/lib/big`)
  const made = await plan(outside)
  edit(outside, `${usr}/share/tide/copy`)
  const before = describeTree(outside.disk, usr)
  expect(await executeRepair(outside, made, silent)).toMatchObject({ mended: 0, forgotten: 1, trees: [] })
  expect(describeTree(outside.disk, usr)).toEqual(before)
})

test('extra files are listed before, and lie aside with the damaged tree afterwards', async () => {
  const outside = await updatedHost()
  const { disk } = outside
  disk.makeFolder(`${usr}/local`)
  placeFile(outside, `${usr}/local/mine`, encodeUtf8('my own'))
  expect((await plan(outside)).trees).toMatchObject([{ state: 2, extra: ['/usr/local'] }])
  const { trees } = await repair(outside)
  expect(trees).toEqual([{ state: 2, aside: `${root}/.moss/lost/2` }])
  expect(disk.lstat(`${usr}/local`)).toBeUndefined()
  expect(disk.readFile(`${root}/.moss/lost/2/usr/local/mine`, 100)).toEqual(encodeUtf8('my own'))
  expect(await verify(outside)).toEqual([])
})

test('a lost manifest stops neither list nor files of others; repair brings it back', async () => {
  const outside = await updatedHost()
  const { disk } = outside
  const [id] = (await listPackages(outside, { root })).map((entry) => entry.id)
  const path = `${usr}/${manifestsPath}/${id}`
  disk.remove(path)
  expect(await listPackages(outside, { root })).toMatchObject([{ name: 'tide', summary: 'tide for tests' }])
  expect((await packageFiles(outside, { root, name: 'tide' })).files).toContain('usr/bin/tide')
  expect(await verify(outside)).toEqual([`/usr/${manifestsPath}/${id} (package tide): is missing`])
  disk.remove(await storePath(outside, `usr/${manifestsPath}/${id}`))
  expect(await listPackages(outside, { root })).toMatchObject([
    { name: 'tide', version: '2', summary: 'its manifest is lost: moss repair' },
  ])
  await expect(packageFiles(outside, { root, name: 'tide' })).rejects.toMatchObject({
    code: 'STATE_BROKEN',
    details: { problem: 'the manifest of tide 2 is lost' },
  })
  expect(await verify(outside)).toEqual(
    expect.arrayContaining(['state 2: the manifest of tide 2 is lost, so it cannot be checked']),
  )
  expect((await plan(outside)).damaged).toMatchObject([{ problem: 'is missing' }])
  expect(await repair(outside, `${stick}/2.moss`)).toMatchObject({ mended: 1, left: [] })
  expect((await repair(outside)).trees).toMatchObject([{ state: 2 }])
  expect(await verify(outside)).toEqual([])
})

test.each([
  ['removed', 'current', (outside: SimulatedOutside, path: string) => outside.disk.remove(path)],
  ['spoiled', 'current', (outside: SimulatedOutside, path: string) => edit(outside, path)],
  [
    'removed with all beside it',
    'current',
    ({ disk }: SimulatedOutside, path: string) => disk.removeTree(dirname(path)),
  ],
  ['removed', 'kept', (outside: SimulatedOutside, path: string) => outside.disk.remove(path)],
])(
  'a record that was %s from the %s tree is put back by whatever opens the root',
  async (_, which, spoil) => {
    const outside = await updatedHost()
    const tree = which === 'kept' ? kept : usr
    const path = `${tree}/${recordPath}`
    const before = outside.disk.readFile(path, 65_536)
    spoil(outside, path)
    const { actions, current } = await recoverHost(outside, { root, moment: undefined })
    const number = which === 'kept' ? 1 : 2
    expect(actions).toEqual([
      `put the record of state ${number} back, which was missing or spoiled: moss verify tells what else is`,
    ])
    expect(current).toBe(2)
    expect(outside.disk.readFile(path, 65_536)).toEqual(before)
    if ((await verify(outside)).length > 0) await repair(outside)
    expect(await verify(outside)).toEqual([])
    expect((await recoverHost(outside, { root, moment: undefined })).actions).toEqual([])
  },
)

test('after a state that was staged and never published, too', async () => {
  const outside = await updatedHost()
  const { host } = await hostStatus(outside, { root })
  const { bytes } = await composeBundle({ serial: 3, hosts: [host], packages: [tide(3)] })
  placeFile(outside, `${stick}/3.moss`, bytes)
  await importVerb(`${stick}/3.moss`)(outside)
  for (let crashAt = 1; ; crashAt++) {
    const machine = outside.copy()
    machine.arm({ crashAt })
    await applyVerb(machine).catch(() => {})
    if (machine.trace().at(-1)?.name !== 'exchange') continue
    const after = machine.afterKill()
    expect((await recoverHost(after, { root, moment: undefined })).actions).toEqual([
      'discarded state 3, which was not complete; nothing was lost',
    ])
    after.disk.remove(`${usr}/${recordPath}`)
    expect((await recoverHost(after, { root, moment: undefined })).actions).toHaveLength(1)
    return
  }
})

test('a tree of another state that took the place of /usr is not given a record', async () => {
  const outside = await updatedHost()
  outside.disk.rename(usr, kept, 'exchange')
  outside.disk.remove(`${usr}/${recordPath}`)
  await expect(recoverHost(outside, { root, moment: undefined })).rejects.toMatchObject({
    code: 'STATE_BROKEN',
  })
  expect(outside.disk.lstat(`${usr}/${recordPath}`)).toBeUndefined()
})

test('an asset that no tree links is there at every instant while repair makes it anew', async () => {
  const outside = await updatedHost()
  const { host } = await hostStatus(outside, { root })
  const { bytes } = await composeBundle({ serial: 3, hosts: [host], packages: [tide(3)] })
  placeFile(outside, `${stick}/3.moss`, bytes)
  await importVerb(`${stick}/3.moss`)(outside)
  const { content } = tideFile(3, 'usr/lib/big')
  using session = await openHost(outside, { root, report: silent })
  const path = session.store.contentPlace(content)?.path as string
  session[Symbol.dispose]()
  outside.disk.setMode(path, 0o777)
  const before = outside.copy()
  for (let crashAt = 1; ; crashAt++) {
    const machine = before.copy()
    machine.arm({ crashAt })
    await repair(machine).catch(() => {})
    if (!machine.hasCrashed) return expect(machine.disk.lstat(path)?.mode).toBe(0o644)
    for (const seed of [1, 2, 3]) {
      const after = machine.afterPowerCut(crashAt * 10 + seed)
      await recoverHost(after, { root, moment: undefined })
      expect([crashAt, seed, after.disk.lstat(path)?.sizeBytes]).toEqual([crashAt, seed, 40_000])
    }
  }
})

test('T1: a crash or power cut at any call of repair leaves a whole tree, the damaged or the sound one, and repair ends it', async () => {
  const outside = await updatedHost()
  const sound = describeTree(outside.disk, usr).join('\n')
  edit(outside, `${usr}/lib/big`)
  outside.disk.setMode(`${usr}/share/tide/same`, 0o666)
  placeFile(outside, `${usr}/bin/mine`, encodeUtf8('mine'))
  const found = describeTree(outside.disk, usr).join('\n')
  const before = outside.copy()
  const mine = (machine: SimulatedOutside): boolean =>
    [usr, `${root}/.moss/lost/2/usr`, `${root}/.moss/lost/2.1/usr`].some(
      (folder) => machine.disk.lstat(`${folder}/bin/mine`) !== undefined,
    )
  let points = 0
  const step = byEffort({ sample: 3, slow: 1, all: 1 })
  for (let crashAt = 1; ; crashAt += step) {
    const machine = before.copy(crashAt)
    machine.arm({ crashAt })
    const error = await repair(machine).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!machine.hasCrashed) {
      expect(error).toBeUndefined()
      break
    }
    points++
    for (const after of [machine.afterPowerCut(crashAt), machine.afterKill()]) {
      const now = describeTree(after.disk, usr).join('\n')
      expect([sound, found], `crash ${crashAt}`).toContain(now)
      expect(mine(after), `crash ${crashAt}: the extra file is there or aside`).toBe(true)
      await repair(after)
      expect(await verify(after), `crash ${crashAt}`).toEqual([])
      expect(describeTree(after.disk, usr).join('\n')).toBe(sound)
      expect(mine(after)).toBe(true)
    }
  }
  console.log(`repair: ${points} crash points, 0 violations`)
  expect(points).toBeGreaterThan(100 / step)
}, 300_000)
