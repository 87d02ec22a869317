import { describe, expect, test } from 'vitest'
import { describeControl, parseParagraph } from '../../../src/ingest/deb/control.ts'
import { formatCapability, formatRelation } from '../../../src/manifest/capability.ts'
import { plainControl } from '../../support/foreign.ts'

const describeWith = (fields: string) => describeControl(`${plainControl.trimEnd()}\n${fields}\n`, 'x.deb')

describe('a control file becomes a description', () => {
  test('name, version, architecture, texts and the source package', () => {
    const text = `Package: libssl3
Source: openssl (3.0.1-2)
Version: 1:3.0.1-2+b1
Architecture: all
Description: Secure Sockets Layer toolkit
 First paragraph.
 .
  indented
`
    expect(describeControl(text, 'x.deb')).toMatchObject({
      name: 'libssl3',
      version: '1:3.0.1-2+b1',
      scheme: 'deb',
      architecture: 'any',
      summary: 'Secure Sockets Layer toolkit',
      description: 'First paragraph.\n\n indented',
      origin: 'openssl 3.0.1-2',
    })
    expect(describeWith('Section: net').origin).toBe('tide 1.0-1')
  })

  test('Pre-Depends and Depends are requirements with alternatives, without architecture qualifiers', () => {
    const { requires } = describeWith(
      'Pre-Depends: libc6 (>= 2.36)\nDepends: python3:any, debconf (>= 0.5) | debconf-2.0,\n libz1 (<< 2~), libc6 (>= 2.36)',
    )
    expect(requires.map((alternatives) => alternatives.map(formatRelation))).toEqual([
      ['name(libc6) >= 2.36'],
      ['name(python3)'],
      ['name(debconf) >= 0.5', 'name(debconf-2.0)'],
      ['name(libz1) << 2~'],
    ])
  })

  test('Recommends are recommendations; without any there is no list of them', () => {
    const { recommends } = describeWith('Recommends: less, exim4 (>= 4) | mail-transport-agent')
    expect(recommends?.map((alternatives) => alternatives.map(formatRelation))).toEqual([
      ['name(less)'],
      ['name(exim4) >= 4', 'name(mail-transport-agent)'],
    ])
    expect(describeWith('Depends: less')).not.toHaveProperty('recommends')
  })

  test('what is wanted of another architecture has it in its name', () => {
    const { requires, conflicts } = describeControl(
      plainControl.replace(/^Architecture: .*$/m, 'Architecture: amd64').trimEnd() +
        '\nDepends: a:native, b:amd64, c:i386 (>= 2) | d\nConflicts: libc6-x32:i386\n',
      'x.deb',
    )
    expect(requires.map((alternatives) => alternatives.map(formatRelation))).toEqual([
      ['name(a)'],
      ['name(b)'],
      ['name(c:i386) >= 2', 'name(d)'],
    ])
    expect(conflicts.map(formatRelation)).toEqual(['name(libc6-x32:i386)'])
  })

  test('of a foreign architecture it stands beside the machine’s own, and takes from that what serves all', () => {
    const foreign = { machine: 'amd64', across: new Set(['debconf', 'debconf-2.0']) }
    const describeAs = (architecture: string, fields: string) => {
      const text = plainControl.replace(/^Architecture: .*$/m, `Architecture: ${architecture}`).trimEnd()
      const { name, provides, requires, conflicts, replaces } = describeControl(
        `${text}\n${fields}\n`,
        'x.deb',
        foreign,
      )
      return {
        name,
        provides: provides.map(formatCapability),
        requires: requires.map((alternatives) => alternatives.map(formatRelation).join(' | ')),
        conflicts: conflicts.map(formatRelation),
        replaces: replaces.map(formatRelation),
      }
    }
    const fields = [
      'Multi-Arch: same',
      'Provides: tides (= 3)',
      'Depends: libc6 (>= 2.36), debconf (>= 1) | debconf-2.0, python3:any, perl:native, bash:amd64, libx:i386, liby:arm64',
      'Breaks: moon (<< 2)',
      'Replaces: sun',
    ].join('\n')
    expect(describeAs('i386', fields)).toEqual({
      name: 'tide:i386',
      provides: ['name(tides:i386) = 3'],
      requires: [
        'name(libc6:i386) >= 2.36',
        'name(debconf) >= 1 | name(debconf-2.0)',
        'name(python3) | name(python3:i386)',
        'name(perl)',
        'name(bash)',
        'name(libx:i386)',
        'name(liby:arm64)',
      ],
      // Of both architectures, and not beside another version of its own.
      conflicts: ['name(moon) << 2', 'name(moon:i386) << 2', 'name(tide) << 1.0-1', 'name(tide) >> 1.0-1'],
      replaces: ['name(sun)', 'name(sun:i386)'],
    })
    expect(describeAs('i386', 'Depends: a').conflicts).toEqual(['name(tide)'])
    // What it shares with its twin of the machine's own architecture is never in the way of that.
    const virtual = 'Multi-Arch: same\nProvides: tides\nConflicts: tides, tide, moon\nReplaces: tides'
    expect(describeAs('i386', virtual)).toMatchObject({
      conflicts: [
        'name(tides:i386)',
        'name(tide:i386)',
        'name(moon)',
        'name(moon:i386)',
        'name(tide) << 1.0-1',
        'name(tide) >> 1.0-1',
      ],
      replaces: ['name(tides:i386)'],
    })
    for (const own of ['amd64', 'all'])
      expect(describeAs(own, 'Depends: libc6, a:any')).toMatchObject({
        name: 'tide',
        requires: ['name(libc6)', 'name(a)'],
        conflicts: [],
      })
  })

  test('Conflicts and Breaks are conflicts, Replaces replaces, and the old signs mean or-equal', () => {
    const { conflicts, replaces } = describeWith(
      'Conflicts: a\nBreaks: b (< 2), c (> 3)\nReplaces: d (<< 1:1.0)',
    )
    expect(conflicts.map(formatRelation)).toEqual(['name(a)', 'name(b) <= 2', 'name(c) >= 3'])
    expect(replaces.map(formatRelation)).toEqual(['name(d) << 1:1.0'])
  })

  test('Provides keeps a version where one is given', () => {
    expect(describeWith('Provides: awk, libfoo (= 1.2-3)').provides.map(formatCapability)).toEqual([
      'name(awk)',
      'name(libfoo) = 1.2-3',
    ])
  })

  test('recommendations are not requirements', () => {
    expect(describeWith('Recommends: less\nSuggests: doc').requires).toEqual([])
  })

  test('a summary of a thousand characters is cut with a mark', () => {
    const { summary } = describeControl(plainControl.replace('reads tide tables', 'ä'.repeat(1000)), 'x.deb')
    expect(summary.endsWith('ä…')).toBe(true)
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(255)
  })
})

describe('a malformed control file is refused by field', () => {
  test.each([
    ['no package name', plainControl.replace('tide', '../x'), /not a package name/],
    ['no version', plainControl.replace('1.0-1', 'one two'), /not a version/],
    ['no architecture', plainControl.replace('amd64', ''), /not an architecture/],
    ['a relation of no form', `${plainControl}Depends: a b\n`, /not a relation/],
    ['a relation with a broken bound', `${plainControl}Depends: a (>= )\n`, /not a relation/],
    ['a provided range', `${plainControl}Provides: a (>= 1)\n`, /no one version/],
    ['a field twice', `${plainControl}Package: b\n`, /one paragraph/],
    ['a line of no form', `${plainControl}what is this\n`, /one paragraph/],
  ])('%s', (_, text, problem) => {
    expect(() => describeControl(text, 'x.deb')).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_UNREADABLE',
        message: expect.stringMatching(problem) as string,
      }),
    )
  })

  test('names of object properties are no fields', () => {
    expect(parseParagraph('constructor: a\n__proto__: b\n')?.['constructor']).toBe('a')
    expect(parseParagraph('Package: a')?.['tostring']).toBeUndefined()
  })
})
