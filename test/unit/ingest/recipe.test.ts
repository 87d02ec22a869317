import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { parseRecipe } from '../../../src/ingest/parse-recipe.ts'
import type { Recipe } from '../../../src/ingest/recipe.ts'
import { formatCapability, formatRelation } from '../../../src/manifest/capability.ts'

const read = (toml: string): Recipe => parseRecipe(encodeUtf8(toml), 'moss-recipe.toml')

const least = `name = "tide"
version = "1.0"
date = 2026-01-01
summary = "Says when the water is high"
licence = "CC0-1.0"
`
const digest = 'ab'.repeat(32)

describe('a recipe', () => {
  test('of the least: what is not said has a default', () => {
    expect(read(least)).toEqual({
      name: 'tide',
      version: '1.0-1',
      date: 1_767_225_600,
      summary: 'Says when the water is high',
      description: '',
      licence: 'CC0-1.0',
      architecture: 'any',
      origin: 'tide',
      assumes: [],
      provides: [],
      requires: [],
      conflicts: [],
      replaces: [],
      sources: [],
      steps: [],
      seconds: 3600,
      files: [],
      links: [],
      packages: [],
    })
  })

  test('with every key', () => {
    const found = read(`${least}release = 7
description = """More
of it"""
origin = "the harbour office"
architecture = "amd64"
provides = ["feature(tides) = 2"]
requires = ["bash >= 5", "binary(awk) | binary(gawk)"]
recommends = ["less"]
conflicts = ["ebb << 2"]
replaces = ["flood"]
assumes = ["soname(libc.so.6()(64bit))"]

[[source]]
file = "tide-1.0.tar.gz"
sha256 = "${digest}"
to = "tide"
strip = 1

[[source]]
file = "patches/fix.zip"
sha256 = "${digest}"
unpack = false

[steps]
install = "c"
prepare = "a"
build = "b"
check = "d"
seconds = 60

[[file]]
from = "tide/tide.conf"
to = "etc/tide.conf"

[[file]]
text = "x"
to = "usr/bin/x"
mode = "4755"

[[link]]
path = "usr/bin/y"
target = "x"

[[trigger]]
name = "tides"
paths = ["usr/share/tide/**"]
command = ["tide", "--index"]
seconds = 5

[[package]]
name = "tide-devel"
paths = ["usr/include/**"]
summary = "To build against it"
requires = ["tide = 1.0-7"]
`)
    expect(found).toMatchObject({
      version: '1.0-7',
      description: 'More\nof it',
      origin: 'the harbour office',
      architecture: 'amd64',
      seconds: 60,
      links: [{ path: 'usr/bin/y', target: 'x' }],
    })
    expect(found.provides.map(formatCapability)).toEqual(['feature(tides) = 2'])
    expect(found.requires.map((each) => each.map(formatRelation))).toEqual([
      ['name(bash) >= 5'],
      ['binary(awk)', 'binary(gawk)'],
    ])
    expect(found.recommends).toEqual([[{ kind: 'name', name: 'less' }]])
    expect(found.conflicts.map(formatRelation)).toEqual(['name(ebb) << 2'])
    expect(found.replaces.map(formatRelation)).toEqual(['name(flood)'])
    expect(found.assumes.map(formatRelation)).toEqual(['soname(libc.so.6()(64bit))'])
    expect(found.sources).toEqual([
      { file: 'tide-1.0.tar.gz', sha256: digest, unpack: true, to: 'tide', strip: 1 },
      { file: 'patches/fix.zip', sha256: digest, unpack: false, to: '', strip: 0 },
    ])
    expect(found.steps.map(({ name, commands }) => `${name} ${commands}`)).toEqual([
      'prepare a',
      'build b',
      'install c',
      'check d',
    ])
    expect(found.files).toEqual([
      { kind: 'copied', from: 'tide/tide.conf', to: 'etc/tide.conf', mode: 0o644 },
      { kind: 'written', text: 'x', to: 'usr/bin/x', mode: 0o4755 },
      {
        kind: 'written',
        to: 'usr/share/moss/triggers/tides.toml',
        mode: 0o644,
        text: 'paths = [ "usr/share/tide/**" ]\ncommand = [ "tide", "--index" ]\nseconds = 5\n',
      },
    ])
    expect(found.packages).toMatchObject([
      {
        name: 'tide-devel',
        paths: ['usr/include/**'],
        summary: 'To build against it',
        licence: 'CC0-1.0',
        description: 'More\nof it',
        architecture: 'amd64',
        provides: [],
        assumes: [],
      },
    ])
  })

  test('with steps is for the machine that builds, unless it says otherwise', () => {
    expect(read(`${least}[steps]\nbuild = "make"`).architecture).toBe('machine')
    expect(read(`${least}architecture = "any"\n[steps]\nbuild = "make"`).architecture).toBe('any')
    expect(read(`${least}[steps]\nbuild = " \\n"`).steps).toEqual([])
  })

  test.each([
    ['2026-01-01', 1_767_225_600],
    ['2026-01-01T02:00:00+02:00', 1_767_225_600],
    ['2026-01-01T00:00:00.900Z', 1_767_225_600],
    ['1767225600', 1_767_225_600],
    ['0', 0],
  ])('date = %s is %d', (date, seconds) => {
    expect(read(least.replace('2026-01-01', date)).date).toBe(seconds)
  })
})

const sourceWith = (lines: string): string =>
  `${least}[[source]]\nfile = "a.tar"\nsha256 = "${digest}"\n${lines}`

