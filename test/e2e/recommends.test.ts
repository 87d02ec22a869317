// What packages recommend, through the whole loop: it comes where the model follows it, says why it is there, and goes again.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, programIn } from '../support/program.ts'
import { initPump, sendState } from '../support/pump.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
let trips = 0
const atHost = ['--root', 'pump'] as const
const atStation = ['--home', 'station'] as const

function folderOf(name: string, relations = ''): string {
  mkdirSync(join(moss.folder, name, 'usr/bin'), { recursive: true })
  writeFileSync(join(moss.folder, name, 'usr/bin', name), name)
  writeFileSync(
    join(moss.folder, name, 'moss-package.toml'),
    `name = "${name}"\nversion = "1"\nscheme = "moss"\n${relations}\n`,
  )
  return name
}

function policy(recommends: string): void {
  const path = join(moss.folder, 'pump/etc/moss/model.toml')
  const text = readFileSync(path, 'utf8').replace(/^recommends.*\n/m, '')
  writeFileSync(path, text.replace(/^channel/m, `recommends = ${recommends}\nchannel`))
}

function carry(): string {
  const [state, bundle] = [`${++trips}.moss-state`, `${trips}.moss`]
  sendState(moss, state)
  const plan = moss.text('plan', '--for', state, ...atStation)
  moss.json('export', '--for', state, '-o', bundle, ...atStation)
  moss.well('import', bundle, ...atHost)
  moss.well('apply', ...atHost)
  return plan
}

const installed = (): readonly string[] =>
  moss.json<{ packages: { name: string }[] }>('list', ...atHost).packages.map(({ name }) => name)

beforeAll(() => {
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  const folders = [
    folderOf('gauge', 'recommends = ["chart | sketch", "nosuch", "rival"]\nconflicts = ["rival"]'),
    folderOf('chart', 'requires = ["paper"]'),
    folderOf('sketch'),
    folderOf('paper'),
    folderOf('rival'),
  ]
  moss.json('add', 'stable', ...folders, ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', '1767225600', ...atStation)
  initPump(moss, '--channel', 'stable')
  moss.json('subscribe', 'gauge', ...atHost)
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('the policy is ignore, unless the model says follow', () => {
  carry()
  expect(installed()).toEqual(['gauge'])
})

test('what is followed is planned with its reason, comes with what it needs, and what cannot be is passed over', () => {
  policy('"follow"')
  expect(carry()).toMatchInlineSnapshot(`
    "$ moss plan --for 2.moss-state --home station
    plan     channel stable, serial 1, for 1 host
    content  <size> wanted, <size> already there, <size> to carry before compression
    estimate a bundle of about <size>: deltas <size>, whole <size>, metadata <size>
    parts    2 chunks, 2 file contents, 2 manifests
      pump  <id>  1 → 1  2 packages change  <size> of <size>
      +  chart  1  gauge recommends name(chart)
      +  paper  1  chart requires name(paper)
    [exit 0]"
  `)
  expect(installed()).toEqual(['chart', 'gauge', 'paper'])
  expect(moss.text('why', 'paper', ...atHost)).toMatchInlineSnapshot(`
    "$ moss why paper --root pump
    paper 1 is here because chart requires name(paper)
    chart 1 is here because gauge recommends name(chart)
    gauge 1 is here because the model asks for name(gauge)
    [exit 0]"
  `)
  expect(moss.text('info', 'gauge', ...atHost)).toMatch(/recommends name\(chart\) \| name\(sketch\)/)
})

test('without the policy it goes', () => {
  policy('"ignore"')
  carry()
  expect(installed()).toEqual(['gauge'])
  policy('"perhaps"')
  expect(moss.code('state', 'export', 'x', ...atHost)).toBe('MODEL_INVALID')
})
