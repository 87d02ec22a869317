// The whole transaction on a real disk: init, stage, publish, deliveries, rollback, recovery, triggers.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'

import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silent } from '../../../src/base/progress.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { initRoot } from '../../../src/state/init.ts'
import { isInitialised } from '../../../src/state/root-format.ts'
import { assetModifiedMs } from '../../../src/store/asset.ts'
import type { Verdict } from '../../../src/state/health-rule.ts'
import {
  applySamples,
  freshRoot,
  importSamples,
  type OpenRoot,
  openRoot,
  sampleCounters,
  sampleDate,
  sampleInit,
  samplePackage,
  sampleRequest,
} from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
let folder: string
let root: string

beforeEach(() => {
  folder = scratchFolder()
  root = join(folder, 'root')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (path: string): string => join(root, path)
const textOf = (path: string): string => readFileSync(at(path), 'utf8')

const tool = (version: string) =>
  samplePackage('tool', version, {
    'usr/bin/tool': { text: `tool ${version}`, mode: 0o755 },
    'usr/bin/t': { target: 'tool' },
    'usr/bin/su': { text: 'su', mode: 0o4755 },
    'usr/share/tool/empty': '',
    'usr/share/tool/also-empty': '',
    'usr/share/tool/same': 'shared text',
    'usr/share/factory/etc/tool/tool.conf': `conf ${version}`,
    'usr/share/factory/etc/tool/fixed.conf': 'always the same',
    'usr/share/factory/etc/tool/link': { target: version },
    'usr/share/factory/var/lib/tool': { folder: 0o750 },
  })

describe('init', () => {
  test('makes the links, the folders and state 0, and nothing below usr but the record', () => {
    using opened = freshRoot(outside, root)
    expect(readlinkSync(at('bin'))).toBe('usr/bin')
    expect(readlinkSync(at('lib64'))).toBe('usr/lib64')
    expect(readlinkSync(at('etc/ld.so.cache'))).toBe('../usr/lib/ld.so.cache')
    expect(lstatSync(at('tmp')).mode & 0o7777).toBe(0o1777)
    expect(lstatSync(at('.moss')).mode & 0o7777).toBe(0o700)
    expect(opened.states.current()).toMatchObject({ number: 0, packages: [], created: sampleDate })
    expect(opened.states.counters()).toEqual(sampleCounters(0))
    expect(textOf('etc/moss/model.toml')).toBe(sampleInit.model)
    expect(lstatSync(at('usr')).mtimeMs).toBe(sampleDate * 1000)
  })

  test('waits for nobody who makes the same root at the same time', () => {
    mkdirSync(at('.moss'), { recursive: true, mode: 0o700 })
    {
      using _other = outside.disk.lock(at('.moss/lock'))
      expect(() => initRoot(outside, root, sampleInit)).toThrow(
        expect.objectContaining({ code: 'STATE_LOCKED' }),
      )
      expect(readdirSync(at('.moss'))).toEqual(['lock'])
    }
    initRoot(outside, root, sampleInit)
    expect(isInitialised(outside.disk, root)).toBe(true)
  })

  test('refuses a root that is managed, or that has a usr of its own', () => {
    freshRoot(outside, root)[Symbol.dispose]()
    expect(() => initRoot(outside, root, sampleInit)).toThrow(
      expect.objectContaining({ code: 'ALREADY_EXISTS' }),
    )
    const other = join(folder, 'other')
    execFileSync('mkdir', ['-p', join(other, 'usr/bin')])
    expect(() => initRoot(outside, other, sampleInit)).toThrow(
      expect.objectContaining({ code: 'HOST_UNSUPPORTED' }),
    )
    expect(isInitialised(outside.disk, other)).toBe(false)
    expect(existsSync(join(other, '.moss'))).toBe(false)
  })
})

describe('apply', () => {
  test('the tree has what the packages say, as links of the store, with one fixed date', async () => {
    using opened = freshRoot(outside, root)
    expect(await applySamples(opened, [tool('1')])).toBe(1)
    expect(textOf('usr/bin/tool')).toBe('tool 1')
    expect(readlinkSync(at('usr/bin/t'))).toBe('tool')
    expect(lstatSync(at('usr/bin/su')).mode & 0o7777).toBe(0o4755)
    expect(lstatSync(at('usr/bin/tool')).mtimeMs).toBe(assetModifiedMs)
    expect(lstatSync(at('usr')).mtimeMs).toBe((sampleDate + 1) * 1000)
    expect(lstatSync(at('usr/share/tool/empty')).nlink).toBe(1)
    expect(opened.states.current()).toMatchObject({ number: 1, channel: { serial: 1 } })
    expect(opened.states.counters()).toEqual(sampleCounters(1))
    expect(opened.states.manifests(1).map(({ name, version }) => `${name} ${version}`)).toEqual(['tool 1'])
    expect(opened.states.list().map(({ record, isCurrent }) => [record.number, isCurrent])).toEqual([
      [0, false],
      [1, true],
    ])
    expect(existsSync(at('.moss/staging/1'))).toBe(false)
  })

  test('the same request gives the same tree on another root', async () => {
    using opened = freshRoot(outside, root)
    await applySamples(opened, [tool('1')])
    using other = freshRoot(outside, join(folder, 'other'))
    await applySamples(other, [tool('1')])
    expect(await other.states.digest()).toBe(await opened.states.digest())
  })

  test('a content that the store lacks is named, and nothing changes', async () => {
    using opened = freshRoot(outside, root)
    const before = await opened.states.digest()
    await expect(opened.states.stage(sampleRequest([tool('1')]), silent)).rejects.toMatchObject({
      code: 'CONTENT_MISSING',
    })
    expect(await opened.states.digest()).toBe(before)
    expect(await applySamples(opened, [tool('1')])).toBe(1)
  })

  test('a package that puts a link where moss needs a folder is refused', async () => {
    using opened = freshRoot(outside, root)
    const bad = samplePackage('bad', '1', { 'usr/lib': { target: 'elsewhere' } })
    await expect(opened.states.stage(sampleRequest([bad]), silent)).rejects.toMatchObject({
      code: 'LAYOUT_CONFLICT',
    })
    expect(opened.states.isInterrupted()).toBe(false)
  })

  test('a body that is stored under other attributes is copied on this machine', async () => {
    using opened = freshRoot(outside, root)
    await importSamples(opened.store, [tool('1')])
    const other = samplePackage('other', '1', { 'usr/bin/other': { text: 'shared text', mode: 0o755 } })
    const staged = await opened.states.stage(sampleRequest([tool('1'), other]), silent)
    await opened.states.publish(staged, {}, silent)
    expect(lstatSync(at('usr/bin/other')).mode & 0o7777).toBe(0o755)
    expect(lstatSync(at('usr/share/tool/same')).mode & 0o7777).toBe(0o644)
  })
})

describe('rollback', () => {
  let opened: OpenRoot
  let verdict: Verdict
  beforeEach(async () => {
    verdict = { kind: 'passed' }
    opened = freshRoot(outside, root, async () => verdict)
    await applySamples(opened, [tool('1')], 1)
    await applySamples(opened, [tool('2')], 2)
  })
  afterEach(() => opened[Symbol.dispose]())

  test('publishes a kept state as it was, keeps the counters and the machine’s model', async () => {
    writeFileSync(at('etc/moss/model.toml'), 'the operator’s')
    const first = await opened.states.digest(1)
    const published = await opened.states.publishKept(1, { withModel: false }, silent)
    expect(published).toMatchObject({ from: 2, record: { number: 1 } })
    expect(textOf('usr/bin/tool')).toBe('tool 1')
    expect(await opened.states.digest()).toBe(first)
    expect(opened.states.counters()).toEqual(sampleCounters(2))
    expect(textOf('etc/moss/model.toml')).toBe('the operator’s')
    expect(opened.states.list().map(({ record }) => record.number)).toEqual([0, 1, 2])
  })

  test('restores the state’s own model if asked, also when it is current already', async () => {
    await opened.states.publishKept(1, { withModel: true }, silent)
    expect(textOf('etc/moss/model.toml')).toContain('# 1')
    writeFileSync(at('etc/moss/model.toml'), 'edited')
    const again = await opened.states.publishKept(1, { withModel: true }, silent)
    expect(again).toMatchObject({ from: 1, pruned: [] })
    expect(textOf('etc/moss/model.toml')).toContain('# 1')
  })

  test('a number is never given twice', async () => {
    await opened.states.publishKept(1, { withModel: false }, silent)
    opened.states.prune([2 as never], silent)
    expect(await applySamples(opened, [tool('3')], 3)).toBe(3)
  })

  test('a state that is not kept is not found', async () => {
    await expect(opened.states.publishKept(7, { withModel: false }, silent)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('the three newest, the current, the pinned and the last confirmed state are kept', async () => {
    opened.states.setPinned(0, true)
    verdict = { kind: 'unknown', why: 'nobody looked' }
    for (const serial of [3, 4, 5]) await applySamples(opened, [tool(String(serial))], serial)
    expect(opened.states.list().map(({ record }) => record.number)).toEqual([0, 2, 3, 4, 5])
    opened.states.setPinned(0, false)
    verdict = { kind: 'passed' }
    expect(await opened.states.settleHealth('up', silent)).toEqual({ kind: 'confirmed' })
    expect(opened.states.prunable()).toEqual([0, 2])
  })

  test.runIf(process.getuid?.() === 0)('an ordinary user reaches no setuid file of a kept one', () => {
    chmodSync(folder, 0o755)
    chmodSync(root, 0o755)
    const asNobody = (...command: readonly [string, ...string[]]) =>
      spawnSync(command[0], command.slice(1), { uid: 65_534, gid: 65_534, encoding: 'utf8' })
    const kept = '.moss/states/1/usr/bin/su'
    expect(lstatSync(at(kept)).mode & 0o7777).toBe(0o4755)
    expect(asNobody('cat', at('usr/bin/tool')).stdout).toBe('tool 2')
    for (const program of ['cat', 'ls', 'sh'])
      expect(asNobody(program, at(kept)).stderr).toMatch(/Permission denied|cannot open/i)
  })

  test('where room is short the current one and one to go back to', async () => {
    for (const serial of [3, 4]) await applySamples(opened, [tool(String(serial))], serial)
    expect(opened.states.prunable()).toEqual([])
    const { bytes } = opened.store.totals()
    const withRoom = (free: number) =>
      openRoot({ ...outside, disk: { ...outside.disk, freeBytes: () => free } }, root)
    using roomy = withRoom(Math.ceil(bytes / 4))
    expect(roomy.states.prunable()).toEqual([])
    using short = withRoom(Math.floor(bytes / 4) - 1)
    expect(short.states.prunable()).toEqual([2])
  })
})

describe('deliveries', () => {
  let opened: OpenRoot
  beforeEach(async () => {
    opened = freshRoot(outside, root)
    await applySamples(opened, [tool('1')], 1)
  })
  afterEach(() => opened[Symbol.dispose]())

  test('what is missing is copied, with its mode, sharing nothing with the tree', () => {
    expect(textOf('etc/tool/tool.conf')).toBe('conf 1')
    expect(readlinkSync(at('etc/tool/link'))).toBe('1')
    expect(lstatSync(at('var/lib/tool')).mode & 0o7777).toBe(0o750)
    expect(lstatSync(at('etc/tool/tool.conf')).ino).not.toBe(
      lstatSync(at('usr/share/factory/etc/tool/tool.conf')).ino,
    )
  })

  test('an unmodified copy follows its package and a rollback', async () => {
    await applySamples(opened, [tool('2')], 2)
    expect([textOf('etc/tool/tool.conf'), readlinkSync(at('etc/tool/link'))]).toEqual(['conf 2', '2'])
    const { deliveries } = await opened.states.publishKept(1, { withModel: false }, silent)
    expect([textOf('etc/tool/tool.conf'), readlinkSync(at('etc/tool/link'))]).toEqual(['conf 1', '1'])
    expect(deliveries.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'replace etc/tool/link',
      'replace etc/tool/tool.conf',
    ])
  })

  test('a modified copy stays, a deleted one stays deleted', async () => {
    writeFileSync(at('etc/tool/tool.conf'), 'mine')
    rmSync(at('etc/tool/link'))
    chmodSync(at('etc/tool/fixed.conf'), 0o600)
    await applySamples(opened, [tool('2')], 2)
    expect(textOf('etc/tool/tool.conf')).toBe('mine')
    expect(existsSync(at('etc/tool/link'))).toBe(false)
    expect(lstatSync(at('etc/tool/fixed.conf')).mode & 0o7777).toBe(0o600)
  })

  test('what the machine had before stays, also when it has the same bytes', async () => {
    writeFileSync(at('etc/own.conf'), 'default')
    const one = samplePackage('one', '1', { 'usr/share/factory/etc/own.conf': 'default' })
    const two = samplePackage('one', '2', { 'usr/share/factory/etc/own.conf': 'newer' })
    await applySamples(opened, [one], 2)
    await applySamples(opened, [two], 3)
    expect(textOf('etc/own.conf')).toBe('default')
  })

  test('an unmodified copy goes with its package, a modified one stays', async () => {
    writeFileSync(at('etc/tool/tool.conf'), 'mine')
    await applySamples(opened, [], 2)
    expect(existsSync(at('etc/tool/fixed.conf'))).toBe(false)
    expect(existsSync(at('var/lib/tool'))).toBe(false)
    expect(textOf('etc/tool/tool.conf')).toBe('mine')
    await applySamples(opened, [tool('3')], 3)
    expect(textOf('etc/tool/fixed.conf')).toBe('always the same')
    expect(textOf('etc/tool/tool.conf')).toBe('mine')
  })

  test('T6: nothing is delivered through a link that the machine placed', async () => {
    const elsewhere = join(folder, 'elsewhere')
    execFileSync('mkdir', [elsewhere])
    symlinkSync(elsewhere, at('etc/out'))
    const bad = samplePackage('bad', '1', { 'usr/share/factory/etc/out/file': 'escaped' })
    await applySamples(opened, [bad], 2)
    expect(existsSync(join(elsewhere, 'file'))).toBe(false)
  })
})

describe('recovery', () => {
  test('a state that was staged and never published is discarded, and its number is used again', async () => {
    using opened = freshRoot(outside, root)
    await importSamples(opened.store, [tool('1')])
    await opened.states.stage(sampleRequest([tool('1')]), silent)
    expect(opened.states.isInterrupted()).toBe(true)
    using again = openRoot(outside, root)
    expect(await again.states.recover(silent)).toEqual({ kind: 'discarded', state: 0, attempted: 1 })
    expect(await again.states.recover(silent)).toEqual({ kind: 'nothing' })
    expect(existsSync(at('.moss/states/1'))).toBe(false)
    expect(await applySamples(again, [tool('1')])).toBe(1)
  })

  test('after the exchange the transaction is finished', async () => {
    using opened = freshRoot(outside, root)
    await importSamples(opened.store, [tool('1')])
    await opened.states.stage(sampleRequest([tool('1')]), silent)
    outside.disk.rename(at('usr'), at('.moss/states/1/usr'), 'exchange')
    expect(await opened.states.recover(silent)).toMatchObject({ kind: 'finished', state: 1 })
    expect(opened.states.list().map(({ record }) => record.number)).toEqual([0, 1])
    expect(textOf('etc/tool/tool.conf')).toBe('conf 1')
  })

  test('a usr that is neither state is not touched', async () => {
    using opened = freshRoot(outside, root)
    await applySamples(opened, [tool('1')], 1)
    await importSamples(opened.store, [tool('2')])
    await opened.states.stage(sampleRequest([tool('2')], 2), silent)
    outside.disk.rename(at('usr'), at('.moss/states/0/usr'), 'exchange')
    await expect(opened.states.recover(silent)).rejects.toMatchObject({ code: 'STATE_BROKEN' })
  })
})

test('a state that moss did not make is told by its missing record', () => {
  using opened = freshRoot(outside, root)
  rmSync(at('usr/lib/moss/state'))
  expect(() => opened.states.current()).toThrow(expect.objectContaining({ code: 'STATE_BROKEN' }))
})
