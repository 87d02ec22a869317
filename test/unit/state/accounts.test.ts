// What lines of sysusers.d make of the four files of accounts: by the text of the files.
import { describe, expect, test } from 'vitest'
import { type AccountFiles, planAccounts } from '../../../src/state/accounts.ts'
import { parseSysusersLine } from '../../../src/state/sysusers-lines.ts'

const empty: AccountFiles = { passwd: '', group: '', shadow: '', gshadow: '' }
const root: AccountFiles = { ...empty, passwd: 'root:x:0:0::/root:/bin/sh\n', group: 'root:x:0:\n' }

const parse = (lines: readonly string[]) =>
  lines.map((text, index) => parseSysusersLine({ place: `a.conf:${index + 1}`, text }))

function plan(lines: readonly string[], files: AccountFiles = root) {
  const parsed = parse(lines)
  return planAccounts({
    files,
    lines: parsed.filter((line) => line.kind !== 'problem'),
    today: 20_000,
    ownerOf: (path) => (path === '/usr/bin/owned' ? { uid: 321, gid: 322 } : undefined),
  })
}

/** What is new in a file, line by line. */
const added = (lines: readonly string[], name: keyof AccountFiles, files: AccountFiles = root) =>
  plan(lines, files).files[name].slice(files[name].length).trimEnd().split('\n')

describe('lines', () => {
  test('u makes a user, a group of its name, and locked shadows', () => {
    expect(plan(['u httpd 404 "HTTP User" /srv/www /bin/bash']).files).toEqual({
      passwd: 'root:x:0:0::/root:/bin/sh\nhttpd:x:404:404:HTTP User:/srv/www:/bin/bash\n',
      group: 'root:x:0:\nhttpd:x:404:\n',
      shadow: 'httpd:!*:20000::::::\n',
      gshadow: 'httpd:!*::\n',
    })
  })
  test.for([
    ['u a -', 'a:x:999:999::/:/usr/sbin/nologin'],
    ['u a - "One" - -', 'a:x:999:999:One:/:/usr/sbin/nologin'],
    ['u a 44:0', 'a:x:44:0::/:/usr/sbin/nologin'],
    ['u a 44:root', 'a:x:44:0::/:/usr/sbin/nologin'],
    ['u a -:root', 'a:x:999:0::/:/usr/sbin/nologin'],
    ['u a /usr/bin/owned', 'a:x:321:322::/:/usr/sbin/nologin'],
    ['u a 0', 'a:x:999:999::/:/usr/sbin/nologin'],
    ['u a /usr/bin/absent', 'a:x:999:999::/:/usr/sbin/nologin'],
  ] as const)('%s', ([line, expected]) => {
    expect(added([line], 'passwd')).toEqual([expected])
  })
  test('u! locks the account itself too', () => {
    expect(added(['u! a 44'], 'shadow')).toEqual(['a:!*:20000:::::1:'])
  })
  test('g makes a group alone', () => {
    const { files } = plan(['g input 77', 'g other -', 'g third /usr/bin/owned'])
    expect(files.group).toBe('root:x:0:\ninput:x:77:\nother:x:999:\nthird:x:322:\n')
    expect(files.passwd).toBe(root.passwd)
  })
  test('m adds to a group, and makes both where no line does', () => {
    const { files } = plan(['m a wheel', 'm b wheel', 'm a wheel', 'u b 7', 'm root wheel'])
    expect(files.group).toBe(
      'root:x:0:\nwheel:x:999:a,b,root\na:x:998:\nb:x:7:\n'.replace('a:x:998:\nb:x:7:', 'b:x:7:\na:x:998:'),
    )
    expect(files.gshadow.split('\n')[0]).toBe('wheel:!*::a,b,root')
    expect(files.passwd).toContain('a:x:998:998:')
  })
  test('r says where ids come from, from the top', () => {
    const lines = ['r - 300-301', 'r - 200', 'u a -', 'u b -', 'u c -', 'u d -']
    expect(added(lines, 'passwd').map((line) => line.split(':').slice(0, 4).join(' '))).toEqual([
      'a x 301 301',
      'b x 300 300',
      'c x 200 200',
    ])
    expect(plan(lines).problems).toEqual(['a.conf:6: no id is free for group d'])
  })
})