describe('is refused', () => {
  test.each([
    ['', /no name/],
    ['name = ', /line 1/],
    [least.replace('version = "1.0"\n', ''), /no version/],
    [least.replace('"1.0"', '"1.0-2"'), /1\.0-2 is not a version/],
    [least.replace('"1.0"', '"one two"'), /not a version/],
    [least.replace('"1.0"', '1.0'), /version is not a text/],
    [`${least}release = 0`, /release is not a whole number from 1 to 999999/],
    [`${least}release = 1.5`, /release is not a whole number/],
    [least.replace('"tide"', '"../tide"'), /not a package name/],
    [least.replace('"tide"', '"tide:i386"'), /not a package name/],
    [least.replace('"tide"', String.raw`"ti\u0000de"`), /characters that are none/],
    [least.replace('date = 2026-01-01\n', ''), /no date/],
    [least.replace('2026-01-01', '2026-01-01T12:00:00'), /time with its offset/],
    [least.replace('2026-01-01', '12:00:00'), /date is a day/],
    [least.replace('2026-01-01', '-1'), /date is a day/],
    [least.replace('2026-01-01', '"today"'), /date is a day/],
    [least.replace(/summary.*\n/, ''), /no summary/],
    [least.replace('Says when', String.raw`Says\nwhen`), /more than one line/],
    [least.replace(/licence.*\n/, ''), /no licence/],
    [least.replace('"CC0-1.0"', '""'), /licence is empty/],
    [`${least}architecture = "AMD 64"`, /not an architecture/],
    [`${least}requiers = []`, /unknown key requiers/],
    [`${least}requires = "bash"`, /requires is not a list/],
    [`${least}requires = ["odd(x)"]`, /requires: .*odd/],
    [`${least}assumes = ["odd(x)"]`, /assumes: .*odd/],
    [`${least}requires = [${'"a",'.repeat(1001)}]`, /more than 1000 items/],
    [`${least}summary2 = "${'x'.repeat(300_000)}"`, /longer than 262144 bytes/],
    [`${least}[source]\nfile = "a"`, /write \[\[source\]\]/],
    [sourceWith('').replace(digest, 'AB'), /source 1: sha256 is not 64 digits/],
    [sourceWith('').replace('a.tar', '/etc/passwd'), /source 1: file: \/etc\/passwd is not a plain path/],
    [sourceWith('').replace('a.tar', '../a.tar'), /is not a plain path/],
    [sourceWith('to = "../.."'), /to: \.\.\/\.\. is not a plain path/],
    [sourceWith('strip = 17'), /strip is not a whole number from 0 to 16/],
    [sourceWith('unpack = "yes"'), /unpack is neither true nor false/],
    [sourceWith('unpack = true').replace('a.tar', 'a.rar'), /does not end as the archives do/],
    [sourceWith('mirror = "x"'), /source 1: unknown key mirror/],
    [sourceWith(`[[source]]\nfile = "a.tar"\nsha256 = "${digest}"`), /source a\.tar is there twice/],
    [`${least}steps = "make"`, /steps is not a table/],
    [`${least}[steps]\ncompile = "make"`, /steps: unknown key compile/],
    [`${least}[steps]\nbuild = ["make"]`, /build is not a text/],
    [`${least}[steps]\nbuild = "${'x'.repeat(100_001)}"`, /more than 100000 characters/],
    [`${least}[steps]\nseconds = 0`, /seconds is not a whole number from 1 to 86400/],
    [`${least}[[file]]\nto = "usr/x"`, /file 1: say either from or text/],
    [`${least}[[file]]\nto = "usr/x"\nfrom = "x"\ntext = "x"`, /say either from or text/],
    [`${least}[[file]]\nto = "usr/../../x"\ntext = "x"`, /not a plain path/],
    [`${least}[[file]]\nto = "/usr/x"\ntext = "x"`, /not a plain path/],
    [`${least}[[file]]\nto = "usr/x"\nfrom = "../x"`, /not a plain path/],
    [`${least}[[file]]\nto = "usr/x"\ntext = "x"\nmode = "755"`, /four octal digits/],
    [`${least}[[file]]\nto = "usr/x"\ntext = "x"\nmode = 755`, /mode is not a text/],
    [
      `${least}[[file]]\nto = "usr/x"\ntext = "x"\n[[link]]\npath = "usr/x"\ntarget = "y"`,
      /path usr\/x is there twice/,
    ],
    [`${least}[[link]]\npath = "usr/x"`, /link 1: no target/],
    [`${least}[[link]]\npath = "../x"\ntarget = "y"`, /not a plain path/],
    [`${least}[[trigger]]\nname = "../x"`, /not a trigger’s name/],
    [`${least}[[trigger]]\nname = "x"\npaths = ["etc/x"]\ncommand = ["x"]`, /paths begin with usr/],
    [`${least}[[trigger]]\nname = "x"\npaths = []\ncomand = ["x"]`, /trigger 1: unknown key comand/],
    [`${least}[[package]]\nname = "tide"\npaths = ["x"]`, /package tide is there twice/],
    [`${least}[[package]]\nname = "tide-doc"`, /package 1: no paths/],
    [`${least}[[package]]\nname = "tide-doc"\npaths = ["/usr/x"]`, /is not relative/],
    [
      `${least}[[package]]\nname = "tide-doc"\npaths = ["x"]\nversion = "2"`,
      /package 1: unknown key version/,
    ],
    [`${least}[__proto__]\nx = 1`, /unknown key __proto__/],
  ])('%j', (toml, problem) => {
    expect(() => read(toml)).toThrow(
      expect.objectContaining({
        code: 'RECIPE_INVALID',
        message: expect.stringMatching(problem) as string,
      }),
    )
  })

  test('what is not UTF-8', () => {
    expect(() => parseRecipe(Uint8Array.of(0x61, 0xff), 'x')).toThrow(/not UTF-8/)
  })
})
