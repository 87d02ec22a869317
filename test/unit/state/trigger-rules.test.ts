// What a declared trigger may say, which paths it is about, in which order triggers run, and how packages' own take the
// place of the stock's.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { triggersOf } from '../../../src/state/triggers/choose.ts'
import { compileGlob } from '../../../src/manifest/glob.ts'
import { orderTriggers } from '../../../src/state/triggers/order.ts'
import { stockTriggers } from '../../../src/state/triggers/stock.ts'
import { isTriggerName, parseTrigger, type Trigger, triggerDefaults } from '../../../src/manifest/trigger.ts'
import {
  applySamples,
  freshRoot,
  openRoot,
  type SampleEntry,
  samplePackage,
} from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'

const parse = (toml: string): Trigger => parseTrigger(toml, { name: 'sample', path: 'sample.toml' })
const least = 'paths = ["usr/share/x/*"]\ncommand = ["x"]\n'

describe('the format', () => {
  test('a trigger says what it is about and what to do; the rest has defaults', () => {
    expect(parse(least)).toEqual({
      ...triggerDefaults,
      name: 'sample',
      paths: ['usr/share/x/*'],
      command: ['x'],
    })
    expect(
      parse(`${least}scope = "system"\nafter = ["a"]\nneeds = ["b"]\nrunning = true\nseconds = 5\n`),
    ).toMatchObject({ scope: 'system', after: ['a'], needs: ['b'], running: true, seconds: 5 })
    expect(parse('paths = []\ncommand = ["x"]').paths).toEqual([])
  })

  test.for([
    ['paths = [', /line 1/],
    [`${least}path = []`, /unknown key path; known are paths/],
    ['command = ["x"]', /paths is missing/],
    ['paths = []', /command is missing/],
    ['paths = []\ncommand = []', /command must begin with a program/],
    ['paths = []\ncommand = [""]', /command must begin with a program/],
    ['paths = []\ncommand = "x y"', /command must be a list of texts/],
    ['paths = []\ncommand = ["x", 1]', /command must be a list of texts/],
    ['paths = []\ncommand = ["x\\u0000"]', /command must be a list of texts/],
    ['paths = ["/usr/share/*"]\ncommand = ["x"]', /begin with usr/],
    ['paths = ["etc/*"]\ncommand = ["x"]', /begin with usr/],
    [`paths = [${'"usr/x",'.repeat(65)}]\ncommand = ["x"]`, /more than 64/],
    [`${least}scope = "boot"`, /scope must be/],
    [`${least}running = true`, /running = true is for/],
    [`${least}running = 1`, /running must be/],
    [`${least}seconds = 0`, /seconds must be/],
    [`${least}seconds = 3601`, /seconds must be/],
    [`${least}seconds = 1.5`, /seconds must be/],
  ] as const)('%j is refused with its place', ([toml, problem]) => {
    expect(() => parse(toml)).toThrow(
      expect.objectContaining({
        code: 'TRIGGER_INVALID',
        details: { path: 'sample.toml', problem: expect.stringMatching(problem) },
      }),
    )
  })
})

describe('globs', () => {
  test.for([
    ['usr/a', 'usr/a', true],
    ['usr/a', 'usr/ab', false],
    ['usr/a/*', 'usr/a/b', true],
    ['usr/a/*', 'usr/a/.b', true],
    ['usr/a/*', 'usr/a/b/c', false],
    ['usr/a/*', 'usr/a', false],
    ['usr/*/b', 'usr/a/b', true],
    ['usr/**/b', 'usr/b', true],
    ['usr/**/b', 'usr/a/c/b', true],
    ['usr/**/b', 'usr/a/bb', false],
    ['usr/a/**', 'usr/a/b/c', true],
    ['usr/a/**', 'usr/ab/c', false],
    ['usr/a**c', 'usr/abc', true],
    ['usr/a**c', 'usr/a/c', false],
    ['usr/*.so.*', 'usr/liba.so.1', true],
    ['usr/*.so.*', 'usr/liba.so', false],
    ['usr/?.x', 'usr/a.x', true],
    ['usr/?.x', 'usr/ab.x', false],
    ['usr/*a*b*c', 'usr/xaxbxbxc', true],
    ['usr/*a*b*c', 'usr/xaxbxbxcx', false],
    ['usr/[a].+$', 'usr/[a].+$', true],
    ['usr/**/x/**/y', 'usr/x/x/z/y/y', true],
    ['usr/lib*/**/*.so', 'usr/lib64/a/b.so', true],
    ['usr/lib*/**/*.so', 'usr/share/b.so', false],
  ] as const)('%s and %s: %s', ([pattern, path, fits]) => {
    expect(compileGlob(pattern)(path)).toBe(fits)
  })

  test('a pattern made to take long does not', () => {
    const fits = compileGlob(`usr/${'**/*a'.repeat(200)}b`)
    const startedMs = performance.now()
    expect(fits(`usr/${'a/'.repeat(2000)}c`)).toBe(false)
    expect(compileGlob(`usr/${'*a'.repeat(120)}b`)(`usr/${'a'.repeat(255)}`)).toBe(false)
    expect(performance.now() - startedMs).toBeLessThan(2000)
  })
})