describe('who is there', () => {
  const files: AccountFiles = {
    passwd:
      'root:x:0:0::/root:/bin/sh\nalice:x:999:50:é:/home/alice:/bin/zsh\n#odd line\nbob:x:5:5::/:/bin/sh',
    group: 'root:x:0:\nstaff:x:50:alice\nbob:x:5:\n',
    shadow: 'alice:$6$secret:1:::::: \nlate:!*:1::::::\n',
    gshadow: 'staff:!::\n',
  }
  test('stays byte for byte, whatever a line says', () => {
    const { files: after, problems } = plan(['u alice 44:50 "Other" /x /y', 'g staff 51', 'u root 1'], files)
    expect(after).toEqual(files)
    expect(problems).toEqual([
      'a.conf:2: group staff has id 50 already, not 51',
      'a.conf:3: user root has id 0 already, not 1',
      'a.conf:1: user alice has id 999 already, not 44',
    ])
  })
  test('gets the group of the same name that a line asks for', () => {
    expect(added(['u alice -'], 'group', files)).toEqual(['alice:x:999:'])
  })
  test('keeps the id: who is new gets another', () => {
    expect(added(['u a 5', 'u b -', 'g c 50'], 'passwd', files)).toEqual([
      '',
      'a:x:997:997::/:/usr/sbin/nologin',
      'b:x:996:996::/:/usr/sbin/nologin',
    ])
    expect(plan(['u a 5', 'g c 50'], files).problems).toEqual([
      'a.conf:2: id 50 of group c is another’s: it gets 998',
      'a.conf:1: id 5 of user a is another’s: it gets 997',
    ])
  })
  test('a member is added at the end of the group’s line and nowhere else', () => {
    const after = plan(['m bob staff'], files).files
    expect(after.group).toBe('root:x:0:\nstaff:x:50:alice,bob\nbob:x:5:\n')
    expect(after.gshadow).toBe('staff:!::bob\n')
    expect(after.passwd).toBe(files.passwd)
  })
  test('a shadow that a run cut short has left is not written twice', () => {
    expect(plan(['u late -'], files).files.shadow).toBe(files.shadow)
  })
})

test('the same again adds nothing', () => {
  const lines = ['u a -', 'u b 7:root', 'g c -', 'm a c', 'm x y', 'r - 100-200', 'u! d -:c']
  const once = plan(lines).files
  expect(plan(lines, once).files).toEqual(once)
})

test('whatever file was written last, the same again ends alike', () => {
  const lines = ['g c 999', 'u a -:c', 'u b -', 'u d 998', 'm e c', 'u f -:root']
  const end = plan(lines).files
  const order = ['gshadow', 'group', 'shadow', 'passwd'] as const
  for (let written = 0; written <= order.length; written++) {
    const halfway = {
      ...root,
      ...Object.fromEntries(order.slice(0, written).map((name) => [name, end[name]])),
    }
    expect(plan(lines, halfway).files).toEqual(end)
  }
})

test('of two lines for one name the first counts, and another one is told', () => {
  const { files, problems } = plan(['u a 7', 'u a 7', 'u a 8'])
  expect(files.passwd).toContain('a:x:7:')
  expect(problems).toEqual(['a.conf:3: a.conf:1 says otherwise of user a, and counts'])
})

test('a group that a later line makes is there for who names it', () => {
  expect(added(['u a 7:b', 'u c 8:5', 'u b -', 'u d 5'], 'passwd')).toEqual([
    'b:x:999:999::/:/usr/sbin/nologin',
    'd:x:5:5::/:/usr/sbin/nologin',
    'a:x:7:999::/:/usr/sbin/nologin',
    'c:x:8:5::/:/usr/sbin/nologin',
  ])
})

test('a group that is nowhere leaves its user out', () => {
  expect(plan(['u a 7:800', 'u b 8:nosuch']).problems).toEqual([
    'a.conf:1: user a is left out: there is no group 800',
    'a.conf:2: user b is left out: there is no group nosuch',
  ])
  expect(plan(['u a 7:800']).files.passwd).toBe(root.passwd)
})

test.for([
  'x foo',
  '__proto__ foo',
  'u',
  'u 1foo',
  'u -foo',
  `u ${'a'.repeat(32)}`,
  'u foo:bar',
  'u föö',
  'u "a b"',
  String.raw`u a\nroot::0:0:::`,
  'u a 65535',
  'u a 4294967295',
  'u a -1',
  'u a 007',
  'u a 0x10',
  'u a rel/path',
  'u a /../etc',
  'u a :root',
  'u a 7:',
  'u a 7:b:c',
  'u a - "a:b"',
  String.raw`u a - "a\nb"`,
  'u a - - relative',
  'u a - - /ok /not:ok',
  'u a - - /../x',
  'u a - "x" /h /s more',
  'u a%m',
  'u a - "un ended',
  'g a 7:8',
  'g a name',
  'm a',
  'm a b:c',
  'r foo 1-2',
  'r - 5-4',
  'r - 1-2-3',
  'r - x',
  'r -',
])('told and left out: %s', (line) => {
  expect(parse([line])).toEqual([{ kind: 'problem', text: expect.stringMatching(/^a\.conf:1: ./) }])
})
