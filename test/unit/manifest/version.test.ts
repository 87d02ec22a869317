import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compareVersions,
  isVersion,
  type VersionScheme,
  versionSchemes,
} from '../../../src/manifest/version.ts'
import { oracle } from '../../support/oracle.ts'

const hasDpkg = oracle('dpkg', 'dpkg-query', 'sh')

/** Versions that have caught others, and shapes found in the archive. */
const real = `
  0 0.0 00 1 01 1.0 1.00 1.0-0 1.0- 1.0~ 1.0~~ 1.0~~a 1.0~rc1 1.0~rc1-1 1.0a 1.0a1 1.0+ 1.0+b1
  1.0-1+b1 1.0-1 1.0-1.1 1.0-10 1.0-9 1:0 0:1 2:0.1 1.0-1~bpo12+1 1.0-1~deb12u1 1.0-1+deb12u1
  1.0-1+deb12u10 1.0-1+deb12u9 5.2.15-2+b7 3.0.15-1~deb12u1 3.0.9-1 7.88.1-10+deb12u8 9.0.1378-2
  1:9.2p1-2+deb12u3 20230311 20230311+1 2.36-9+deb12u9 2.36-9+deb12u10 4.13+dfsg1-1 4.13+dfsg1-1+b1
  1.2.13.dfsg-1 0.20240101 6.1.0-28 1:1.2.13.dfsg-1 2.0.0~alpha2 2.0.0~beta 2.0.0 2.0.0.1
  1.0.0+git20200101.abcdef 1.0-1a 1.0-a1 1A 1a 1Z 1.a 1.- 1+ 1-+ 1-~ 1~-1 1--1 12
  123456789012345678901234567890 9 0.99999999999999999999 1.2.3.4.5.6 v1 ~ ~1 +1 1.0. 1..0 1:1:1
  1:1:1-1
`
  .trim()
  .split(/\s+/)

/** Short texts of few characters lie close together: that is where orders go wrong. */
const near = (seed: number, count: number): readonly string[] =>
  fc.sample(
    fc
      .tuple(
        fc.constantFrom('', '', '', '0:', '1:', '01:'),
        fc.constantFrom('0', '1', '2', '9', '10', '01'),
        fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '+', '~', 'a', 'Z', '-'), maxLength: 4 }),
        fc.constantFrom('', '', '-0', '-1', '-1~a', '-a', '-01', '-1+b1', '-+'),
      )
      .map((parts) => parts.join('')),
    { seed, numRuns: count },
  )

describe('deb versions', () => {
  test.skipIf(!hasDpkg)(
    'sort as dpkg sorts them: every neighbour in our order has the relation that dpkg gives it',
    { timeout: 120_000 },
    () => {
      const seed = Number(process.env['MOSS_SEED'] ?? Date.now() % 1_000_000)
      console.log(`seed ${seed} (MOSS_SEED gives another)`)
      const installed = execFileSync('dpkg-query', ['-W', '-f', '${Version}\n'], { encoding: 'utf8' })
      const all = [...new Set([...real, ...near(seed, 700), ...installed.split('\n').slice(0, 150)])]
      const sorted = all
        .filter((version) => isVersion('deb', version))
        .toSorted((a, b) => compareVersions('deb', a, b))
      // An order is right everywhere if it is right between neighbours, so one run judges n² / 2 pairs.
      const pairs = sorted.slice(1).map((version, at) => [sorted[at] as string, version] as const)
      const lines = pairs.map(([a, b]) => `${a} ${compareVersions('deb', a, b) < 0 ? 'lt' : 'eq'} ${b}`)
      const wrong = execFileSync(
        'sh',
        ['-c', 'while read -r a op b; do dpkg --compare-versions "$a" "$op" "$b" || echo "$a $op $b"; done'],
        { input: `${lines.join('\n')}\n`, encoding: 'utf8' },
      )
      expect(pairs.length).toBeGreaterThan(600)
      expect(wrong).toBe('')
    },
  )

  test.skipIf(!oracle('perl') || !hasDpkgPerl())('compare as Dpkg::Version does, 20000 pairs', () => {
    const seed = Number(process.env['MOSS_SEED'] ?? Date.now() % 1_000_000)
    console.log(`seed ${seed} (MOSS_SEED gives another)`)
    const versions = [...near(seed, 20_000), ...real].filter((version) => isVersion('deb', version))
    const pairs = versions.map((version, at) => [
      version,
      versions[(at * 7919 + 13) % versions.length] as string,
    ])
    const script =
      'use Dpkg::Version; while (<STDIN>) { chomp; my ($a, $b) = split / /; ' +
      'print version_compare($a, $b), "\\n" }'
    const answers = execFileSync('perl', ['-e', script], {
      input: `${pairs.map((pair) => pair.join(' ')).join('\n')}\n`,
      encoding: 'utf8',
    })
    const ours = pairs.map(([a = '', b = '']) => Math.sign(compareVersions('deb', a, b)))
    const theirs = answers.trim().split('\n').map(Number)
    const wrong = pairs.filter((_, at) => ours[at] !== theirs[at])
    expect(theirs.length).toBe(pairs.length)
    expect(wrong).toEqual([])
  })

  test.skipIf(!hasDpkg)('are valid where dpkg says so, without an error and without a warning', () => {
    const odd = [
      '2147483647:1',
      '2147483648:1',
      '99999999999:1',
      ':1',
      '1:',
      'a:1',
      '1 0',
      '1_0',
      '1.0-1_2',
      '1-',
      '1.0-1:2',
    ]
    const all = [...new Set([...real, ...odd, ...near(1, 60)])].filter((version) => !version.startsWith('-'))
    const script = 'while IFS= read -r v; do dpkg --validate-version "$v" 2>/dev/null; echo "$?"; done'
    const answers = execFileSync('sh', ['-c', script], { input: `${all.join('\n')}\n`, encoding: 'utf8' })
    const wrong = all.filter((version, at) => isVersion('deb', version) !== (answers.split('\n')[at] === '0'))
    expect(wrong).toEqual([])
  })
})

