// Bundles that somebody hostile could bring on a stick, under true signatures where the check lies behind them: each is
// refused with its code, in words that no terminal obeys, and neither the host nor the stick is changed by a byte.
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import type { ErrorCode } from '../../src/base/codes.ts'
import type { ContainerId, HostId } from '../../src/base/ids.ts'
import { limits } from '../../src/base/limits.ts'
import { encodeGrant, encodeGrants } from '../../src/channel/grant-file.ts'
import { encodeRoots } from '../../src/container/root-chain.ts'
import { absentSigner, encodeRootFile } from '../../src/container/root-file.ts'
import type { Grant } from '../../src/trust/grant.ts'
import { type Signer, signerOf } from '../../src/trust/keys.ts'
import { planApply } from '../../src/ops/apply.ts'
import { hostStatus } from '../../src/ops/status.ts'
import { auditBlocks } from '../../src/state/audit-file.ts'
import { placesOf } from '../../src/state/places.ts'
import { parseAudit } from '../../src/trust/audit.ts'
import type { Root } from '../../src/trust/root.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import {
  type BundleDraft,
  bundleDate,
  composeBundle,
  composeSnapshot,
  draftPackage,
  type DraftPackage,
  fourKeyRootFile,
  nextRoot,
  offeredOf,
  signers,
} from '../support/compose-bundle.ts'
import { noise, testKey } from '../support/containers.ts'
import {
  bundlePath,
  honest,
  type HostileHost,
  hostileHost,
  installed,
  nameOnly,
  refusalOf,
  seenSerial as serial,
  toolWith,
  unasked,
} from '../support/hostile-host.ts'
import { samplePackage } from '../support/sample-root.ts'
import { applyVerb, endOf, importVerb, placeFile, root } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)

const day = 24 * 60 * 60

type Variation = () => Partial<BundleDraft>

let before: HostileHost['before']
let draft: BundleDraft
let end: readonly string[]

beforeAll(async () => {
  ;({ before, draft, end } = await hostileHost())
})

describe('who signed it, and what for', () => {
  test.each<[string, ErrorCode, Variation]>([
    ['by a stranger', 'TRUST_UNKNOWN_KEY', () => ({ exporters: [signers.stranger] })],
    [
      'by an exporter and a stranger',
      'TRUST_UNKNOWN_KEY',
      () => ({ exporters: [signers.exporter, signers.stranger] }),
    ],
    ['by the channel’s key', 'TRUST_THRESHOLD', () => ({ exporters: [signers.channel] })],
    ['by a packager’s key', 'TRUST_THRESHOLD', () => ({ exporters: [signers.packager] })],
    ['by the root’s key', 'TRUST_THRESHOLD', () => ({ exporters: [signers.root] })],
    [
      'with a snapshot by the exporter',
      'TRUST_THRESHOLD',
      () => ({ snapshot: { signers: [signers.exporter] } }),
    ],
    [
      'with a snapshot by a stranger',
      'TRUST_UNKNOWN_KEY',
      () => ({ snapshot: { signers: [signers.stranger] } }),
    ],
    [
      'with a snapshot that its head does not name',
      'CONTAINER_DAMAGED',
      () => ({ about: { snapshot: 'e'.repeat(64) as ContainerId } }),
    ],
    ['with the snapshot of another channel', 'CONTAINER_DAMAGED', () => ({ about: { channel: 'other' } })],
    ['with a snapshot of another serial', 'CONTAINER_DAMAGED', () => ({ about: { serial: 99 } })],
    ['as a package', 'CONTAINER_NOT_ONE', () => ({ change: (whole) => ({ ...whole, kind: 'package' }) })],
  ])('a bundle %s is refused with %s', async (_, code, variation) => {
    const { bytes } = await composeBundle({ ...draft, ...variation() })
    expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code })
  })
})

