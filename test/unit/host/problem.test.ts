// The kernel's words for failures, from what Node throws.
import { expect, test } from 'vitest'
import { ioErrorFrom, problemOf } from '../../../src/host/problem.ts'

const thrown = (code: string, errno: number): Error => Object.assign(new Error(code), { code, errno })

test.each([
  ['EDQUOT', 'HOST_NO_SPACE', thrown('Unknown system error -122', -122)],
  ['EDQUOT', 'HOST_NO_SPACE', thrown('UNKNOWN', -122)],
  ['ENOSPC', 'HOST_NO_SPACE', thrown('ENOSPC', -28)],
  ['EUNKNOWN', 'HOST_IO', thrown('UNKNOWN', -4094)],
])('%s is %s, whether libuv knows its name or not', (word, code, error) => {
  const failure = ioErrorFrom('write', '/a', error)
  expect([failure.code, problemOf(failure)]).toEqual([code, word])
})

test('what is no failure of a call stays what it is', () => {
  const bug = new TypeError('a bug')
  expect(() => ioErrorFrom('write', '/a', bug)).toThrow(bug)
})