/** Pairs of rpm's own test suite (tests/rpmvercmp.at). */
const rpmVectors: readonly (readonly [string, string, number])[] = [
  ['1.0', '1.0', 0],
  ['1.0', '2.0', -1],
  ['2.0', '1.0', 1],
  ['2.0.1', '2.0.1', 0],
  ['2.0', '2.0.1', -1],
  ['2.0.1', '2.0', 1],
  ['2.0.1a', '2.0.1a', 0],
  ['2.0.1a', '2.0.1', 1],
  ['2.0.1', '2.0.1a', -1],
  ['5.5p1', '5.5p1', 0],
  ['5.5p1', '5.5p2', -1],
  ['5.5p2', '5.5p1', 1],
  ['5.5p10', '5.5p10', 0],
  ['5.5p1', '5.5p10', -1],
  ['5.5p10', '5.5p1', 1],
  ['10xyz', '10.1xyz', -1],
  ['10.1xyz', '10xyz', 1],
  ['xyz10', 'xyz10', 0],
  ['xyz10', 'xyz10.1', -1],
  ['xyz10.1', 'xyz10', 1],
  ['xyz.4', 'xyz.4', 0],
  ['xyz.4', '8', -1],
  ['8', 'xyz.4', 1],
  ['xyz.4', '2', -1],
  ['2', 'xyz.4', 1],
  ['5.5p2', '5.6p1', -1],
  ['5.6p1', '5.5p2', 1],
  ['5.6p1', '6.5p1', -1],
  ['6.5p1', '5.6p1', 1],
  ['6.0.rc1', '6.0', 1],
  ['6.0', '6.0.rc1', -1],
  ['10b2', '10a1', 1],
  ['10a2', '10b2', -1],
  ['1.0aa', '1.0aa', 0],
  ['1.0a', '1.0aa', -1],
  ['1.0aa', '1.0a', 1],
  ['10.0001', '10.0001', 0],
  ['10.0001', '10.1', 0],
  ['10.1', '10.0001', 0],
  ['10.0001', '10.0039', -1],
  ['10.0039', '10.0001', 1],
  ['4.999.9', '5.0', -1],
  ['5.0', '4.999.9', 1],
  ['20101121', '20101121', 0],
  ['20101121', '20101122', -1],
  ['20101122', '20101121', 1],
  ['2_0', '2_0', 0],
  ['2.0', '2_0', 0],
  ['2_0', '2.0', 0],
  ['a', 'a', 0],
  ['a+', 'a+', 0],
  ['a+', 'a_', 0],
  ['a_', 'a+', 0],
  ['+a', '+a', 0],
  ['+a', '_a', 0],
  ['_a', '+a', 0],
  ['+_', '+_', 0],
  ['_+', '+_', 0],
  ['_+', '_+', 0],
  ['+', '_', 0],
  ['_', '+', 0],
  ['1.0~rc1', '1.0~rc1', 0],
  ['1.0~rc1', '1.0', -1],
  ['1.0', '1.0~rc1', 1],
  ['1.0~rc1', '1.0~rc2', -1],
  ['1.0~rc2', '1.0~rc1', 1],
  ['1.0~rc1~git123', '1.0~rc1~git123', 0],
  ['1.0~rc1~git123', '1.0~rc1', -1],
  ['1.0~rc1', '1.0~rc1~git123', 1],
  ['1.0^', '1.0^', 0],
  ['1.0^', '1.0', 1],
  ['1.0', '1.0^', -1],
  ['1.0^git1', '1.0^git1', 0],
  ['1.0^git1', '1.0', 1],
  ['1.0', '1.0^git1', -1],
  ['1.0^git1', '1.0^git2', -1],
  ['1.0^git2', '1.0^git1', 1],
  ['1.0^git1', '1.01', -1],
  ['1.01', '1.0^git1', 1],
  ['1.0^20160101', '1.0^20160101', 0],
  ['1.0^20160101', '1.0.1', -1],
  ['1.0.1', '1.0^20160101', 1],
  ['1.0^20160101^git1', '1.0^20160101^git1', 0],
  ['1.0^20160102', '1.0^20160101^git1', 1],
  ['1.0^20160101^git1', '1.0^20160102', -1],
  ['1.0~rc1^git1', '1.0~rc1^git1', 0],
  ['1.0~rc1^git1', '1.0~rc1', 1],
  ['1.0~rc1', '1.0~rc1^git1', -1],
  ['1.0^git1~pre', '1.0^git1~pre', 0],
  ['1.0^git1', '1.0^git1~pre', 1],
  ['1.0^git1~pre', '1.0^git1', -1],
  ['1b.fc17', '1b.fc17', 0],
  ['1b.fc17', '1.fc17', -1],
  ['1.fc17', '1b.fc17', 1],
  ['1g.fc17', '1g.fc17', 0],
  ['1g.fc17', '1.fc17', 1],
  ['1.fc17', '1g.fc17', -1],
]

