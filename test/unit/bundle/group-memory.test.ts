import { expect, test } from 'vitest'
import { GroupMemory } from '../../../src/bundle/group-memory.ts'
import { longBytes } from '../../../src/container/file-to-encode.ts'

test('what was given back is used again for a group that fits, and freed for one that does not', () => {
  using memory = new GroupMemory()
  const first = memory.take(5000)
  expect(first).toHaveLength(5000)
  memory.giveBack(first)
  const second = memory.take(5100)
  expect(second).toHaveLength(5100)
  expect(second.buffer).toBe(first.buffer)
  expect(memory.take(5100).buffer).not.toBe(first.buffer)
  memory.giveBack(second)
  const larger = memory.take(50_000)
  expect(larger).toHaveLength(50_000)
  expect(second.buffer.detached).toBe(true)
})

test('one is kept, and none at the end', () => {
  const memory = new GroupMemory()
  const [one, other] = [memory.take(1000), memory.take(1000)]
  memory.giveBack(one)
  memory.giveBack(other)
  expect([one, other].map(({ buffer }) => buffer.detached)).toEqual([true, false])
  memory[Symbol.dispose]()
  expect(other.buffer.detached).toBe(true)
})

test('a long file has memory of its own, as long as it is', () => {
  using memory = new GroupMemory()
  const usual = memory.take(1000)
  memory.giveBack(usual)
  const long = memory.take(longBytes)
  expect(usual.buffer.detached).toBe(true)
  expect([long.buffer.byteLength, long.buffer.resizable]).toEqual([longBytes, true])
  memory.giveBack(long)
  expect(long.buffer.detached).toBe(true)
  expect(memory.take(1000).buffer.resizable).toBe(false)
})
