import { expect, test } from 'vitest'
import {
  formatBundleName,
  isDropping,
  parseBundleName,
  parseRootName,
  parseStateName,
} from '../../../src/medium/layout.ts'

test('a bundle’s name says channel, serial and id, and reads back', () => {
  const name = formatBundleName({ channel: 'stable-12', serial: 412, id: '9f3c'.repeat(16) })
  expect(name).toBe('stable-12-412-9f3c9f3c.moss')
  expect(parseBundleName(name)).toEqual({ channel: 'stable-12', serial: 412, id: '9f3c9f3c' })
})

test('a volume’s name says its number, too', () => {
  const name = { channel: 'stable', serial: 1, id: '9f3c9f3c', volume: 2 }
  expect(formatBundleName(name)).toBe('stable-1-9f3c9f3c.002.moss')
  for (const volume of [2, 999, 1000, 65_535])
    expect(parseBundleName(formatBundleName({ ...name, volume }))).toEqual({ ...name, volume })
})

test.each([
  'stable-1-9f3c.001.moss',
  'stable-1-9f3c.02.moss',
  'stable-1-9f3c.0002.moss',
  'Stable-1-9f3c.moss',
  'stable-01-9f3c.moss',
  'stable-1.moss',
  'stable-1-9f3c.moss.part',
  '-1-9f3c.moss',
])('%s is not a bundle’s name', (name) => expect(parseBundleName(name)).toBeUndefined())

test('states and roots are numbered files', () => {
  expect(parseStateName('12.moss-state')).toBe(12)
  expect(parseStateName('012.moss-state')).toBeUndefined()
  expect(parseStateName('12.moss-root')).toBeUndefined()
  expect(parseRootName('1.moss-root')).toBe(1)
})

test('what systems leave on sticks is known', () => {
  for (const name of ['._stable-1-9f3c.moss', '.Trashes', 'System Volume Information', '$RECYCLE.BIN'])
    expect(isDropping(name)).toBe(true)
  expect(isDropping('stable-1-9f3c.moss')).toBe(false)
})
