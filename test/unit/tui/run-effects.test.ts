// Effects done one after the other, each with its answer; errors as answers; progress that a slow line can bear.
import { describe, expect, test } from 'vitest'
import { MossError } from '../../../src/base/error.ts'
import type { HostOperations } from '../../../src/ops/host-operations.ts'
import type { Effect, ScreenEvent } from '../../../src/tui/events.ts'
import { effectRunner } from '../../../src/tui/run-effects.ts'
import * as made from '../../support/screens.ts'

/** Operations that answer from samples, unless told otherwise. */
function runnerOf(told: Partial<HostOperations>) {
  const events: ScreenEvent[] = []
  const left: boolean[] = []
  const operations = { root: '/', nowMs: () => 0, ...told } as HostOperations
  const runner = effectRunner({
    operations,
    station: undefined,
    dispatch: (event) => void events.push(event),
    leave: (isInterrupted) => void left.push(isInterrupted),
  })
  return { events, left, runner }
}

describe('effects', () => {
  test('every effect has its own answer', async () => {
    const value = 'x' as never
    const { events, runner } = runnerOf({
      status: async () => value,
      scan: async () => value,
      inspect: async () => value,
      plan: async () => value,
      verify: async () => value,
      import: async () => value,
      apply: async () => value,
      planRollback: async () => value,
      rollback: async () => value,
      states: async () => value,
      diff: async () => value,
      recover: async () => value,
      exportState: async () => value,
    })
    const wanted = { from: 2, to: 1, files: false }
    const effects: readonly Effect[] = [
      { kind: 'read-status' },
      { kind: 'scan', named: [] },
      { kind: 'inspect', path: 'b' },
      { kind: 'judge', path: 'b' },
      { kind: 'verify', path: 'b' },
      { kind: 'import', path: 'b' },
      { kind: 'plan' },
      { kind: 'plan-rollback', state: 1 },
      { kind: 'apply', plan: made.plan },
      { kind: 'rollback', plan: made.rollbackPlan },
      { kind: 'read-states' },
      { kind: 'compare', wanted },
      { kind: 'recover' },
      { kind: 'export-state', to: '/media' },
    ]
    for (const effect of effects) runner.run(effect)
    await runner.idle()
    expect(events.map(({ kind }) => kind)).toEqual([
      'status',
      'scanned',
      'inspected',
      'judged',
      'verified',
      'imported',
      'planned',
      'rollback-planned',
      'applied',
      'applied',
      'states',
      'compared',
      'recovered',
      'state-exported',
    ])
  })

  test('one operation runs at a time, since a root has one lock', async () => {
    let running = 0
    let most = 0
    const { runner } = runnerOf({
      status: async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 5))
        running--
        return made.status
      },
    })
    for (let n = 0; n < 4; n++) runner.run({ kind: 'read-status' })
    await runner.idle()
    expect(most).toBe(1)
  })

  test('of comparisons that pile up the last one is made', async () => {
    const asked: number[] = []
    const { events, runner } = runnerOf({
      diff: async ({ to }) => {
        asked.push(to)
        return made.diffOf([])
      },
    })
    for (const to of [0, 1, 2]) runner.run({ kind: 'compare', wanted: { from: 3, to, files: false } })
    await runner.idle()
    expect(asked).toEqual([2])
    expect(events).toHaveLength(1)
  })

  test('errors are answers with their code and hint, bugs are called so', async () => {
    const { events, runner } = runnerOf({
      status: async () => {
        throw new MossError('NOT_INITIALISED', { path: '/' })
      },
      states: async () => {
        throw new TypeError('x is undefined')
      },
    })
    runner.run({ kind: 'read-status' })
    runner.run({ kind: 'read-states' })
    await runner.idle()
    expect(events).toMatchObject([
      { kind: 'status', result: { kind: 'failed', problem: { code: 'NOT_INITIALISED' } } },
      { kind: 'states', result: { kind: 'failed', problem: { code: 'BUG', message: 'x is undefined' } } },
    ])
  })

  test('progress is told at most ten times a second, but new phases and warnings always', async () => {
    let now = 0
    const { events, runner } = runnerOf({
      nowMs: () => now,
      apply: async (_plan, report) => {
        for (; now < 1000; now++) report({ phase: 'stage', doneItems: now, totalItems: 1000 })
        report({ phase: 'triggers', item: 'ldconfig' })
        report({ phase: 'triggers', warning: 'ldconfig was skipped' })
        return made.applied
      },
    })
    runner.run({ kind: 'apply', plan: made.plan })
    await runner.idle()
    const told = events.flatMap((event) => (event.kind === 'progress' ? [event.progress] : []))
    expect(told.filter(({ phase }) => phase === 'stage').length).toBeLessThanOrEqual(10)
    expect(told.filter(({ phase }) => phase === 'triggers')).toHaveLength(2)
  })

  test('leaving does not wait for what is under way', () => {
    const { left, runner } = runnerOf({ status: () => new Promise(() => {}) })
    runner.run({ kind: 'read-status' })
    runner.run({ kind: 'leave', isInterrupted: true })
    expect(left).toEqual([true])
  })
})
