// What lines of tmpfiles.d add to the factory's defaults.
import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../../src/base/bytes.ts'
import type { Offer } from '../../../src/state/offers.ts'
import { addTmpfiles } from '../../../src/state/tmpfiles.ts'
import { parseTmpfilesLine } from '../../../src/state/tmpfiles-lines.ts'

const folder = (mode = 0o755, uid = 0, gid = 0): Offer => ({ kind: 'folder', mode, uid, gid })
const file = (text: string, mode = 0o644, uid = 0, gid = 0): Offer => ({
  kind: 'file',
  mode,
  uid,
  gid,
  body: encodeUtf8(text),
})

const parse = (lines: readonly string[]) =>
  lines.map((text, index) => parseTmpfilesLine({ place: `a.conf:${index + 1}`, text }))

interface Machine {
  readonly factory?: Readonly<Record<string, Offer>>
  readonly there?: readonly string[]
  readonly delivered?: readonly string[]
}

function add(lines: readonly string[], { factory = {}, there = [], delivered = [] }: Machine = {}) {
  return addTmpfiles({
    factory: new Map(Object.entries(factory)),
    lines: parse(lines).filter((line) => line.kind === 'make' || line.kind === 'adjust'),
    idOf: (kind, name) => (name === 'web' ? (kind === 'user' ? 33 : 34) : undefined),
    copyOf: (source) =>
      source === 'usr/share/web'
        ? new Map([
            ['', folder(0o700)],
            ['/a', file('a', 0o600)],
            ['/l', { kind: 'symlink', target: 'a' }],
          ])
        : undefined,
    isThere: (path) => there.includes(path),
    isDelivered: (path) => delivered.includes(path),
  })
}

const show = (offer: Offer): string => {
  if (offer.kind === 'symlink') return `-> ${offer.target}`
  const text = offer.kind === 'file' && offer.body instanceof Uint8Array ? ` ${decodeUtf8(offer.body)}` : ''
  return `${offer.kind} ${offer.mode.toString(8)} ${offer.uid}:${offer.gid}${text}`
}
const shown = (lines: readonly string[], machine?: Machine) =>
  Object.fromEntries([...add(lines, machine).offered].map(([path, offer]) => [path, show(offer)]))

describe('making', () => {
  test.for([
    ['d /var/a', { 'var/a': 'folder 755 0:0' }],
    ['d /var/a 0750 web web 10d', { 'var/a': 'folder 750 33:34' }],
    ['D /var/a :2755 root :web', { 'var/a': 'folder 2755 0:34' }],
    ['v /var//a/ 1777 7 8', { 'var/a': 'folder 1777 7:8' }],
    ['q /etc/a', { 'etc/a': 'folder 755 0:0' }],
    ['Q- "/var/a b" ~0711', { 'var/a b': 'folder 711 0:0' }],
    ['f /var/a', { 'var/a': 'file 644 0:0 ' }],
    [
      String.raw`f+ /var/a 0600 web - - one  "two"\nthree 100%%`,
      { 'var/a': 'file 600 33:0 one  "two"\nthree 100%' },
    ],
    ['F %L/a - - - - %S', { 'var/log': 'folder 755 0:0', 'var/log/a': 'file 644 0:0 /var/lib' }],
    ['L /etc/a - - - - ../b', { 'etc/a': '-> ../b' }],
    ['L+ /etc/a', { 'etc/a': '-> /usr/share/factory/etc/a' }],
    [
      'd /var/a/b/c 0700',
      { 'var/a/b/c': 'folder 700 0:0', 'var/a': 'folder 755 0:0', 'var/a/b': 'folder 755 0:0' },
    ],
    [
      'C /var/w 0711 web web - /usr/share/web/',
      { 'var/w': 'folder 711 33:34', 'var/w/a': 'file 600 33:34 a', 'var/w/l': '-> a' },
    ],
    ['C /var/w - - - - /usr/share/nothing', {}],
  ] as const)('%s', ([line, expected]) => {
    expect(add([line]).problems).toEqual([])
    expect(shown([line])).toEqual(expected)
  })
  test('L? makes a link only where its end is', () => {
    const lines = ['L? /etc/a - - - - /usr/x', 'L? /etc/b - - - - y', 'L? /etc/c - - - - z']
    expect(shown(lines, { there: ['usr/x', 'etc/y'] })).toEqual({ 'etc/a': '-> /usr/x', 'etc/b': '-> y' })
  })
  test('what the machine has is not mixed with a copy; what moss copied before is', () => {
    const line = ['C /var/w - - - - /usr/share/web']
    expect(shown(line, { there: ['var/w'] })).toEqual({})
    expect(Object.keys(shown(line, { there: ['var/w'], delivered: ['var/w'] }))).toContain('var/w/a')
  })
  test('what must be there is made again, a copy’s files and the factory’s are not', () => {
    const factory = { 'etc/app': folder(), 'etc/app/x': file('x') }
    const lines = ['f /etc/app/state', 'd /var/a/b', 'C /var/w - - - - /usr/share/web']
    expect([...add(lines, { factory }).remade].toSorted()).toEqual([
      'etc/app',
      'etc/app/state',
      'var/a',
      'var/a/b',
    ])
  })
  test('the first line of a path counts, and another one is told', () => {
    const { problems } = add(['d /var/a 0700', 'd /var/a 0700', 'd /var/a 0755'])
    expect(problems).toEqual(['a.conf:3: a.conf:1 says otherwise of var/a, and counts'])
  })
  test('of the factory’s own it sets mode and owner, not the content', () => {
    const factory = {
      'var/log': folder(),
      'var/log/w': folder(),
      'etc/c': file('c'),
      'etc/l': { kind: 'symlink', target: 'c' } as const,
    }
    const lines = [
      'd /var/log/w 1775 - web',
      'f /etc/c 0640 - - - other',
      'L /etc/l - - - - other',
      'd /etc/c/',
    ]
    expect(shown(lines, { factory })).toEqual({
      'var/log': 'folder 755 0:0',
      'var/log/w': 'folder 1775 0:34',
      'etc/c': 'file 640 0:0 c',
      'etc/l': '-> c',
    })
  })
  test('it never makes a folder where the factory has a file', () => {
    const { offered, problems } = add(['d /etc/c'], { factory: { 'etc/c': file('c') } })
    expect(offered.get('etc/c')).toEqual(file('c'))
    expect(problems).toEqual(['a.conf:1: the factory has a file at etc/c, which stays'])
  })
  test('it never makes a privileged file', () => {
    const lines = ['f /var/a 4755', 'd /var/b 2755', 'f /var/c', 'z /var/c 6755', 'Z /var/c ~6755']
    expect(shown(lines)).toEqual({ 'var/b': 'folder 2755 0:0', 'var/c': 'file 644 0:0 ' })
    expect(add(lines).problems).toEqual([
      'a.conf:1: var/a would be setuid or setgid, and is left out',
      'a.conf:4: var/c would be setuid or setgid, and is left out',
    ])
  })
  test('a user that is nowhere leaves the line out', () => {
    expect(add(['d /var/a - nobody', 'd /var/b - - nogroup', 'z /var/a - x']).problems).toEqual([
      'a.conf:1: there is no user nobody',
      'a.conf:2: there is no group nogroup',
      'a.conf:3: there is no user x',
    ])
  })
  test('only what lies below /usr is copied', () => {
    const lines = [
      'C /var/a - - - - /etc/shadow',
      'C /var/b - - - - /usr/../etc/shadow',
      'C /var/c - - - - x',
    ]
    expect(add(lines).problems).toHaveLength(3)
    expect(shown(lines)).toEqual({})
  })
})