describe('against replay, rollback and freeze', () => {
  test.each<[string, ErrorCode, Variation]>([
    ['for another host', 'BUNDLE_WRONG_HOST', () => ({ hosts: ['0123456789abcdef' as HostId] })],
    ['with an older serial', 'TRUST_ROLLBACK', () => ({ serial: serial - 1 })],
    ['with the same serial and another snapshot', 'TRUST_FORK', () => ({ serial })],
    [
      'with a serial that jumps',
      'TRUST_SERIAL_JUMP',
      () => ({ serial: serial + limits.serialJump + 1, snapshot: { created: bundleDate } }),
    ],
    ['of a later epoch than the root’s', 'TRUST_EPOCH_AHEAD', () => ({ snapshot: { epoch: 2 } })],
    ['of epoch 0', 'SHAPE_INVALID', () => ({ snapshot: { epoch: 0 } })],
    [
      'dated more than 400 days ahead',
      'TRUST_FUTURE',
      () => ({ snapshot: { created: bundleDate + 401 * day } }),
    ],
    [
      'that expired before what the host has seen',
      'TRUST_EXPIRED',
      () => ({ snapshot: { expires: bundleDate } }),
    ],
    [
      'with a package that its snapshot does not name',
      'TRUST_NOT_NAMED',
      () => ({ snapshot: { offered: [offeredOf(unasked)] } }),
    ],
    ['with a package that nobody asked for', 'BUNDLE_SET_REFUSED', () => ({ packages: [honest, unasked] })],
    ['that takes away what this host has and asks for', 'BUNDLE_SET_REFUSED', () => ({ packages: [] })],
    ['with two versions of one package', 'BUNDLE_SET_REFUSED', () => ({ packages: [honest, installed] })],
    [
      'without what a package requires',
      'BUNDLE_SET_REFUSED',
      () => ({ packages: [toolWith({ requires: [[nameOnly('lib')]] })] }),
    ],
    [
      'with packages in conflict',
      'BUNDLE_SET_REFUSED',
      () => ({
        packages: [toolWith({ requires: [[nameOnly('miner')]], conflicts: [nameOnly('miner')] }), unasked],
      }),
    ],
    [
      'that builds on bytes this host lacks',
      'BUNDLE_BASE_MISSING',
      () => ({
        has: [{ ...honest, manifestBytes: encodeUtf8('another') }],
        packages: [withContent(noise(5000, 77))],
      }),
    ],
    [
      'that leaves out a manifest this host lacks',
      'BUNDLE_BASE_MISSING',
      () => ({ has: [{ ...honest, contents: [] }] }),
    ],
  ])('a bundle %s is refused with %s', async (_, code, variation) => {
    const { bytes } = await composeBundle({ ...draft, ...variation() })
    expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code })
  })

  test('a serial that jumps as far as it may is taken in', async () => {
    const far = { serial: serial + limits.serialJump, snapshot: { created: bundleDate + 399 * day } }
    const machine = before.copy()
    placeFile(machine, bundlePath, (await composeBundle({ ...draft, ...far })).bytes)
    await importVerb(bundlePath)(machine)
    await applyVerb(machine)
  })
})

function withContent(text: Uint8Array): DraftPackage {
  return { ...draftPackage(samplePackage('tool', '2', { 'usr/bin/tool': { text } })), contents: [] }
}

