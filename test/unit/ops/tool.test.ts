import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isMossError } from '../../../src/base/error.ts'
import type { Outside } from '../../../src/host/outside.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { generateKey } from '../../../src/ops/keys.ts'
import { executeTool, planTool } from '../../../src/ops/tool.ts'
import { scratchFolder } from '../../support/scratch.ts'

let place: string
let outside: Outside
let medium: string
let home: string
const noPassphrase = () => Promise.resolve(undefined)
const sumOf = (text: string): string => hash('sha256', text, 'hex')

beforeEach(() => {
  place = scratchFolder()
  medium = join(place, 'medium')
  home = join(place, 'station')
  mkdirSync(medium)
  mkdirSync(join(place, 'tool/lib'), { recursive: true })
  outside = linuxOutside({ folder: join(place, 'tool') })
  writeFileSync(join(place, 'tool/moss'), 'program')
  writeFileSync(join(place, 'tool/lib/node'), 'runtime')
  describeTool([`${sumOf('runtime')}  lib/node`, `${sumOf('program')}  moss`])
})
afterEach(() => rmSync(place, { recursive: true }))

function describeTool(lines: readonly string[]): void {
  const sums = lines.map((line) => `${line}\n`).join('')
  writeFileSync(join(place, 'tool/SHA256SUMS'), sums)
  writeFileSync(join(place, 'tool/TOOL'), `moss-tool 1\nmoss-linux-x64 0.1.0\n${sumOf(sums)}  SHA256SUMS\n`)
}

function refusal(): string {
  try {
    planTool(outside, { medium })
  } catch (error) {
    if (isMossError(error, 'TOOL_ABSENT')) return error.details.problem
    throw error
  }
  return 'none'
}

const leave = () =>
  executeTool(outside, { plan: planTool(outside, { medium }), home, ask: noPassphrase }, () => {})

test('what SHA256SUMS lists lies on the medium afterwards, and nothing else', async () => {
  writeFileSync(join(place, 'tool/cache'), 'of this machine')
  expect(await leave()).toMatchObject({ name: 'moss-linux-x64', isNew: true })
  const there = readdirSync(join(medium, 'moss/bin/moss-linux-x64'), {
    recursive: true,
    encoding: 'utf8',
  })
  expect(new Set(there)).toEqual(new Set(['SHA256SUMS', 'TOOL', 'lib', 'lib/node', 'moss']))
  expect(await leave()).toMatchObject({ isNew: false })
})

test('a file that is not what the package says is not left there', async () => {
  writeFileSync(join(place, 'tool/moss'), 'another')
  await expect(leave()).rejects.toThrow('it is another file than its package says')
  expect(existsSync(join(medium, 'moss/bin/moss-linux-x64/moss'))).toBe(false)
  expect(readdirSync(join(medium, 'moss/bin/moss-linux-x64'))).not.toContain('moss.part')
})

test.each(['../secret', '/etc/shadow', 'lib/../../secret', './moss', '.hidden', 'lib//node', 'a\\b', ''])(
  'a path that leads out of the package is refused: %s',
  (path) => {
    describeTool([`${sumOf('runtime')}  ${path}`])
    expect(refusal()).toMatch(/names|cannot be read/)
  },
)

test('sums that TOOL does not name are refused, and so is a program without them', () => {
  writeFileSync(join(place, 'tool/SHA256SUMS'), `${sumOf('program')}  moss\n`)
  expect(refusal()).toBe('its SHA256SUMS is not the one that TOOL names')
  rmSync(join(place, 'tool/moss'))
  describeTool([`${sumOf('program')}  moss`])
  expect(refusal()).toBe('its file moss is missing')
  rmSync(join(place, 'tool/TOOL'))
  expect(refusal()).toBe('it is not packaged: there is no TOOL beside it')
})

test('it is signed where the station has a key, and an old signature does not stay where it has none', async () => {
  await generateKey(outside, { home, name: 'release', passphrase: undefined })
  const { signedBy } = await leave()
  const signature = join(medium, 'moss/bin/moss-linux-x64/TOOL.minisig')
  expect(readFileSync(join(home, 'keys/release.pub'), 'utf8')).toContain(signedBy)
  expect(existsSync(signature)).toBe(true)
  rmSync(join(home, 'keys'), { recursive: true })
  expect((await leave()).signedBy).toBe(undefined)
  expect(existsSync(signature)).toBe(false)
})
