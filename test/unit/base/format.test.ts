import { expect, test } from 'vitest'
import { formatDate, formatNumbers } from '../../../src/base/format.ts'

test('any date that a format can hold can be shown', () => {
  expect(formatDate(1_767_225_600)).toBe('2026-01-01')
  expect(formatDate(8_640_000_000_001)).toBe('second 8640000000001')
  expect(formatDate(Number.MAX_SAFE_INTEGER)).toBe('second 9007199254740991')
})

test('numbers that follow each other are said as one run', () => {
  for (const [numbers, text] of [
    [[], 'none'],
    [[3], '3'],
    [[1, 2], '1 and 2'],
    [[1, 2, 3], '1 to 3'],
    [[1, 2, 4, 5, 6, 9], '1, 2, 4 to 6 and 9'],
  ] as const)
    expect(formatNumbers(numbers)).toBe(text)
})