describe('rpm and moss versions', () => {
  test.each(['rpm', 'moss'] as const)('of scheme %s pass the vectors of rpm’s own tests', (scheme) => {
    const wrong = rpmVectors.filter(([a, b, order]) => Math.sign(compareVersions(scheme, a, b)) !== order)
    expect(wrong).toEqual([])
  })

  test('an rpm epoch outweighs all else, and a release counts only where both have one', () => {
    expect(compareVersions('rpm', '1:1.0', '9.0')).toBeGreaterThan(0)
    expect(compareVersions('rpm', '0:1.0', '1.0')).toBe(0)
    expect(compareVersions('rpm', '1.0-2', '1.0-10')).toBeLessThan(0)
    expect(compareVersions('rpm', '1.0', '1.0-10')).toBe(0)
  })

  test('texts that are no versions are refused', () => {
    for (const scheme of versionSchemes)
      for (const text of ['', ' ', '1 0', '1\0', '1/0', '1\n', '1é', '1(2)', 'x'.repeat(256), '‮1'])
        expect([scheme, text, isVersion(scheme, text)]).toEqual([scheme, text, false])
  })
})

/** Any order that a sort may rely on, on any text at all: hostile versions cannot upset it. */
describe('every scheme', () => {
  // A missing release equals any release in rpm, so rpm orders versions that all have one, or all have none.
  const texts = (scheme: VersionScheme) =>
    fc
      .string({
        unit: fc.constantFrom('0', '1', '9', 'a', 'Z', '~', '^', '.', '+', '-', ':', 'é'),
        maxLength: 6,
      })
      .map((text) => (scheme === 'rpm' ? `${text.replaceAll(/[:-]/g, '')}-1` : text))

  test.each(versionSchemes)('%s is reflexive, antisymmetric and transitive', (scheme) => {
    const sign = (a: string, b: string): number => Math.sign(compareVersions(scheme, a, b))
    fc.assert(
      fc.property(texts(scheme), texts(scheme), texts(scheme), (a, b, c) => {
        expect(sign(a, a)).toBe(0)
        expect(sign(a, b) + sign(b, a)).toBe(0)
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0)
      }),
      { numRuns: 3000 },
    )
  })
})

function hasDpkgPerl(): boolean {
  try {
    execFileSync('perl', ['-MDpkg::Version', '-e', '1'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('skipped: needs libdpkg-perl')
    return false
  }
}