describe('with roots that it carries', () => {
  const rootOf = (change: Partial<Root>): Root => ({ ...nextRoot, ...change })
  const carrying =
    (...files: readonly Uint8Array[]) =>
    (): Partial<BundleDraft> => ({
      exporters: [signers.stranger],
      change: (whole) => ({
        ...whole,
        sections: [{ name: 'roots', bytes: encodeRoots(files) }, ...whole.sections],
      }),
    })
  const file = (change: Partial<Root>, ...by: readonly Signer[]): Uint8Array =>
    encodeRootFile(rootOf(change), by.length === 0 ? [signers.root] : by)
  const channelKeys = { keys: [testKey(9).publicKey.id], threshold: 1 }

  test.each<[string, ErrorCode, Variation]>([
    ['that nobody of the root before signed', 'TRUST_THRESHOLD', carrying(file({}, signers.stranger))],
    ['that another role signed', 'TRUST_THRESHOLD', carrying(file({}, signers.channel))],
    [
      'that a stranger signed as well',
      'TRUST_UNKNOWN_KEY',
      carrying(file({}, signers.root, signerOf(testKey(8)))),
    ],
    [
      'of which a signature is missing',
      'TRUST_SIGNATURE_INVALID',
      carrying(file({}, signers.root, absentSigner(testKey(2).publicKey))),
    ],
    ['that leap a version', 'TRUST_ROOT_ORDER', carrying(file({ version: 3 }))],
    ['that come twice', 'TRUST_ROOT_ORDER', carrying(file({}), file({}))],
    ['that fall behind', 'TRUST_ROOT_ORDER', carrying(file({}), file({ version: 4 }))],
    ['dated before the one they follow', 'TRUST_ROOT_REFUSED', carrying(file({ created: 1 }))],
    ['dated far ahead', 'TRUST_FUTURE', carrying(file({ created: bundleDate + 401 * day }))],
    ['that begin an epoch without a new key', 'TRUST_ROOT_REFUSED', carrying(file({ epoch: 2 }))],
    [
      'that leap an epoch',
      'TRUST_ROOT_REFUSED',
      carrying(
        file({
          epoch: 3,
          roles: { ...nextRoot.roles, channel: channelKeys },
          keys: nextRoot.keys.filter(({ id }) => id !== testKey(2).publicKey.id),
        }),
      ),
    ],
    ['which are old ones', 'TRUST_UNKNOWN_KEY', carrying(file({ version: 1 }))],
    ['which are none', 'CONTAINER_NOT_ONE', carrying(encodeUtf8('a root'))],
    ['which are a snapshot', 'CONTAINER_NOT_ONE', carrying(composeSnapshot({ serial: 6, offered: [] }))],
    [
      'which are no list',
      'CBOR_INVALID',
      () => ({
        change: (whole) => ({
          ...whole,
          sections: [{ name: 'roots', bytes: encodeUtf8('no list') }, ...whole.sections],
        }),
      }),
    ],
    [
      'that revoke who signed it',
      'TRUST_UNKNOWN_KEY',
      () => ({ ...carrying(file({}))(), exporters: [signers.exporter] }),
    ],
  ])('a bundle %s is refused with %s, and the root stays', async (_, code, variation) => {
    const machine = before.copy()
    const { bytes } = await composeBundle({ ...draft, ...variation() })
    expect(await refusalOf(machine, bytes)).toMatchObject({ code })
  })

  test('a root file that is older than what this host has trusted vouches for nothing', async () => {
    const machine = before.copy()
    const path = `${root}/.moss/keys/root.moss-root`
    const old = machine.disk.readFile(path, 1 << 20)
    placeFile(machine, bundlePath, (await composeBundle({ ...draft, ...carrying(file({}))() })).bytes)
    await importVerb(bundlePath)(machine)
    machine.disk.remove(bundlePath)
    machine.disk.remove(path)
    placeFile(machine, path, old)
    const { bytes } = await composeBundle({ ...draft, serial: serial + 2 })
    placeFile(machine, bundlePath, bytes)
    await expect(importVerb(bundlePath)(machine)).rejects.toMatchObject({ code: 'TRUST_ROLLBACK' })
    machine.disk.remove(bundlePath)
    const under = await composeBundle({ ...draft, serial: serial + 2, ...carrying(file({}))() })
    placeFile(machine, bundlePath, under.bytes)
    await importVerb(bundlePath)(machine)
  })

  test('CVE-2020-15163 (python-tuf): what followed a root that failed is not trusted later, either', async () => {
    const machine = before.copy()
    const failing = carrying(file({}), file({ version: 3, created: 1 }))()
    await refusalOf(machine, (await composeBundle({ ...draft, ...failing })).bytes)
    const { exporters } = carrying()()
    const { bytes } = await composeBundle({ ...draft, ...(exporters && { exporters }) })
    expect(await refusalOf(machine, bytes)).toMatchObject({ code: 'TRUST_UNKNOWN_KEY' })
  })
})

test('CVE-2025-2888 (tough): a rollback that was refused is not remembered, and the next bundle is taken in', async () => {
  const machine = before.copy()
  const { bytes } = await composeBundle({ ...draft, serial: serial - 1 })
  expect(await refusalOf(machine, bytes)).toMatchObject({ code: 'TRUST_ROLLBACK' })
  placeFile(machine, bundlePath, (await composeBundle({ ...draft, serial: serial + 1 })).bytes)
  await importVerb(bundlePath)(machine)
})

