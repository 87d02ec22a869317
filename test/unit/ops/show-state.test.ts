// A reader is kept from nothing, and nobody waits for it: what it tells is one state all the same.
import { expect, test, vi } from 'vitest'
import type { Disk } from '../../../src/host/disk.ts'
import { showState } from '../../../src/ops/states.ts'
import { placesOf } from '../../../src/state/places.ts'
import { root } from '../../support/simulated-host.ts'
import { updatedHost } from '../../support/updated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

test('a state that is replaced while it is looked at is not mixed with the next one', async () => {
  const outside = await updatedHost()
  const shown = (state?: string) => showState(outside, { root, state, digest: true })
  const [before, now] = [await shown('1'), await shown()]
  expect(before.tree).not.toBe(now.tree)
  const { usr, states } = placesOf(root)
  let looks = 0
  const disk: Disk = new Proxy(outside.disk, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        // In the middle of the walk the other state becomes current, as a rollback would have it.
        if (name === 'list' && ++looks === 3) {
          outside.disk.rename(usr, `${states}/1/usr`, 'exchange')
          outside.disk.rename(`${states}/1`, `${states}/2`, 'exclusive')
        }
        return Reflect.apply(value, target, given)
      }
    },
  })
  const seen = await showState({ ...outside, disk }, { root, state: undefined, digest: true })
  expect(looks).toBeGreaterThan(3)
  expect([seen.number, seen.tree]).toEqual([1, before.tree])
})
