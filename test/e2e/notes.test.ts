// What travels with a bundle for people: a word of whoever made it, signed with it, and the changelogs of its packages. Both
// are shown before anything is applied, and decide nothing.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApplyPlan } from '../../src/ops/changes.ts'
import { noise } from '../support/containers.ts'
import { type Program, programIn } from '../support/program.ts'
import { initPump, sendState } from '../support/pump.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
let trips = 0
const atHost = ['--root', 'pump'] as const
const atStation = ['--home', 'station'] as const

const entry = (version: string, ...lines: readonly string[]): string =>
  [
    `tool (${version}) stable; urgency=medium`,
    '',
    ...lines.map((line) => `  * ${line}`),
    '',
    ' -- A Packager <a@b.example>  Mon, 05 Jan 2026 12:00:00 +0000',
    '',
  ].join('\n')

/** With this at `usr/share/doc/tool/changelog.Debian.gz`. */
function offer(version: string, changelog: Uint8Array): void {
  const folder = join(moss.folder, `tool-${version}`)
  mkdirSync(join(folder, 'usr/share/doc/tool'), { recursive: true })
  writeFileSync(join(folder, 'usr/share/tool'), version)
  writeFileSync(join(folder, 'usr/share/doc/tool/changelog.Debian.gz'), changelog)
  moss.json('add', 'stable', folder, '--name', 'tool', '--version', version, ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', '1767225600', ...atStation)
}

/** The file of a bundle that is taken in, and not applied. */
function carry(...how: readonly string[]): string {
  const [state, bundle] = [`${++trips}.moss-state`, `${trips}.moss`]
  sendState(moss, state)
  moss.json('export', '--for', state, '-o', bundle, ...how, ...atStation)
  moss.json('import', bundle, ...atHost)
  return bundle
}

const plan = (...how: readonly string[]): ApplyPlan => moss.json('plan', ...how, ...atHost)
const changelogs = () => plan('--changelog').changelogs

beforeAll(() => {
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  initPump(moss)
  moss.json('subscribe', 'tool', ...atHost)
  offer('1', gzipSync(entry('1', 'the first')))
  carry()
  moss.json('apply', ...atHost)
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('a note is signed with its bundle, and shown by whoever looks at it and before it is applied', () => {
  offer('2', gzipSync(entry('2', 'sharper', 'lighter') + entry('1', 'the first')))
  const bundle = carry('--note', 'approved by the harbour master')
  const shown = moss.run(['plan', ...atHost]).stdout
  expect(shown).toMatch(/^note +“approved by the harbour master”$/m)
  expect(moss.run(['inspect', bundle]).stdout).toContain('“approved by the harbour master')
  expect(plan('--from', bundle).note).toContain('approved')
  // Another note is another bundle; none is none.
  const plain = carry()
  expect(plan('--from', plain).note).toBeUndefined()
  expect(readFileSync(join(moss.folder, plain)).length).toBeLessThan(
    readFileSync(join(moss.folder, bundle)).length,
  )
  expect(moss.code('export', '--for', '1.moss-state', '--note', 'x'.repeat(1001), ...atStation)).toBe(
    'CLI_USAGE',
  )
  for (const note of ['', '  ', 'two\nlines', 'red \u001b[31m', 'not \ufffd text'])
    expect(moss.code('export', '--for', '1.moss-state', '--note', note, ...atStation)).toBe('CLI_USAGE')
})

test('a plan tells what the package says of the versions between, where it is asked to', () => {
  expect(plan().changelogs).toBeUndefined()
  expect(changelogs()).toMatchObject([
    { package: 'tool', lines: entry('2', 'sharper', 'lighter').trimEnd().split('\n') },
  ])
  expect(moss.run(['plan', '--changelog', ...atHost]).stdout).toContain('tool:\n  tool (2) stable')
})

test('a long one is cut, and one that is no changelog is left out', () => {
  const many = Array.from({ length: 60 }, (_, n) => `thing ${n}`)
  offer('3', gzipSync(entry('3', ...many)))
  carry()
  expect(changelogs()?.[0]?.lines.length).toBe(41)
  offer('4', gzipSync(Buffer.from('once upon a time\n'.repeat(10))))
  carry()
  expect(changelogs()).toEqual([])
  offer('5', noise(5000, 1))
  carry()
  expect(changelogs()).toEqual([])
  // A hundred megabytes of nothing.
  offer('6', gzipSync(Buffer.alloc(100_000_000)))
  carry()
  expect(changelogs()).toEqual([])
  expect(moss.run(['plan', '--changelog', ...atHost]).stdout).toContain(
    'no package that changes has a changelog here',
  )
})

test('a large one is read at its beginning', () => {
  const old = Array.from({ length: 3000 }, (_, n) => entry(`0.${3000 - n}`, noise(40, n).toHex())).join('')
  offer('7', gzipSync(entry('7', 'the last of many') + old))
  carry()
  expect(changelogs()?.[0]?.lines[2]).toBe('  * the last of many')
  moss.json('apply', ...atHost)
  expect(moss.json<{ packages: { version: string }[] }>('list', ...atHost).packages[0]?.version).toBe('7')
})
