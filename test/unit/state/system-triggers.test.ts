// Triggers of the system: when they run and what becomes of those that fail, cannot run or are cut short; and the
// services that a change leaves running. The real ones run in a root that is not this system's.
import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silent, type Progress } from '../../../src/base/progress.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import type { CommandResult, Outside } from '../../../src/host/outside.ts'
import { servicesToRestart } from '../../../src/state/restart.ts'
import type { Published } from '../../../src/state/publish.ts'
import {
  freshRoot,
  importSamples,
  openRoot,
  type OpenRoot,
  type SampleEntry,
  type SamplePackage,
  sampleCounters,
  samplePackage,
  sampleRequest,
} from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { canRunTrees, treePrograms } from '../../support/tree-programs.ts'

const real = linuxOutside()
let folder: string
let root: string
beforeEach(() => {
  folder = scratchFolder()
  root = join(folder, 'root')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Entries = Readonly<Record<string, SampleEntry>>

async function apply(
  { store, states }: OpenRoot,
  packages: readonly SamplePackage[],
  serial: number,
  report: (progress: Progress) => void = silent,
): Promise<Published> {
  await importSamples(store, packages)
  const staged = await states.stage(sampleRequest(packages, serial), report)
  return states.publish(staged, { counters: sampleCounters(serial) }, report)
}

const trigger = (name: string, command: readonly string[], more = ''): Entries => ({
  [`usr/share/moss/triggers/${name}.toml`]: `scope = "system"\npaths = ["usr/share/data/*"]\ncommand = ${JSON.stringify(command)}\n${more}\n`,
})
const data = (text: string, more: Entries = {}) =>
  samplePackage('data', text, { 'usr/share/data/one': text, ...more })

describe('on a machine that pretends', () => {
  let asked: string[]
  let answer: (name: string) => CommandResult
  const outside: Outside = {
    ...real,
    userId: 0,
    run: async ({ arguments: words }) => {
      asked.push(words.slice(4).join(' '))
      return answer(words[4] ?? '')
    },
  }
  beforeEach(() => {
    asked = []
    answer = () => ({ exitCode: 0, output: 'fine\n' })
  })
  const isRoot = real.userId === 0
  const triggers = samplePackage('triggers', '1', {
    ...trigger('two', ['two', 'x'], 'after = ["zero"]'),
    ...trigger('zero', ['zero']),
    ...trigger('live', ['live'], 'running = true'),
    'usr/share/moss/triggers/other.toml': 'scope = "system"\npaths = ["usr/share/x"]\ncommand = ["other"]',
  })

  test.runIf(isRoot)('they run for what changed, in order, and at the way back as well', async () => {
    using opened = freshRoot(outside, root)
    const first = await apply(opened, [data('1'), triggers], 1)
    expect(asked).toEqual(['zero', 'two x'])
    expect(first.triggers.map(({ name, outcome, note }) => [name, outcome, note])).toEqual([
      ['live', 'skipped', `${root} is not the running system`],
      ['zero', 'done', ''],
      ['two', 'done', ''],
    ])
    expect(opened.states.triggerRuns(1)).toEqual(first.triggers)
    expect(first.record.triggers).toEqual([])
    asked = []
    await apply(opened, [data('2'), triggers], 2)
    expect(asked).toEqual(['zero', 'two x'])
    asked = []
    await opened.states.publishKept(1, { withModel: false }, silent)
    expect(asked).toEqual(['zero', 'two x'])
    asked = []
    // The same file from another package is no change; a file that goes is one.
    await apply(opened, [samplePackage('renamed', '1', { 'usr/share/data/one': '1' }), triggers], 3)
    expect(asked).toEqual([])
    await apply(opened, [triggers], 4)
    expect(asked).toEqual(['zero', 'two x'])
  })

  test.runIf(isRoot)('one that fails is told and owed, and the state stays; the others run', async () => {
    using opened = freshRoot(outside, root)
    const warnings: string[] = []
    const note = ({ warning }: Progress): void => void (warning !== undefined && warnings.push(warning))
    answer = (name) => (name === 'zero' ? { exitCode: 3, output: 'a\nwhy\n' } : { exitCode: 0, output: '' })
    const published = await apply(opened, [data('1'), triggers], 1, note)
    expect(published.triggers.slice(1)).toEqual([
      { name: 'zero', scope: 'system', outcome: 'failed', note: 'why', output: 'a\nwhy\n' },
      { name: 'two', scope: 'system', outcome: 'done', note: '', output: '' },
    ])
    expect(warnings).toEqual([`live skipped: ${root} is not the running system`, 'zero failed: why'])
    expect(opened.states.current().number).toBe(1)
    expect(opened.states.isInterrupted()).toBe(false)
    asked = []
    answer = () => ({ exitCode: 0, output: '' })
    await apply(opened, [data('1'), triggers, samplePackage('more', '1', {})], 2)
    expect(asked).toEqual(['zero'])
    asked = []
    await apply(opened, [data('1'), triggers, samplePackage('more', '2', {})], 3)
    expect(asked).toEqual([])
  })

  test.runIf(isRoot)('where it cannot be run it is skipped, with the reason', async () => {
    using opened = freshRoot(outside, root)
    answer = () => ({ exitCode: undefined, output: '', unsupported: 'this system has no unshare' })
    const { triggers: runs } = await apply(opened, [data('1'), triggers], 1)
    expect(runs.map(({ outcome, note }) => `${outcome}: ${note}`).slice(1)).toEqual([
      'skipped: this system has no unshare',
      'skipped: this system has no unshare',
    ])
  })

  test.runIf(isRoot)('recovery runs again what was cut short', async () => {
    const opened = freshRoot(outside, root)
    answer = () => {
      throw new Error('the power is cut')
    }
    await expect(apply(opened, [data('1'), triggers], 1)).rejects.toThrow('the power is cut')
    opened[Symbol.dispose]()
    using again = openRoot(outside, root)
    answer = () => ({ exitCode: 0, output: '' })
    asked = []
    expect(await again.states.recover(silent)).toMatchObject({ kind: 'finished' })
    expect(asked).toEqual(['zero', 'two x'])
    expect(again.states.triggerRuns(1).map(({ outcome }) => outcome)).toEqual(['skipped', 'done', 'done'])
  })

  test.runIf(isRoot)('what is known of a state goes with it', async () => {
    using opened = freshRoot(outside, root)
    await apply(opened, [data('1'), triggers], 1)
    await apply(opened, [data('2'), triggers], 2)
    opened.states.prune([1 as never], silent)
    expect(opened.states.triggerRuns(1)).toEqual([])
    expect(opened.states.triggerRuns(2)).toHaveLength(3)
  })
})

test('services of a package that changed run on from the state before', () => {
  const units = (name: string, version: string, ...names: readonly string[]) =>
    samplePackage(
      name,
      version,
      Object.fromEntries(names.map((unit) => [`usr/lib/systemd/system/${unit}`, version])),
    ).manifest
  expect(
    servicesToRestart({
      before: [units('a', '1', 'a.service', 'gone.service')],
      after: [
        units('a', '2', 'a.service', 'a.socket', 'a@.service', 'sub/x.service'),
        units('new', '1', 'new.service'),
      ],
    }),
  ).toEqual(['a.service', 'a@*.service'])
})

const tools = ['dash', 'cat', 'sleep', 'ls', 'mkdir']
describe.runIf(canRunTrees(...tools))('in a root of its own', () => {
  const base = samplePackage('base', '1', { ...treePrograms(...tools), 'usr/bin/sh': { target: 'dash' } })

  test('it sees that root, with devices and processes of its own, and changes it', async () => {
    using opened = freshRoot(real, root)
    const script = `echo in > /var/made; ls / > /var/top; cat /proc/net/dev > /var/net; echo x > /dev/null
      echo gone > /run/gone; (sleep 0.3; echo late > /var/late) >/dev/null 2>&1 & ls -d /proc/[0-9]* > /var/ps`
    const { triggers } = await apply(opened, [base, data('1', trigger('t', ['sh', '-ec', script]))], 1)
    expect(triggers).toEqual([{ name: 't', scope: 'system', outcome: 'done', note: '', output: '' }])
    const read = (path: string): string => readFileSync(join(root, path), 'utf8')
    expect(read('var/top').split('\n')).toEqual(expect.arrayContaining(['etc', 'usr', 'var']))
    expect(read('var/ps').trim().split('\n').length).toBeLessThan(6)
    expect(
      read('var/net')
        .match(/^ *\w+:/gm)
        ?.map((name) => name.trim()),
    ).toEqual(['lo:'])
    await new Promise((resolve) => setTimeout(resolve, 600))
    for (const path of ['dev/null', 'run/gone', 'var/late', 'proc/self'])
      expect(existsSync(join(root, path))).toBe(false)
    expect(lstatSync(join(root, 'var/made')).isFile()).toBe(true)
  })

  test('it fails with its last words, or when its time is over', async () => {
    using opened = freshRoot(real, root)
    const entries = {
      ...trigger('words', ['sh', '-c', 'echo why; exit 90']),
      ...trigger('long', ['sleep', '98764'], 'seconds = 1'),
      ...trigger('absent', ['no-such-program']),
    }
    const { triggers, record } = await apply(opened, [base, data('1', entries)], 1)
    expect(record.number).toBe(1)
    expect(triggers.map(({ name, outcome, note }) => [name, outcome, note])).toEqual([
      ['absent', 'failed', expect.stringContaining('No such file')],
      ['long', 'failed', 'it was stopped: it may take 1 s'],
      ['words', 'failed', 'exit code 90'],
    ])
  })
})
