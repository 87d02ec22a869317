import { expect, test } from 'vitest'
import { formatDate } from '../../../src/base/format.ts'

test('any date that a format can hold can be shown', () => {
  expect(formatDate(1_767_225_600)).toBe('2026-01-01')
  expect(formatDate(8_640_000_000_001)).toBe('second 8640000000001')
  expect(formatDate(Number.MAX_SAFE_INTEGER)).toBe('second 9007199254740991')
})
