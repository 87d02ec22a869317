// The inventory of a host, and what it gets, unreadable on the way: sealed for the station, sealed for the host.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, programIn, type Ran } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const home = ['--home', 'station'] as const
const host = ['--root', 'host'] as const
const well = (...args: readonly string[]): Ran => moss.well(...args)
const codeOf = (...args: readonly string[]): string | undefined => moss.code(...args)
const isAge = (file: string): boolean =>
  readFileSync(join(moss.folder, file), 'latin1').startsWith('age-encryption.org/v1\n')

beforeAll(() => {
  moss = programIn(scratchFolder())
  mkdirSync(join(moss.folder, 'harbour/usr/share'), { recursive: true })
  writeFileSync(join(moss.folder, 'harbour/usr/share/harbour'), 'a secret harbour')
  well('key', 'generate', '--no-passphrase', ...home)
  well('channel', 'create', 'stable', ...home)
  well('add', 'stable', 'harbour', '--name', 'harbour', '--version', '1', ...home)
  well('channel', 'publish', 'stable', ...home)
  for (const root of ['host', 'other']) {
    well('init', '--trust', 'station/root.moss-root', '--root', root)
    well('subscribe', 'harbour', '--root', root)
  }
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('a state that is sealed for the station is read by it alone', () => {
  const recipient = well('key', 'recipient', ...home).stdout.trim()
  expect(recipient).toMatch(/^age1[0-9a-z]{58}$/)
  expect(well('key', 'recipient', ...home).stdout.trim()).toBe(recipient)
  well('state', 'export', 'host.moss-state.age', '--seal-to', recipient, ...host)
  expect(isAge('host.moss-state.age')).toBe(true)
  for (const verb of ['inspect', 'verify'])
    expect(moss.run([verb, 'host.moss-state.age', '--root', 'host']).stderr).toMatch(
      /it is sealed .*age -d -i/s,
    )
  expect(codeOf('state', 'export', 'no', '--seal-to', 'age1no', ...host)).toBe('CLI_USAGE')
  well('fleet', 'enroll', 'host.moss-state.age', '-y', ...home)
  well('plan', '--for', 'host.moss-state.age', ...home)
  well('key', 'generate', '--no-passphrase', '--home', 'elsewhere')
  well('channel', 'create', 'stable', '--home', 'elsewhere')
  well('add', 'stable', 'harbour', '--name', 'harbour', '--version', '1', '--home', 'elsewhere')
  well('channel', 'publish', 'stable', '--home', 'elsewhere')
  expect(codeOf('plan', '--for', 'host.moss-state.age', '--home', 'elsewhere')).toBe('SEALED_FOR_OTHERS')
})

test('a bundle that is sealed for its host is taken in by it alone, and nothing is left behind', () => {
  const sealTo = (path: string) => ['export', '--for', 'host.moss-state.age', '--seal', '-o', path, ...home]
  expect(codeOf(...sealTo('nowhere/sealed.moss'))).toBeDefined()
  expect(() => readFileSync(join(moss.folder, 'station/spool/unsealed.moss'))).toThrow('ENOENT')
  well(...sealTo('sealed.moss.age'))
  expect(isAge('sealed.moss.age')).toBe(true)
  expect(codeOf('import', 'sealed.moss.age', '--root', 'other')).toBe('SEALED_FOR_OTHERS')
  const cut = readFileSync(join(moss.folder, 'sealed.moss.age')).subarray(0, -20)
  writeFileSync(join(moss.folder, 'cut.moss.age'), cut)
  expect(codeOf('import', 'cut.moss.age', ...host)).toBe('SEAL_DAMAGED')
  expect(() => readFileSync(join(moss.folder, 'host/.moss/incoming/unsealed'))).toThrow('ENOENT')
  well('import', 'sealed.moss.age', ...host)
  expect(() => readFileSync(join(moss.folder, 'host/.moss/incoming/unsealed'))).toThrow('ENOENT')
  expect(() => readFileSync(join(moss.folder, 'station/spool/unsealed.moss'))).toThrow('ENOENT')
  well('apply', ...host)
  expect(readFileSync(join(moss.folder, 'host/usr/share/harbour'), 'utf8')).toBe('a secret harbour')
})
