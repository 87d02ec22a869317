import { expect, test } from 'vitest'
import { defaultEffort, effortOf, isEffort } from '../../../src/carry/effort.ts'

const numbers = Array.from({ length: 9 }, (_, i) => `${i + 1}`)

test('fast, 1 to 9 and small are efforts, and each tries no less than the one before', () => {
  const efforts = ['fast', ...numbers, 'small'].map(effortOf)
  for (const [i, effort] of efforts.entries()) {
    const before = efforts[i - 1]
    expect(effort.level).toBeGreaterThanOrEqual(before?.level ?? 1)
    expect(effort.deltaLevel).toBeGreaterThanOrEqual(before?.deltaLevel ?? 1)
    expect(Math.max(effort.level, effort.deltaLevel)).toBeLessThanOrEqual(19)
  }
  expect(effortOf(defaultEffort).level).toBe(9)
})

test.each(['', '0', '10', '05', 'FAST', 'toString'])('%j is none', (name) => {
  expect(isEffort(name)).toBe(false)
  expect(() => effortOf(name)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }))
})
