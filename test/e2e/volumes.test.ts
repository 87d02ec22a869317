// A bundle over several media, by the built program: cut without keys, taken in from one folder after the other in any order,
// applied when the last has come; and what is said on the way.
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noise } from '../support/containers.ts'
import { type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const home = ['--home', 'station'] as const
const chart = noise(11_000_000, 3)
const at = (...names: readonly string[]): string => join(moss.folder, ...names)
const namesIn = (folder: string): readonly string[] => readdirSync(at(folder)).toSorted()
const same = (a: string, b: string): boolean => readFileSync(at(a)).equals(readFileSync(at(b)))

interface Exported {
  readonly path: string
  readonly fileBytes: number
  readonly isNew: boolean
  readonly volumes?: readonly { readonly path: string; readonly fileBytes: number }[]
}

beforeAll(() => {
  moss = programIn(scratchFolder())
  mkdirSync(at('harbour/usr/share'), { recursive: true })
  writeFileSync(at('harbour/usr/share/chart'), chart)
  moss.well('key', 'generate', '--no-passphrase', ...home)
  moss.well('channel', 'create', 'stable', ...home)
  moss.well('add', 'stable', 'harbour', '--name', 'harbour', '--version', '1', ...home)
  moss.well('channel', 'publish', 'stable', ...home)
  for (const root of ['host', 'other']) {
    moss.well('init', '--trust', 'station/root.moss-root', '--name', root, '--root', root)
    moss.well('subscribe', 'harbour', '--root', root)
    moss.well('state', 'export', `${root}.moss-state`, '--root', root)
    moss.well('fleet', 'enroll', `${root}.moss-state`, ...home)
  }
  moss.well('export', '--for', 'host.moss-state', '-o', 'a.moss', ...home)
  for (const folder of ['cut', 's1', 's2', 's3', 'medium']) mkdirSync(at(folder))
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('a bundle is cut, and each volume says what it is and is verified alone', () => {
  moss.well('split', 'a.moss', '--volume', '5M', '-o', 'cut')
  expect(namesIn('cut')).toEqual(['a.002.moss', 'a.003.moss', 'a.moss'])
  expect(moss.well('inspect', 'cut/a.002.moss').stdout).toMatch(/^volume +volume 2 of 3, frames 1 to 1$/m)
  for (const volume of namesIn('cut'))
    expect(moss.well('verify', `cut/${volume}`, '--root', 'host').stdout).toMatch(
      /: volume \d of 3, frames .*: whole and genuine/,
    )
  expect(moss.well('verify', 'cut/a.003.moss', '--home', 'nowhere', '--root', 'nowhere').stdout).toContain(
    'not cut short',
  )
  expect(moss.code('split', 'a.moss', '--volume', '1M', '-o', 'cut')).toBe('VOLUME_TOO_SMALL')
  expect(moss.code('split', 'a.moss', '--volume', '5MiB', '-o', 'cut')).toBe('CLI_USAGE')
  expect(moss.code('split', 'a.moss', '-o', 'cut')).toBe('CLI_USAGE')
  expect(moss.code('split', 'a.moss', '--volume', '5M')).toBe('ALREADY_EXISTS')
  expect(moss.code('split', 'cut/a.moss', '--volume', '5M', '-o', 's1')).toBe('CONTAINER_NOT_ONE')
})

test('the next medium goes on with the volume that is told', () => {
  moss.well('split', 'a.moss', '--volume', '5M', '--from-volume', '3', '-o', 'medium')
  expect(namesIn('medium')).toEqual(['a.003.moss'])
  expect(same('medium/a.003.moss', 'cut/a.003.moss')).toBe(true)
  rmSync(at('medium/a.003.moss'))
  const from = (number: string): string | undefined =>
    moss.code('split', 'a.moss', '--volume', '5M', '--from-volume', number, '-o', 'medium')
  expect([from('4'), from('0'), from('x')]).toEqual(['NOT_FOUND', 'CLI_USAGE', 'CLI_USAGE'])
  const withoutSize = ['export', '--for', 'host.moss-state', '--from-volume', '2', '-o', 'medium', ...home]
  expect(moss.code(...withoutSize)).toBe('CLI_USAGE')
})

test('volumes are put together to what they were, named in any order', () => {
  moss.well('join', 'cut/a.003.moss', 'cut/a.moss', 'cut/a.002.moss', '-o', 'joined.moss')
  expect(same('joined.moss', 'a.moss')).toBe(true)
  expect(moss.well('join', 'cut/a.002.moss', '-o', 'joined.moss').stdout).toContain('it was there already')
})

describe('a host', () => {
  test('takes volumes in from one medium after the other, and says which is wanted next', () => {
    for (const [number, name] of ['a.moss', 'a.002.moss', 'a.003.moss'].entries())
      copyFileSync(at('cut', name), at(`s${number + 1}`, name))
    expect(moss.text('import', 's3/a.003.moss', '--root', 'other')).toContain('BUNDLE_WRONG_HOST')
    expect(namesIn('other/.moss/incoming')).toEqual([])
    expect(moss.text('import', 's3/a.003.moss', '--root', 'host')).toMatchInlineSnapshot(`
      "$ moss import s3/a.003.moss --root host
      | moss: error: a.moss is not whole yet: volume 3 of 3 is here; wanted next: a.moss, a.002.moss [VOLUME_WANTED]
      | moss: hint: nothing is lost: what these volumes hold is verified and kept; run moss import with the next one, from any medium, in any order
      [exit 15]"
    `)
    expect(moss.code('import', 's3/a.003.moss', '--root', 'host')).toBe('VOLUME_WANTED')
    expect(moss.well('apply', '--root', 'host').stdout).toContain('nothing to do')
    expect(moss.text('import', 's1/a.moss', '--root', 'host')).toMatch(
      /volumes 1 and 3 of 3 are here; wanted next: a\.002\.moss/,
    )
    // A plan needs no frames.
    expect(moss.well('plan', '--from', 's2/a.002.moss', '--root', 'host').stdout).toContain('harbour')
    const { bundles } = moss.json<{ bundles: readonly { isNew: boolean; files: number }[] }>(
      'import',
      's2/a.002.moss',
      '--root',
      'host',
    )
    expect(bundles).toMatchObject([{ isNew: true }])
    expect(moss.well('import', 's1/a.moss', '--root', 'host').stdout).toContain('was taken in before')
    moss.well('apply', '--root', 'host')
    expect(readFileSync(at('host/usr/share/chart')).equals(chart)).toBe(true)
    expect(namesIn('host/.moss/incoming')).toEqual([])
  })

  test('finds the volumes that lie beside the one that was named, in the one call', () => {
    const exported = moss.json<Exported>(
      'export',
      '--for',
      'other.moss-state',
      '--volume',
      '5M',
      '-o',
      'medium',
      ...home,
    )
    expect(exported.volumes).toHaveLength(3)
    const files = exported.volumes?.map(({ path }) => path) ?? []
    expect(files[0]).toBe(exported.path)
    expect(files[1]).toMatch(/\/medium\/moss\/bundles\/stable-1-[0-9a-f]{8}\.002\.moss$/)
    rmSync(files[2] ?? '')
    const again = ['export', '--for', 'other.moss-state', '--volume', '5M', '-o', 'medium', ...home]
    expect(moss.json<Exported>(...again).isNew).toBe(true)
    expect(moss.json<Exported>(...again).isNew).toBe(false)
    writeFileSync(files[2] ?? '', 'another')
    expect(moss.code(...again)).toBe('ALREADY_EXISTS')
    rmSync(files[2] ?? '')
    moss.json<Exported>(...again)
    moss.well('import', files[1] ?? '', '--root', 'other')
    const { bundles } = moss.json<{ bundles: readonly object[] }>('import', ...files, '--root', 'other')
    expect(bundles).toHaveLength(1)
    moss.well('apply', '--root', 'other')
    expect(readFileSync(at('other/usr/share/chart')).equals(chart)).toBe(true)
  })
})

test('what is sealed is cut too, each volume sealed for itself', () => {
  for (const folder of ['q1', 'q2', 'q3']) mkdirSync(at(folder))
  moss.well('init', '--trust', 'station/root.moss-root', '--name', 'quiet', '--root', 'quiet')
  moss.well('subscribe', 'harbour', '--root', 'quiet')
  moss.well('state', 'export', 'quiet.moss-state', '--root', 'quiet')
  moss.well('fleet', 'enroll', 'quiet.moss-state', ...home)
  const sealed = ['export', '--for', 'quiet.moss-state', '--seal', '--volume', '5M', '-o', 'q1', ...home]
  const { volumes = [], fileBytes } = moss.json<Exported>(...sealed)
  const files = volumes.map(({ path }) => path)
  expect(files.map((file) => file.replace(/.*-1-[0-9a-f]{8}/, ''))).toEqual([
    '.moss.age',
    '.002.moss.age',
    '.003.moss.age',
  ])
  const sizes = files.map((file) => statSync(file).size)
  expect(sizes.every((size) => size <= 5_000_000)).toBe(true)
  expect(volumes.map((volume) => volume.fileBytes)).toEqual(sizes)
  expect(fileBytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
  for (const file of files) expect(readFileSync(file, 'latin1')).toMatch(/^age-encryption\.org\/v1\n/)
  // The name on a medium is its own; one that somebody gave is not.
  expect(moss.json<Exported>(...sealed).volumes?.map(({ path }) => path)).toEqual(files)
  const named = ['export', '--for', 'quiet.moss-state', '--seal', '-o', 'named.moss', ...home]
  expect(moss.json<Exported>(...named).path).toBe(at('named.moss.age'))
  expect(moss.code(...named)).toBe('ALREADY_EXISTS')
  const tiny = moss.run([...sealed.slice(0, 4), '--volume', '1k', '-o', 'q2', ...home])
  const [, least = ''] = /say --volume (\d+) or more/.exec(tiny.stderr) ?? []
  expect(moss.code(...sealed.slice(0, 4), '--volume', `${Number(least) - 1}`, '-o', 'q2', ...home)).toBe(
    'VOLUME_TOO_SMALL',
  )
  moss.well(...sealed.slice(0, 4), '--volume', least, '-o', 'q2', ...home)
  rmSync(at('q2/moss'), { recursive: true })

  const [first = '', second = '', third = ''] = files
  expect(moss.code('import', second, '--root', 'other')).toBe('SEALED_FOR_OTHERS')
  const moved = (file: string, to: string): string => {
    const path = at(to, basename(file))
    renameSync(file, path)
    return path
  }
  const last = moved(third, 'q3')
  const wanted = moss.run(['import', moved(second, 'q2'), '--root', 'quiet'])
  expect(wanted.exit).toBe(15)
  expect(wanted.stderr).toContain(basename(first))
  expect(moss.run(['import', first, '--root', 'quiet']).stderr).toContain(basename(third))
  moss.well('import', last, '--root', 'quiet')
  // All in one folder: those beside the one that is named are found.
  for (const file of [at('q2', basename(second)), last])
    renameSync(file, at('q1/moss/bundles', basename(file)))
  expect(moss.well('import', second, '--root', 'quiet').stdout).toContain('was taken in before')
  moss.well('apply', '--root', 'quiet')
  expect(readFileSync(at('quiet/usr/share/chart')).equals(chart)).toBe(true)
  expect(namesIn('quiet/.moss/incoming')).toEqual([])
})

test('a damaged volume is told, and keeps neither those beside it out nor other bundles', () => {
  for (const folder of ['mine', 'again']) mkdirSync(at(folder))
  moss.well('init', '--trust', 'station/root.moss-root', '--name', 'last', '--root', 'last')
  moss.well('subscribe', 'harbour', '--root', 'last')
  moss.well('state', 'export', 'last.moss-state', '--root', 'last')
  moss.well('fleet', 'enroll', 'last.moss-state', ...home)
  moss.well('export', '--for', 'last.moss-state', '--volume', '5M', '-o', 'mine/b.moss', ...home)
  moss.well('export', '--for', 'last.moss-state', '-o', 'b.moss', ...home)
  copyFileSync(at('mine/b.moss'), at('again/b.moss'))
  const damaged = readFileSync(at('mine/b.moss'))
  damaged[damaged.length - 7] = (damaged[damaged.length - 7] ?? 0) ^ 1
  writeFileSync(at('mine/b.moss'), damaged)
  expect(moss.code('import', 'mine/b.moss', '--root', 'last')).toBe('CONTAINER_DAMAGED')
  // The second and the third were kept.
  expect(moss.well('import', 'again/b.moss', '--root', 'last').stdout).toContain('serial 1')
  const both = moss.run(['import', 'a.moss', 'b.moss', '--root', 'last'])
  expect(both.exit).toBe(12)
  expect(both.stderr).toContain('a.moss is not taken in')
  expect(both.stderr).toContain('1 other bundle taken in whole')
})