test('the audit says whose genuine signatures were on what was refused, and on nothing that was not proven', async () => {
  const machine = before.copy()
  const last = () => parseAudit(auditBlocks(machine.disk, placesOf(root))).at(-1)
  const old = await composeBundle({ ...draft, serial: serial - 1 })
  await refusalOf(machine, old.bytes)
  const [channel, exporter] = [signers.channel.publicKey.id, signers.exporter.publicKey.id]
  expect(last()).toMatchObject({ outcome: 'refused', signers: [channel, exporter] })
  expect(last()?.subject).toMatch(/^[0-9a-f]{64}$/)
  expect(last()?.detail).toContain('[TRUST_ROLLBACK]')
  const strange = await composeBundle({ ...draft, exporters: [signers.stranger] })
  await refusalOf(machine, strange.bytes)
  expect(last()).toMatchObject({ outcome: 'refused', subject: '', signers: [] })
})

describe('with a grant to go back', () => {
  const back = serial - 2
  const grantOf = (change: Partial<Grant>, by: readonly Signer[] = [signers.channel]): Uint8Array =>
    encodeGrant(
      {
        channel: 'stable',
        epoch: 1,
        host: draft.hosts[0] as HostId,
        from: serial,
        to: back,
        expires: bundleDate + day,
        ...change,
      },
      bundleDate,
      by,
    )
  const granted = (grant: Uint8Array): Partial<BundleDraft> => ({
    serial: back,
    change: (whole) => ({
      ...whole,
      sections: [...whole.sections, { name: 'grants', bytes: encodeGrants([grant]) }],
    }),
  })

  test.each<[string, ErrorCode, () => Uint8Array]>([
    ['that the exporter signed', 'TRUST_THRESHOLD', () => grantOf({}, [signers.exporter])],
    ['that a stranger signed', 'TRUST_UNKNOWN_KEY', () => grantOf({}, [signers.stranger])],
    ['for another host', 'TRUST_ROLLBACK', () => grantOf({ host: '0123456789abcdef' as HostId })],
    ['for another channel', 'TRUST_ROLLBACK', () => grantOf({ channel: 'other' })],
    ['of another epoch', 'TRUST_GRANT_REFUSED', () => grantOf({ epoch: 2 })],
    ['from another serial', 'TRUST_GRANT_REFUSED', () => grantOf({ from: serial + 1 })],
    ['to another serial', 'TRUST_GRANT_REFUSED', () => grantOf({ to: back - 1 })],
    ['that has expired', 'TRUST_GRANT_REFUSED', () => grantOf({ expires: bundleDate - day })],
    ['that does not go back', 'SHAPE_INVALID', () => grantOf({ to: serial })],
    ['which is a root', 'CONTAINER_NOT_ONE', () => fourKeyRootFile],
  ])('a bundle %s is refused with %s', async (_, code, grant) => {
    const { bytes } = await composeBundle({ ...draft, ...granted(grant()) })
    expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code })
  })

  test('one that expires while its bundle waits keeps nothing else from being applied, and the plan says so', async () => {
    const machine = before.copy()
    placeFile(machine, bundlePath, (await composeBundle({ ...draft, ...granted(grantOf({})) })).bytes)
    await importVerb(bundlePath)(machine)
    const later: SimulatedOutside = Object.create(machine, {
      nowMs: { value: () => (bundleDate + 2 * day) * 1000 },
    })
    const plan = await planApply(later, { root })
    expect(plan.isNothing).toBe(true)
    expect(plan.warnings.join()).toContain('is not applied any more: the grant')
    machine.disk.remove(bundlePath)
    placeFile(machine, bundlePath, (await composeBundle(draft)).bytes)
    await importVerb(bundlePath)(later)
    expect((await planApply(later, { root })).channel?.serial).toBe(serial + 1)
  })

  test('a bundle that is newer than where it leads from goes first', async () => {
    const machine = before.copy()
    for (const each of [{ ...draft, ...granted(grantOf({})) }, draft]) {
      placeFile(machine, bundlePath, (await composeBundle(each)).bytes)
      await importVerb(bundlePath)(machine)
      machine.disk.remove(bundlePath)
    }
    expect((await planApply(machine, { root })).channel?.serial).toBe(serial + 1)
    expect((await hostStatus(machine, { root })).waiting?.serial).toBe(serial + 1)
  })

  test('an honest one leads back once', async () => {
    const machine = before.copy()
    const { bytes } = await composeBundle({ ...draft, ...granted(grantOf({})) })
    placeFile(machine, bundlePath, bytes)
    await importVerb(bundlePath)(machine)
    await applyVerb(machine)
    machine.disk.remove(bundlePath)
    const again = await composeBundle({
      ...draft,
      ...granted(grantOf({})),
      snapshot: { created: bundleDate + 7 },
    })
    expect(await refusalOf(machine, again.bytes)).toMatchObject({ code: 'TRUST_FORK' })
  })
})

