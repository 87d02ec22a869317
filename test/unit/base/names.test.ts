import { expect, test } from 'vitest'
import { channelName, checkChannelName, hostId, isChannelName, isHostId } from '../../../src/base/names.ts'

test('a channel is named in small letters, digits and ._+- and never like a path', () => {
  for (const name of ['stable', 'constructor', '9', 'a.b_c+d-e', 'x'.repeat(64)]) {
    expect(isChannelName(name)).toBe(true)
    expect(channelName(name, 'here')).toBe(name)
  }
  for (const name of ['__proto__', '', '.', '..', '-x', 'a/b', 'a\n', 'Ä', 'A', ' x', 'x'.repeat(65)]) {
    expect(isChannelName(name)).toBe(false)
    expect(() => channelName(name, 'here')).toThrow(expect.objectContaining({ code: 'SHAPE_INVALID' }))
    expect(() => checkChannelName(name, 'init')).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }))
  }
})

test('a host’s id is 16 small hexadecimal digits', () => {
  expect(isHostId('0123456789abcdef')).toBe(true)
  expect(hostId('0123456789abcdef', 'here')).toBe('0123456789abcdef')
  for (const id of ['0123456789ABCDEF', '0123456789abcde', '0123456789abcdef0', '../../0123456789'])
    expect(() => hostId(id, 'here')).toThrow(expect.objectContaining({ code: 'SHAPE_INVALID' }))
})