const named = (name: string, ...after: readonly string[]): Trigger => ({
  ...triggerDefaults,
  name,
  paths: [],
  command: ['x'],
  after,
})
const namesOf = (triggers: readonly Trigger[]): readonly string[] => triggers.map(({ name }) => name)

describe('order', () => {
  test('each after those it names, else by name; absent names do not matter', () => {
    const triggers = [named('d'), named('a', 'c', 'nobody'), named('b'), named('c', 'd')]
    expect(namesOf(orderTriggers(triggers))).toEqual(['d', 'c', 'a', 'b'])
    expect(namesOf(orderTriggers(triggers.toReversed()))).toEqual(['d', 'c', 'a', 'b'])
  })

  test('a circle is refused with those who are in it, and no others', () => {
    expect(() => orderTriggers([named('a', 'b'), named('b', 'c'), named('c', 'd'), named('d', 'b')])).toThrow(
      expect.objectContaining({
        code: 'TRIGGER_INVALID',
        details: { path: 'b', problem: 'each waits for the next: b → c → d → b' },
      }),
    )
    expect(() => orderTriggers([named('a', 'a')])).toThrow(/a → a/)
  })

  test('none of the transaction can wait for one of the system', () => {
    const later: Trigger = { ...named('later'), scope: 'system' }
    expect(() => orderTriggers([named('a', 'later'), later])).toThrow(/cannot run after later/)
    expect(namesOf(orderTriggers([{ ...later, after: ['a'] }, named('a')]))).toEqual(['a', 'later'])
  })
})

test('the stock keeps the rules of what packages declare', () => {
  for (const { name, ...trigger } of stockTriggers) {
    expect(isTriggerName(name)).toBe(true)
    const toml = Object.entries(trigger)
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
      .join('\n')
    expect(parseTrigger(toml, { name, path: name })).toEqual({ name, ...trigger })
    expect(trigger.paths.length).toBeGreaterThan(0)
    expect(trigger.needs.some((program) => trigger.command.join(' ').includes(program))).toBe(true)
  }
  const first = stockTriggers.filter(({ name }, at) => namesOf(stockTriggers).indexOf(name) === at)
  expect(orderTriggers(first)).toHaveLength(first.length)
})

describe('a tree', () => {
  const outside = linuxOutside()
  let folder: string
  beforeEach(() => {
    folder = scratchFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const chosen = async (entries: Readonly<Record<string, SampleEntry>>): Promise<readonly Trigger[]> => {
    const root = join(folder, 'root')
    using opened = freshRoot(outside, root)
    await applySamples(opened, [samplePackage('sample', '1', entries)])
    return triggersOf(outside.disk, root)
  }
  const declared = (name: string, toml = least): Readonly<Record<string, SampleEntry>> => ({
    [`usr/share/moss/triggers/${name}`]: toml,
  })

  test('has the stock’s triggers whose programs it has, the first of a name, and all that are declared', async () => {
    const found = await chosen({
      'usr/bin/update-mime-database': 'x',
      'usr/bin/glib-compile-schemas': 'x',
      'usr/lib/x86_64-linux-gnu/glib-2.0/glib-compile-schemas': 'x',
      'usr/sbin/mandb': { target: 'elsewhere' },
      ...declared('own.toml'),
    })
    expect(namesOf(found)).toEqual(['glib-schemas', 'man-db', 'mime', 'own'])
    expect(found[0]?.command[0]).toBe('glib-compile-schemas')
  })

  test('whose package declares a trigger of the stock’s name has that one alone', async () => {
    const found = await chosen({
      'usr/bin/update-mime-database': 'x',
      ...declared('mime.toml', 'paths = []\ncommand = ["other"]'),
    })
    expect(found).toMatchObject([{ name: 'mime', command: ['other'], paths: [] }])
  })

  test.for([
    ['a file of another name', declared('own.conf'), /own\.conf/],
    ['a name that is none', declared('Own.toml'), /Own\.toml/],
    ['a folder among them', { 'usr/share/moss/triggers/more/own.toml': least }, /is a folder/],
    ['a link among them', { 'usr/share/moss/triggers/own.toml': { target: '/etc/passwd' } }, /is a symlink/],
    ['a link in their place', { 'usr/share/moss/triggers': { target: '/etc' } }, /is a symlink/],
    ['one that is too long', declared('own.toml', `${least}#${'x'.repeat(16384)}`), /more than 16384/],
    [
      'too many',
      Object.fromEntries(
        Array.from({ length: 257 }, (_, i) => [`usr/share/moss/triggers/t${i}.toml`, least]),
      ),
      /more than 256/,
    ],
    ['what is not text', { 'usr/share/moss/triggers/own.toml': { text: Uint8Array.of(0xff) } }, /UTF-8/],
    [
      'a circle',
      { ...declared('a.toml', `${least}after = ["b"]`), ...declared('b.toml', `${least}after = ["a"]`) },
      /a → b → a/,
    ],
  ] as const)('with %s is refused before it is current', async ([, entries, problem]) => {
    await expect(chosen(entries)).rejects.toThrow(
      expect.objectContaining({ code: 'TRIGGER_INVALID', message: expect.stringMatching(problem) }),
    )
    using opened = openRoot(outside, join(folder, 'root'))
    expect(opened.states.current().number).toBe(0)
  })
})
