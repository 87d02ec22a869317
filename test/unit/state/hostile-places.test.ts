// Deliveries are made by root in folders of the machine. Where somebody else could put a link in the way meanwhile,
// nothing is made, changed or removed: root's hand would be led to any place.
import {
  chownSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { initRoot } from '../../../src/state/init.ts'
import {
  applySamples,
  freshRoot,
  type OpenRoot,
  sampleInit,
  samplePackage,
} from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const isRoot = process.getuid?.() === 0
let folder: string
let root: string
let opened: OpenRoot

beforeEach(() => {
  folder = scratchFolder()
  root = join(folder, 'root')
  opened = freshRoot(outside, root)
})
afterEach(() => {
  opened[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(root, path)
const seeded = (version: string) =>
  samplePackage('tool', version, {
    'usr/share/factory/var/lib/tool/seed': `seed ${version}`,
    'usr/share/factory/etc/tool.conf': version,
  })

test.runIf(isRoot).each<[string, () => void]>([
  ['belongs to another user', () => chownSync(at('var/lib/tool'), 1234, 1234)],
  ['can be written by a group', () => chmodSync(at('var/lib/tool'), 0o2775)],
  ['can be written by everybody', () => chmodSync(at('var/lib/tool'), 0o777)],
  ['lies below one that does', () => chownSync(at('var/lib'), 1234, 1234)],
])('nothing is delivered into a folder that %s', async (_, give) => {
  mkdirSync(at('var/lib/tool'), { recursive: true })
  give()
  await applySamples(opened, [seeded('1')])
  expect(readdirSync(at('var/lib/tool'))).toEqual([])
  expect(existsSync(at('etc/tool.conf'))).toBe(true)
})

test.runIf(isRoot)('what was delivered stays as it is once its folder is another user’s', async () => {
  await applySamples(opened, [seeded('1')], 1)
  const seed = at('var/lib/tool/seed')
  expect(lstatSync(seed).isFile()).toBe(true)
  chownSync(at('var/lib/tool'), 1234, 1234)
  await applySamples(opened, [seeded('2')], 2)
  await applySamples(opened, [samplePackage('tool', '3', { 'usr/bin/tool': '3' })], 3)
  expect(readdirSync(at('var/lib/tool'))).toEqual(['seed'])
  expect(existsSync(at('etc/tool.conf'))).toBe(false)
})

test.runIf(isRoot)('a sticky folder of root’s is safe enough', async () => {
  mkdirSync(at('var/lib/tool'), { recursive: true })
  chmodSync(at('var/lib/tool'), 0o1777)
  await applySamples(opened, [seeded('1')])
  expect(readdirSync(at('var/lib/tool'))).toEqual(['seed'])
})

test('a factory that a link leads to is no factory', async () => {
  const elsewhere = join(folder, 'elsewhere')
  mkdirSync(join(elsewhere, 'etc'), { recursive: true })
  writeFileSync(join(elsewhere, 'etc/planted'), 'by somebody')
  await applySamples(opened, [samplePackage('tool', '1', { 'usr/share/factory': { target: elsewhere } })])
  expect(existsSync(at('etc/planted'))).toBe(false)
})

test('init makes a folder that is there already its own, or refuses it', () => {
  const other = join(folder, 'other')
  mkdirSync(join(other, '.moss'), { recursive: true })
  chmodSync(join(other, '.moss'), 0o777)
  initRoot(outside, other, sampleInit)
  expect(lstatSync(join(other, '.moss')).mode & 0o7777).toBe(0o700)
})

test.runIf(isRoot)('init refuses a folder of its own that belongs to another user', () => {
  const other = join(folder, 'other')
  mkdirSync(join(other, '.moss'), { recursive: true })
  chownSync(join(other, '.moss'), 1234, 1234)
  expect(() => initRoot(outside, other, sampleInit)).toThrow(
    expect.objectContaining({ code: 'HOST_UNSUPPORTED' }),
  )
})