describe('adjusting', () => {
  const factory = {
    'var/j': folder(),
    'var/j/a.log': file('a'),
    'var/j/b.log': file('b', 0o400),
    'var/j/.c.log': file('c', 0o755),
    'var/j/d': folder(0o700),
    'var/k': { kind: 'symlink', target: 'j' } as const,
  }
  const changes = (line: string) => {
    const after = shown([line], { factory })
    return Object.fromEntries(
      Object.entries(factory)
        .filter(([path, offer]) => after[path] !== show(offer))
        .map(([path]) => [path, after[path]?.replace(/ .$/, '')]),
    )
  }
  test.for([
    ['z /var/j 2750 - web', { 'var/j': 'folder 2750 0:34' }],
    ['z /var/j/*.log 0640', { 'var/j/a.log': 'file 640 0:0', 'var/j/b.log': 'file 640 0:0' }],
    ['z /var/?/?.log - web', { 'var/j/a.log': 'file 644 33:0', 'var/j/b.log': 'file 400 33:0' }],
    ['e /var/j/* 0711', { 'var/j/d': 'folder 711 0:0' }],
    [
      'Z /var/j ~2750',
      {
        'var/j': 'folder 2750 0:0',
        'var/j/a.log': 'file 640 0:0',
        'var/j/b.log': 'file 440 0:0',
        'var/j/.c.log': 'file 750 0:0',
        'var/j/d': 'folder 2750 0:0',
      },
    ],
    ['z /var/nothing 0700', {}],
    ['z /var/k 0700', {}],
  ] as const)('%s', ([line, expected]) => {
    expect(changes(line)).toEqual(expected)
  })
  test('a pattern of many stars takes no time', () => {
    const name = 'a'.repeat(250)
    expect(shown([`z /var/${'a*'.repeat(120)}b 0700`], { factory: { [`var/${name}`]: folder() } })).toEqual({
      [`var/${name}`]: 'folder 755 0:0',
    })
  })
})

test.for([
  'd /run/foo',
  'f /tmp/x',
  'L+ /home/x',
  'd /var',
  'd /etc/',
  'd /var/run/foo',
  'd /var/lock/foo',
  'd /run/%b/x',
  'z /var/log/journal/%m 2755',
  'f /etc/hostname - - - - %H',
  'd! /var/x',
  'f^ /etc/motd - - - - cred',
  'x /var/tmp/a*',
  'R /var/tmp/b',
  'r! /etc/gshadow.lock',
  'a+ /run/log/journal - - - - x',
  'w /sys/foo - - - - 1',
])('left to the boot, and not told: %s', (line) => {
  expect(parse([line])).toEqual([{ kind: 'left' }])
})

test.for([
  '',
  'y /var/x',
  'dd /var/x',
  '! /var/x',
  'd',
  'd relative',
  'd /var/../etc/x',
  'd /etc/..',
  String.raw`d /etc/a\nb`,
  `d /var/${'x'.repeat(256)}`,
  `d ${'/var'.repeat(70)}`,
  'd /var/%q',
  'd /var/x 0888',
  'd /var/x 17777',
  'd /var/x rwx',
  'd "/var/x',
  String.raw`f /var/x - - - - \xff`,
  'f /var/x - - - - %w',
])('told and left out: %s', (line) => {
  expect(parse([line])).toEqual([{ kind: 'problem', text: expect.stringMatching(/^a\.conf:1: ./) }])
})

test.for([
  'f~ /var/x - - - - aGk=',
  'a+ /var/x - - - - u::rwx',
  'h /var/log/journal - - - - +C',
  'w /etc/x - - - - 1',
  'p /var/x',
  'c /var/x - - - - 1:3',
])('systemd’s alone: %s', (line) => {
  expect(parse([line])).toEqual([{ kind: 'foreign', place: 'a.conf:1' }])
})
