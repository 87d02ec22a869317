import { expect, test } from 'vitest'
import { formatEtc } from '../../../src/cli/etc-text.ts'

test('one line each with both sides, the machine’s own after them, foreign text made safe', () => {
  const file = { kind: 'file', mode: 0o644, owner: '0:0', digest: 'a'.repeat(64), sizeBytes: 12 } as const
  const text = formatEtc({
    state: 3,
    departures: [
      { path: 'etc/a', what: 'newer', here: file, byDefault: { ...file, mode: 0o4600, sizeBytes: 1200 } },
      { path: 'etc/b', what: 'changed', here: file, byDefault: { ...file, owner: '0:42' } },
      { path: 'etc/c\u202e', what: 'missing', byDefault: file },
      {
        path: 'etc/d',
        what: 'kind',
        here: { kind: 'folder' },
        byDefault: { kind: 'symlink', digest: 'b'.repeat(64) },
      },
      { path: 'etc/e', what: 'hidden', byDefault: file },
      { path: 'etc/own\n', what: 'own', here: { kind: 'file' } },
      { path: 'etc/tree', what: 'own', here: { kind: 'folder' }, entries: 2 },
    ],
    problems: ['a.conf:1: \u001b[2J is not known'],
  })
  expect(text).toMatchInlineSnapshot(`
    "state 3: 5 defaults of /etc and /var stand otherwise
      ~  etc/a          changed here, and the default is newer
           here         file 0644 0:0 12 B aaaaaaaaaaaa
           default      file 4600 0:0 1.2 kB aaaaaaaaaaaa
      ~  etc/b          changed here
           here         file 0644 0:0 12 B aaaaaaaaaaaa
           default      file 0644 0:42 12 B aaaaaaaaaaaa
      -  etc/c\\u{202e}  missing here
      !  etc/d          of another kind here
           here         folder
           default      link bbbbbbbbbbbb
      !  etc/e          out of reach: behind a link, or no file at all
    the machine’s own in /etc: 2 paths
      +  etc/own\\u{a}
      +  etc/tree/     2 entries
    ! a.conf:1: \\u{1b}[2J is not known"
  `)
})

test('where nothing departs it says so', () => {
  expect(formatEtc({ state: 1, departures: [], problems: [] })).toBe(
    'state 1: its defaults of /etc and /var stand as they are',
  )
})
