import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { quote, run, timed } from '../../bench/ways/timed.ts'

const isHere = existsSync('/usr/bin/time')
if (!isHere) console.warn('skipped: the bench needs GNU time')

const busy = `${quote(process.execPath)} -e 'let sum = 0; for (let i = 0; i < 3e8; i++) sum += i % 7'`

test.skipIf(!isHere)('the seconds of every process of a script are counted, also one behind another', () => {
  // The least of three: what else the machine does makes seconds longer, never shorter.
  const [one = expect.fail('three')] = Array.from({ length: 3 }, () => timed(busy, tmpdir())).toSorted(
    (a, b) => a.cpu - b.cpu,
  )
  const both = timed(`bash -c "${busy} & ${busy}; wait"`, tmpdir())
  expect(one.cpu).toBeGreaterThan(0.05)
  expect(both.cpu).toBeGreaterThan(1.5 * one.cpu)
  expect(one.peakBytes).toBeGreaterThan(2 ** 24)
})

test.skipIf(!isHere)('a script that fails in the middle gives no figures', () => {
  expect(() => timed('false; true', tmpdir())).toThrow('exit 1')
  expect(() => timed('false | true', tmpdir())).toThrow('exit 1')
})

test('quoting keeps any text one word', () => {
  const hard = `a 'b' "c" $d \\ *`
  expect(run(`printf %s ${quote(hard)}`, tmpdir())).toBe(hard)
})
