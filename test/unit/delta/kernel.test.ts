import { describe, expect, test } from 'vitest'
import { takeKernel } from '../../../src/delta/kernel.ts'
import { compileKernel, readKernel } from '../../tools/make-kernel.ts'

describe('kernel', () => {
  test('the module among the sources is what its sources compile to', () => {
    expect(compileKernel()).toBe(readKernel())
  })

  test('regions do not overlap, survive growth, and are given again after a release', () => {
    using kernel = takeKernel()
    const { calls } = kernel
    const mark = calls.mark()
    const first = kernel.put(Uint8Array.of(1, 2, 3))
    const second = calls.take(3 * 2 ** 20)
    kernel.view(second, 3 * 2 ** 20).fill(9)
    expect([...kernel.view(first, 3)]).toEqual([1, 2, 3])
    expect(second).toBeGreaterThanOrEqual(first + 3)
    calls.release(mark)
    expect(calls.take(1)).toBe(first)
  })

  test('two holders at a time have memories of their own', () => {
    using one = takeKernel()
    using other = takeKernel()
    const at = one.put(Uint8Array.of(7))
    expect(other.put(Uint8Array.of(8))).toBe(at)
    expect(one.view(at, 1)[0]).toBe(7)
  })
})
