import { expect, test } from 'vitest'
import { startPace } from '../../../src/host/pace.ts'
import { simulatedOutside } from '../../sim/simulated-outside.ts'

test('all who fetch share one rate; time that passes otherwise counts', async () => {
  const outside = simulatedOutside()
  const pace = startPace(outside, 1000)
  const startMs = outside.nowMs()
  const passed = (): number => outside.nowMs() - startMs
  await pace(500)
  // The simulated clock moves by a millisecond each time it is looked at.
  const near = (ms: number): void => {
    expect(passed()).toBeGreaterThanOrEqual(ms)
    expect(passed()).toBeLessThan(ms + 20)
  }
  near(500)
  await pace(2000)
  near(2500)
  outside.advance(10_000)
  await pace(100)
  near(12_600)
  await Promise.all([pace(1000), pace(1000)])
  expect(passed()).toBeGreaterThanOrEqual(14_600)
})

test('without a rate nobody waits', async () => {
  const outside = simulatedOutside()
  const startMs = outside.nowMs()
  await startPace(outside, undefined)(1e12)
  expect(outside.nowMs()).toBeLessThan(startMs + 5)
})