describe('CVE-2025-2887 (tough): a newer snapshot does not lead a single package back unseen', () => {
  const toolAt = (version: string): DraftPackage => ({ ...toolWith({ version }), version })
  const [old, fresh] = [toolAt('0'), toolAt('3')]

  test.each<[string, Partial<BundleDraft>, readonly string[]]>([
    ['nothing goes back', {}, []],
    [
      'its exporter leaves this host with less than the channel offers',
      { snapshot: { offered: [honest, fresh].map(offeredOf) } },
      ['the channel offers a newer tool than 2'],
    ],
    [
      'its exporter keeps it from this host',
      { packages: [installed], has: [installed], snapshot: { offered: [installed, fresh].map(offeredOf) } },
      ['the channel offers a newer tool than 1'],
    ],
    ['the channel itself goes back', { packages: [old] }, ['tool goes back from 1 to 0']],
    [
      'the channel offers both',
      {
        packages: [old],
        snapshot: { offered: [old, installed].map(offeredOf) },
      },
      ['tool goes back from 1 to 0', 'the channel offers a newer tool than 0'],
    ],
  ])('%s: the plan says so', async (_, variation, warnings) => {
    const machine = before.copy()
    placeFile(machine, bundlePath, (await composeBundle({ ...draft, ...variation })).bytes)
    await importVerb(bundlePath)(machine)
    expect((await planApply(machine, { root })).warnings).toEqual(warnings)
  })
})

describe('what is shown', () => {
  const evil = 'pump\u001b[2J\u202e\u200b\u0007'

  test.each<[string, ErrorCode, Variation]>([
    [
      'the names of hosts',
      'BUNDLE_WRONG_HOST',
      () => ({
        hosts: ['0123456789abcdef' as HostId],
        summary: {
          hosts: [{ host: '0123456789abcdef' as HostId, name: evil, packages: 1, carriedBytes: 0 }],
        },
      }),
    ],
    [
      'names and versions in a snapshot',
      'MANIFEST_INVALID',
      () => ({
        snapshot: { offered: [{ ...offeredOf(honest), name: evil, version: evil }] },
      }),
    ],
    [
      'names of packages that are missing',
      'BUNDLE_BASE_MISSING',
      () => ({
        has: [{ ...honest, contents: [] }],
        snapshot: { offered: [{ ...offeredOf(honest), name: evil }] },
      }),
    ],
  ])('%s reach nobody’s terminal as they are', async (_, code, variation) => {
    const { bytes } = await composeBundle({ ...draft, ...variation() })
    expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code })
  })
})

test('after every refusal the honest bundle is taken in and applied on the same machine', async () => {
  const machine = before.copy()
  for (const variation of [
    { exporters: [signers.stranger] },
    { serial: serial - 1 },
    { packages: [honest, unasked] },
    { has: [{ ...honest, contents: [] }] },
  ] satisfies Partial<BundleDraft>[])
    await refusalOf(machine, (await composeBundle({ ...draft, ...variation })).bytes)
  placeFile(machine, bundlePath, (await composeBundle(draft)).bytes)
  await importVerb(bundlePath)(machine)
  expect(endOf(machine)).toEqual(end)
  await applyVerb(machine)
})
