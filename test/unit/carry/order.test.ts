import { expect, test } from 'vitest'
import { kindOf, orderAlike } from '../../../src/carry/order.ts'

test.each([
  ['usr/lib/x86_64-linux-gnu/libz.so.1.3.1', 'so'],
  ['usr/lib/libQt5Core.so.5.15', 'so'],
  ['usr/share/man/man1/bash.1.gz', 'gz'],
  ['usr/share/doc/bash/CHANGES', '/bash'],
  ['usr/bin/python3.11', '/bin'],
  ['usr/lib/python3/dist-packages/a.PY', 'py'],
  ['bare', '/'],
  ['.5', '/'],
  ['usr/.hidden', 'hidden'],
  ['usr.d/1.2.3', '/usr.d'],
  ['usr/lib/ends.', ''],
])('the kind of %s is %s', (path, kind) => {
  expect(kindOf(path)).toBe(kind)
})

test('alike meets alike: by kind, then name, then path', () => {
  const paths = [
    'usr/lib/b/z.so.1',
    'usr/bin/b',
    'usr/share/a.py',
    'usr/lib/a.so',
    'usr/bin/a',
    'usr/lib/a.py',
  ]
  const files = paths.map((path) => ({ path, sizeBytes: 1 }))
  expect(orderAlike(files).map(({ path }) => path)).toEqual([
    'usr/bin/a',
    'usr/bin/b',
    'usr/lib/a.py',
    'usr/share/a.py',
    'usr/lib/a.so',
    'usr/lib/b/z.so.1',
  ])
})

test('a large package is ordered in runs of its layout, so that its frames are met about once', () => {
  const MiB = 1024 * 1024
  const file = (path: string, sizeBytes: number) => ({ path, sizeBytes })
  const files = [
    file('usr/a.so', 9 * MiB),
    file('usr/b.py', 9 * MiB),
    file('usr/c.so', 9 * MiB),
    file('usr/d.py', 30 * MiB),
  ]
  expect(orderAlike(files).map(({ path }) => path)).toEqual(['usr/b.py', 'usr/a.so', 'usr/c.so', 'usr/d.py'])
  expect(orderAlike([])).toEqual([])
})
