// A package whose file lies on the station already, damaged: adding or making it again puts the signed bytes there.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, programIn } from '../support/program.ts'
import { writeSample } from '../support/sample.ts'
import { scratchFolder } from '../support/scratch.ts'

interface Added {
  readonly added: readonly { readonly file: string; readonly isNew: boolean; readonly isMended: boolean }[]
}

let moss: Program
let good: Buffer
const home = ['--home', 'station'] as const
const packages = (): string => join(moss.folder, 'station/channels/stable/packages')
const theFile = (): string => join(packages(), readdirSync(packages())[0] ?? '')

beforeAll(() => {
  moss = programIn(scratchFolder())
  writeSample(join(moss.folder, 'first'), 'first')
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...home)
  moss.json('channel', 'create', 'stable', ...home)
  moss.json('add', 'stable', 'first/tide', ...home)
  good = readFileSync(theFile())
  writeFileSync(join(moss.folder, 'tide.moss'), good)
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

/** The share of the file that lies before the byte that is another: the prelude, the head, the frames, their end. */
const places = [0.0001, 0.02, 0.5, 0.9999]

function damaged(place: number): Buffer {
  const bytes = Buffer.from(good)
  const at = Math.floor(place * bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}

const all = (): readonly Buffer[] => [
  ...places.map(damaged),
  good.subarray(0, good.length - 1),
  Buffer.alloc(0),
]

test.each(['first/tide', 'tide.moss'])('adding %s again mends what is damaged, and says so', (source) => {
  for (const bytes of all()) {
    writeFileSync(theFile(), bytes)
    const { added } = moss.json<Added>('add', 'stable', source, ...home)
    expect(added).toMatchObject([{ isNew: false, isMended: true }])
    expect(readFileSync(theFile()).equals(good)).toBe(true)
    expect(readdirSync(packages())).toHaveLength(1)
  }
  writeFileSync(theFile(), damaged(0.5))
  expect(moss.text('add', 'stable', source, ...home)).toMatch(/^damaged, now mended {2}tide 1.0/m)
  expect(moss.text('add', 'stable', source, ...home)).toMatch(/^already there {2}tide 1.0/m)
})

test('its signature is remembered once, also by the next process, and again where that was lost', () => {
  const genuine = join(moss.folder, 'station/genuine')
  const again = (): Buffer => {
    moss.json('add', 'stable', 'tide.moss', ...home)
    return readFileSync(genuine)
  }
  const remembered = again()
  expect(remembered).toHaveLength(32)
  expect(again()).toEqual(remembered)
  rmSync(genuine)
  expect(again()).toEqual(remembered)
})

test('a damaged one under a name of its own is mended there', () => {
  const own = join(packages(), 'mine.moss')
  renameSync(theFile(), own)
  writeFileSync(own, damaged(0.9))
  const { added } = moss.json<Added>('add', 'stable', 'tide.moss', ...home)
  expect(added).toMatchObject([{ isMended: true, file: own }])
  expect(readFileSync(own).equals(good)).toBe(true)
  expect(moss.json<Added>('add', 'stable', 'tide.moss', ...home).added).toMatchObject([{ isMended: false }])
  expect(readdirSync(packages())).toEqual(['mine.moss'])
})

test('one that is damaged itself is not taken in, and mends nothing', () => {
  writeFileSync(join(moss.folder, 'bad.moss'), damaged(0.9))
  expect(moss.code('add', 'stable', 'bad.moss', ...home)).toBe('CONTAINER_DAMAGED')
  expect(readFileSync(theFile()).equals(good)).toBe(true)
  rmSync(theFile())
  expect(moss.code('add', 'stable', 'bad.moss', ...home)).toBe('CONTAINER_DAMAGED')
  expect(readdirSync(packages())).toEqual([])
})

/** Replaces the only packager's key by another. */
function replaceKey(home: string, to: string): void {
  const at = ['--home', home] as const
  moss.json('key', 'generate', to, '--no-passphrase', ...at)
  const draft = `${home}-next`
  moss.json('root', 'new', '--add', `packager=${to}`, '--remove', 'packager=sample', draft, ...at)
  moss.json('root', 'sign', draft, ...at)
  moss.json('root', 'accept', draft, ...at)
}

const recipe = `name = "small"
version = "1"
date = 2026-01-01
summary = "A test"
licence = "CC0-1.0"
[[file]]
to = "usr/share/small"
text = "small"
`

test.each(['pack', 'build'])(
  '%s leaves what was made before its key was replaced, and what others made',
  (verb) => {
    writeFileSync(join(moss.folder, 'small.toml'), recipe)
    for (const home of ['mine', 'theirs']) {
      for (const name of [home, `${home}-next`])
        rmSync(join(moss.folder, name), { recursive: true, force: true })
      moss.json('key', 'generate', 'sample', '--no-passphrase', '--home', home)
    }
    const out = `out-${verb}`
    const args = [verb, verb === 'pack' ? 'first/tide' : 'small.toml', '-o', out] as const
    const made = (home: string) => {
      const done = moss.json<{ made?: readonly object[] }>(...args, '--home', home)
      return done.made?.[0] ?? done
    }
    expect(made('mine')).toMatchObject({ isNew: true, isMended: false })
    const file = join(moss.folder, out, readdirSync(join(moss.folder, out))[0] ?? '')
    const before = readFileSync(file)
    replaceKey('mine', 'second')
    expect(made('mine')).toMatchObject({ isNew: false, isMended: false })
    expect(readFileSync(file).equals(before)).toBe(true)
    const { exit, stderr } = moss.run([...args, '--home', 'theirs'])
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining('[PACKAGE_OF_OTHERS]') })
    expect(stderr).toContain(file)
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(readdirSync(join(moss.folder, out))).toHaveLength(1)
    // Damaged, it is mended with the key of now.
    writeFileSync(file, before.subarray(0, before.length - 1))
    expect(made('mine')).toMatchObject({ isNew: false, isMended: true })
    expect(readFileSync(file).equals(before)).toBe(false)
  },
)

test('pack makes a damaged one again, too', () => {
  moss.json('pack', 'first/tide', '-o', 'out', ...home)
  const file = join(moss.folder, 'out', readdirSync(join(moss.folder, 'out'))[0] ?? '')
  const made = readFileSync(file)
  writeFileSync(file, made.subarray(0, made.length - 9))
  expect(moss.json('pack', 'first/tide', '-o', 'out', ...home)).toMatchObject({
    isNew: false,
    isMended: true,
  })
  expect(readFileSync(file).equals(made)).toBe(true)
  expect(moss.json('pack', 'first/tide', '-o', 'out', ...home)).toMatchObject({ isMended: false })
})
