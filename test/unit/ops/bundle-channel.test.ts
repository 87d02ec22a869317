// A channel's serial guards only that channel: whoever may export could lead a host back by another one, whose serials
// the host has never seen. So a host takes bundles of the channel that its model names, and of no other.
import { expect, test, vi } from 'vitest'
import { changeModel } from '../../../src/ops/model.ts'
import { planApply } from '../../../src/ops/apply.ts'
import { composeBundle } from '../../support/compose-bundle.ts'
import { bundlePath, hostileHost, installed, refusalOf } from '../../support/hostile-host.ts'
import { applyVerb, importVerb, placeFile, root } from '../../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

test('a genuine bundle of a channel that this host does not follow is refused, however low its serial', async () => {
  const { before, draft } = await hostileHost()
  const { bytes } = await composeBundle({
    ...draft,
    serial: 1,
    packages: [installed],
    snapshot: { channel: 'archive' },
  })
  const error = await refusalOf(before.copy(), bytes)
  expect(error.code).toBe('BUNDLE_SET_REFUSED')
  expect(error.message).toContain('channel archive')
})

test('what waits of a channel that is no longer followed stands in nobody’s way', async () => {
  const { before, draft } = await hostileHost()
  const machine = before.copy()
  placeFile(machine, bundlePath, (await composeBundle({ ...draft, serial: 9 })).bytes)
  await importVerb(bundlePath)(machine)
  machine.disk.remove(bundlePath)
  const model = `${root}/etc/moss/model.toml`
  const text = new TextDecoder().decode(machine.disk.readFile(model, 4096))
  machine.disk.remove(model)
  placeFile(machine, model, new TextEncoder().encode(text.replace('"stable"', '"edge"')))
  await changeModel(machine, { root, subscribe: ['tool'] })
  const next = await composeBundle({ ...draft, serial: 2, snapshot: { channel: 'edge' } })
  placeFile(machine, bundlePath, next.bytes)
  await importVerb(bundlePath)(machine)
  expect(await planApply(machine, { root })).toMatchObject({ bundle: next.id, channel: { name: 'edge' } })
  await applyVerb(machine)
  expect(await planApply(machine, { root })).toMatchObject({ isNothing: true })
})
