// Any text as a line of sysusers.d or tmpfiles.d, and any lines on any accounts: nothing throws, what comes out is well
// formed, and what was there is there still.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { type AccountFiles, planAccounts } from '../../src/state/accounts.ts'
import { splitWords } from '../../src/state/line-words.ts'
import type { Offer } from '../../src/state/offers.ts'
import { matchesPath } from '../../src/state/path-pattern.ts'
import { parseSysusersLine, type SysusersLine } from '../../src/state/sysusers-lines.ts'
import { addTmpfiles } from '../../src/state/tmpfiles.ts'
import { parseTmpfilesLine } from '../../src/state/tmpfiles-lines.ts'

const seed = Number(process.env['MOSS_SEED'] ?? Date.now() % 1_000_000)
const runs = { seed, numRuns: 2000 }
console.log(`seed ${seed} (MOSS_SEED gives another)`)

const oneOf = (...texts: readonly string[]) => fc.constantFrom(...texts)
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: oneOf(...Array.from('ugmrdfLCzZ!:-/\\"\' %\t\n*?.09ax')), maxLength: 60 }),
)
const joined = (...parts: readonly fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((words) => words.join(' '))

const name = oneOf('a', 'b', 'c', 'root', 'alice', '_x', 'é', 'a:b', '-', '')
const id = fc.oneof(
  oneOf('-', '0', '5', '998', '999', '65535', '7:root', '-:b', '8:5', '/usr', '/../x', '1-9'),
  hostile,
)
const sysusersLine = fc.oneof(
  hostile,
  joined(
    oneOf('u', 'u!', 'g', 'm', 'x'),
    name,
    fc.oneof(id, name),
    oneOf('', '"A B"', '- /home', '- - /bin/sh', '"a:b"'),
  ),
  joined(oneOf('r'), oneOf('-'), oneOf('1-3', '990-999', '7', '65530-65540', '3-1', '1-2-3')),
)
const path = fc.oneof(
  oneOf(
    '/etc/a',
    '/etc/a/b',
    '/var/a',
    '/var//b/',
    '/var/run/x',
    '/etc/../usr',
    '/var/*',
    '/etc/?',
    '%S/x',
    '/var/%m',
    '/usr/x',
  ),
  hostile,
)
const tmpfilesLine = fc.oneof(
  hostile,
  joined(
    oneOf('d', 'D!', 'f', 'f+', 'L', 'L?', 'C', 'z', 'Z', 'e', 'x', 'a+'),
    path,
    oneOf('-', '0755', '~2750', ':4755', '6644', '9'),
    oneOf('-', 'a', '7', 'nosuch'),
    oneOf('-', 'b', '8'),
    oneOf('-', '10d'),
    oneOf('', 'text', '/usr/x', '../y', '%q', String.raw`\n`),
  ),
)

const accountFile = fc
  .uniqueArray(oneOf('a', 'alice', 'bob', 'root', '+', '# x'), { maxLength: 4 })
  .chain((names) =>
    fc.tuple(...names.map((each) => fc.integer({ min: 0, max: 1000 }).map((n) => `${each}:x:${n}`))),
  )
  .map((lines) => lines as readonly string[])
const files: fc.Arbitrary<AccountFiles> = fc.record({
  passwd: accountFile.map((lines) => lines.map((line) => `${line}:0:é:/:/bin/sh\n`).join('')),
  group: accountFile.map((lines) => lines.map((line) => `${line}:root`).join('\n')),
  shadow: hostile,
  gshadow: hostile,
})

const parseAll = (lines: readonly string[]) =>
  lines
    .map((text, n) => parseSysusersLine({ place: `x:${n}`, text }))
    .filter((line): line is SysusersLine => line.kind !== 'problem')

describe('sysusers.d', () => {
  test('any lines on any accounts add whole lines, keep the old ones, and are done in one go', () => {
    fc.assert(
      fc.property(fc.array(sysusersLine, { maxLength: 12 }), files, (lines, before) => {
        const parsed = parseAll(lines)
        const plan = (present: AccountFiles) =>
          planAccounts({ files: present, lines: parsed, today: 1, ownerOf: () => ({ uid: 998, gid: 7 }) })
        const after = plan(before).files
        expect(after.passwd.startsWith(before.passwd)).toBe(true)
        expect(after.shadow.startsWith(before.shadow)).toBe(true)
        const added = after.passwd.slice(before.passwd.length)
        for (const line of added.replace(/^\n/, '').split('\n').slice(0, -1))
          expect(line).toMatch(/^[A-Za-z_][\w-]{0,30}:x:\d+:\d+:[^:\p{Cc}]*:\/[^:\p{Cc}]*:\/[^:\p{Cc}]*$/u)
        const old = before.group.split('\n')
        for (const [n, line] of after.group.split('\n').entries()) {
          if (line === '' || line.startsWith('#') || line.startsWith('+')) continue
          expect(line).toMatch(/^\w[\w-]{0,30}:x:\d+:[\w,-]*$/)
          if ((old[n] ?? '') !== '') expect(line.startsWith(old[n] ?? '')).toBe(true)
        }
        expect(plan(after).files).toEqual(after)
        const names = after.passwd.split('\n').map((line) => line.split(':')[0])
        expect(new Set(names).size).toBe(names.length)
        const fresh = added.split('\n').flatMap((line) => line.split(':')[2] ?? [])
        const taken = before.passwd.split('\n').flatMap((line) => line.split(':')[2] ?? [])
        expect(new Set([...fresh, ...new Set(taken)]).size).toBe(fresh.length + new Set(taken).size)
      }),
      runs,
    )
  })
  test('a file that was cut short between the four is finished alike', () => {
    fc.assert(
      fc.property(
        fc.array(sysusersLine, { maxLength: 12 }),
        files,
        fc.nat({ max: 4 }),
        (lines, before, written) => {
          const parsed = parseAll(lines)
          const plan = (present: AccountFiles) =>
            planAccounts({ files: present, lines: parsed, today: 1, ownerOf: () => ({ uid: 998, gid: 7 }) })
              .files
          const end = plan(before)
          const done = (['gshadow', 'group', 'shadow', 'passwd'] as const).slice(0, written)
          expect(plan({ ...before, ...Object.fromEntries(done.map((each) => [each, end[each]])) })).toEqual(
            end,
          )
        },
      ),
      runs,
    )
  })
})

describe('tmpfiles.d', () => {
  const factory = new Map<string, Offer>([
    ['etc/a', { kind: 'folder', mode: 0o755, uid: 0, gid: 0 }],
    ['etc/a/su', { kind: 'file', mode: 0o4755, uid: 0, gid: 0, body: encodeUtf8('su') }],
    ['var/a', { kind: 'symlink', target: 'b' }],
  ])
  test('any lines offer plain paths below etc and var alone, every folder on the way, and no new privilege', () => {
    fc.assert(
      fc.property(fc.array(tmpfilesLine, { maxLength: 12 }), fc.boolean(), (lines, isThere) => {
        const parsed = lines.map((text, n) => parseTmpfilesLine({ place: `x:${n}`, text }))
        const { offered, remade } = addTmpfiles({
          factory,
          lines: parsed.filter((line) => line.kind === 'make' || line.kind === 'adjust'),
          idOf: (_, each) => (each === 'a' || each === 'b' ? 9 : undefined),
          copyOf: () =>
            new Map<string, Offer>([
              ['', { kind: 'file', mode: 0o4755, uid: 0, gid: 0, body: { from: '/x' } }],
            ]),
          isThere: () => isThere,
          isDelivered: () => false,
        })
        for (const [at, offer] of offered) {
          expect(at).toMatch(/^(etc|var)\/[^/\p{Cc}]+(\/[^/\p{Cc}]+)*$/u)
          expect(at.split('/').some((part) => part === '.' || part === '..')).toBe(false)
          if (offer.kind === 'file' && at !== 'etc/a/su') expect(offer.mode & 0o6000).toBe(0)
          const above = at.slice(0, at.lastIndexOf('/'))
          if (above.includes('/')) expect(offered.has(above)).toBe(true)
        }
        expect(offered.get('etc/a/su')).toMatchObject({ body: encodeUtf8('su') })
        for (const at of remade) expect(offered.has(at)).toBe(true)
      }),
      runs,
    )
  })
})

test('words that need no quotes are split as they were joined', () => {
  const word = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 10 })
    .filter((text) => !/[\s"'\\]/u.test(text))
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      expect(splitWords(words.join(' \t'), 6)).toEqual({ words, rest: '' })
    }),
    runs,
  )
})

test('a pattern means what the same regular expression means', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '/', '.'), minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(
      part,
      fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), minLength: 1, maxLength: 8 }),
      (pattern, at) => {
        const source = pattern
          .split('/')
          .map((each) => {
            const plain = each
              .replaceAll('.', String.raw`\.`)
              .replaceAll('*', '[^/]*')
              .replaceAll('?', '[^/]')
            return each.startsWith('.') ? plain : `(?!\\.)${plain}`
          })
          .join('/')
        expect(matchesPath(pattern, at, false)).toBe(new RegExp(`^${source}$`).test(at))
      },
    ),
    runs,
  )
})
