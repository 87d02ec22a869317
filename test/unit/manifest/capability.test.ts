import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMossError } from '../../../src/base/error.ts'
import {
  formatCapability,
  formatRelation,
  parseCapability,
  parseRelation,
  registeredKinds,
  relationOperators,
} from '../../../src/manifest/capability.ts'

describe('a relation as text', () => {
  test.each([
    ['bash', 'name(bash)'],
    ['bash>=5', 'name(bash) >= 5'],
    ['  bash  >=  5.2-1  ', 'name(bash) >= 5.2-1'],
    ['g++', 'name(g++)'],
    ['name(bash)<<1:2~rc', 'name(bash) << 1:2~rc'],
    ['soname(libz.so.1()(64bit)) >= 1.2', 'soname(libz.so.1()(64bit)) >= 1.2'],
    ['font(DejaVu Sans)', 'font(DejaVu Sans)'],
    ['font(a = 1)', 'font(a = 1)'],
    ['pkgconfig(gtk+-3.0) = 3', 'pkgconfig(gtk+-3.0) = 3'],
  ])('%s means %s', (text, formatted) => {
    expect(formatRelation(parseRelation(text))).toBe(formatted)
  })

  test.each([
    '',
    ' ',
    '()',
    'name()',
    'name( bash)',
    'name(bash',
    'bash)',
    'nmae(bash)',
    'Name(bash)',
    'bash 5',
    'bash >=',
    '>= 5',
    'bash >= 5 6',
    'bash == 5',
    'bash => 5',
    '-bash',
    'ba/sh',
    '../bash',
    'name(a b)',
    'font(a\u202eb)',
    'font(a\nb)',
    'name(\ud800)',
    `name(${'x'.repeat(200)})`,
    'x'.repeat(2000),
  ])('%j is refused', (text) => {
    expect(() => parseRelation(text)).toThrow('is not a capability')
  })

  test('comes back from what it is written as', () => {
    const name = fc.string({
      unit: fc.constantFrom(...Array.from('ab()<>=~ .é')),
      minLength: 1,
      maxLength: 12,
    })
    const version = fc.string({
      unit: fc.constantFrom(...Array.from('019aZ.+~:-_^')),
      minLength: 1,
      maxLength: 8,
    })
    const kind = fc.constantFrom(...registeredKinds.filter((one) => one !== 'name'))
    const bound = fc.record({ operator: fc.constantFrom(...relationOperators), version })
    fc.assert(
      fc.property(kind, name, fc.option(bound, { nil: undefined }), (kind, name, bound) => {
        fc.pre(name.trim() === name)
        const relation = bound === undefined ? { kind, name } : { kind, name, bound }
        expect(parseRelation(formatRelation(relation))).toEqual(relation)
      }),
      { numRuns: 3000 },
    )
  })

  test('is read or refused with a code, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parseRelation(text)
        } catch (error) {
          expect(isMossError(error, 'CAPABILITY_INVALID')).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a provided capability as text', () => {
  test('may have one version', () => {
    expect(parseCapability('soname(libz.so.1) = 1.2')).toEqual({
      kind: 'soname',
      name: 'libz.so.1',
      version: '1.2',
    })
    expect(formatCapability(parseCapability('soname(libz.so.1) = 1.2'))).toBe('soname(libz.so.1) = 1.2')
    expect(formatCapability(parseCapability('awk'))).toBe('name(awk)')
  })

  test('has no other bound', () => {
    expect(() => parseCapability('awk >= 2')).toThrow('a provided capability has one version, given with =')
  })
})
