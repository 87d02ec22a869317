// Whatever updates, boots, power cuts and people do to a machine in any order: it never goes in circles, never goes back to
// what was not confirmed, never has fewer than two states again, and its counters never fall.
import * as fc from 'fast-check'
import { beforeAll, expect, test, vi } from 'vitest'
import { executeRollback, planRollback } from '../../src/ops/rollback.ts'
import { silent } from '../../src/base/progress.ts'
import { isMossError } from '../../src/base/error.ts'
import { isCrash } from '../sim/faults.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import {
  apply,
  boot,
  bootEarly,
  bootUp,
  copyOf,
  offer,
  tell,
  type Wellness,
  wellMachine,
} from '../support/boots.ts'
import { root } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)
vi.setConfig({ testTimeout: 300_000 })

type Event =
  | { readonly kind: 'update'; readonly wellness: 'well' | 'ill' | 'stuck'; readonly again: boolean }
  | { readonly kind: 'boot'; readonly isUp: boolean }
  | { readonly kind: 'rollback' }
  /** The power fails during an update, at some call. */
  | { readonly kind: 'cut'; readonly wellness: 'well' | 'ill'; readonly crashAt: number }

const ill = fc.constantFrom('ill' as const, 'stuck' as const, 'well' as const)
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('update' as const), wellness: ill, again: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('boot' as const), isUp: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rollback' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      wellness: fc.constantFrom('well' as const, 'ill' as const),
      crashAt: fc.integer({ min: 1, max: 250 }),
    }),
  },
)

let start: SimulatedOutside
beforeAll(async () => {
  start = await wellMachine({ isCounting: true })
})

class Story {
  machine = copyOf(start)
  #serial = 1
  #wellness: Wellness = 'well'
  #boots = 0

  /** A new bundle, or the last one once more. */
  async #offer(wellness: Wellness | undefined): Promise<void> {
    if (wellness !== undefined) this.#serial++
    this.#wellness = wellness ?? this.#wellness
    await offer(this.machine, { serial: this.#serial, wellness: this.#wellness })
  }

  async live(one: Event): Promise<void> {
    if (one.kind === 'update') await this.#update(one)
    else if (one.kind === 'boot') await this.#boot(one.isUp)
    else if (one.kind === 'rollback') await this.#rollback()
    else await this.#cut(one)
  }

  async #update({ wellness, again }: Extract<Event, { kind: 'update' }>): Promise<void> {
    await this.#offer(again ? undefined : wellness)
    await unlessRefused(() => apply(this.machine, again))
  }

  async #boot(isUp: boolean): Promise<void> {
    this.machine = boot(this.machine, `boot ${++this.#boots}`)
    await bootEarly(this.machine)
    if (isUp) await bootUp(this.machine)
  }

  async #rollback(): Promise<void> {
    await unlessRefused(async () => {
      const plan = await planRollback(this.machine, { root, state: undefined, withModel: false })
      if (!plan.isNothing) await executeRollback(this.machine, plan, silent)
    })
  }

  async #cut({ wellness, crashAt }: Extract<Event, { kind: 'cut' }>): Promise<void> {
    await this.#offer(wellness)
    this.machine.arm({ crashAt })
    try {
      await apply(this.machine)
    } catch (error) {
      if (!isCrash(error)) throw error
    }
    await this.#boot(crashAt % 2 === 0)
  }
}

/** The same bundle once more may be outrun, the same state, or refused. */
async function unlessRefused(run: () => Promise<unknown>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!isMossError(error) || error.code === 'HOST_IO' || error.code === 'STATE_BROKEN') throw error
  }
}

type Told = Awaited<ReturnType<typeof tell>>

function check(before: Told, after: Told): void {
  const added = after.history.slice(before.history.length)
  const backs = after.history.filter((line) => line.startsWith('back'))
  for (const [index, line] of after.history.entries())
    if (line.startsWith('back')) expect(after.history[index - 1]).toMatch(/^apply/)
  // Of states that are left: no state is left twice by itself, and none that was left is come back to.
  const left = backs.map((line) => line.split(' ')[1])
  expect(new Set(left).size).toBe(left.length)
  for (const line of backs) expect(left).not.toContain(line.split(' ')[2])
  for (const line of added.filter((one) => one.startsWith('back')))
    expect(before.confirmed).toContain(Number(line.split(' ')[2]))
  if (before.kept.length >= 2) expect(after.kept.length).toBeGreaterThanOrEqual(2)
  expect(after.serial).toBeGreaterThanOrEqual(before.serial ?? 0)
}

let backs = 0

test('T5: no story leads in circles or to what was never well', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 9 }), async (events) => {
      const story = new Story()
      let before = await tell(story.machine)
      for (const one of events) {
        await story.live(one)
        const after = await tell(story.machine)
        check(before, after)
        before = after
      }
      backs += before.history.filter((line) => line.startsWith('back')).length
    }),
    { numRuns: 25, verbose: 1 },
  )
  console.log(`went back ${backs} times`)
  expect(backs).toBeGreaterThan(3)
})
