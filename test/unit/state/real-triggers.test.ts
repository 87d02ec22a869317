// Declared triggers in real namespaces, with real programs in the tree: what they make, and what becomes of those that
// fail, hang, reach for the network, leave processes behind or write where packages own.
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silent } from '../../../src/base/progress.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { readTriggerRuns } from '../../../src/state/tables.ts'
import {
  applySamples,
  freshRoot,
  importSamples,
  type OpenRoot,
  type SampleEntry,
  samplePackage,
  sampleDate,
  sampleRequest,
} from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { canRunTrees, treePrograms } from '../../support/tree-programs.ts'

const outside = linuxOutside()
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

const tools = ['dash', 'mkdir', 'rm', 'sleep', 'ln', 'cat', 'touch', 'chmod', 'ls']
const base = (entries: Readonly<Record<string, SampleEntry>>) =>
  samplePackage('base', '1', {
    ...treePrograms(...tools),
    'usr/bin/sh': { target: 'dash' },
    'usr/share/factory/etc/base.conf': 'base',
    'usr/share/data/one': 'one',
    'usr/share/data/two': 'two',
    ...entries,
  })

const trigger = (script: string, more = '', name = 'sample'): Readonly<Record<string, SampleEntry>> => ({
  [`usr/share/moss/triggers/${name}.toml`]: `paths = ["usr/share/data/**"]\ncommand = ["sh", "-ec", ${JSON.stringify(script)}]\n${more}\n`,
})

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const run = (script: string, more?: string): Promise<number> =>
  applySamples(opened, [base(trigger(script, more))])
const failure = (output: unknown) => ({ code: 'TRIGGER_FAILED', details: { trigger: 'sample', output } })
const isRunning = (marker: string): boolean => {
  try {
    execFileSync('pgrep', ['-f', marker])
    return true
  } catch {
    return false
  }
}

describe.runIf(canRunTrees(...tools, 'bash', 'pgrep'))('a declared trigger', () => {
  test('makes files, folders and links, which are recorded, kept and the same on every root', async () => {
    const made = base(
      trigger(`
        mkdir -p /usr/share/made/deep /tmp/gone
        chmod 777 /usr/share/made
        ls /usr/share/data > /usr/share/made/deep/list
        touch /usr/share/made/empty
        ln -s deep/list /usr/share/made/link
        echo "$SOURCE_DATE_EPOCH $HOME $PATH" > /usr/share/made/environment
        touch /etc/made.conf /var/gone
        echo told`),
    )
    await applySamples(opened, [made])
    expect(read('usr/share/made/link')).toBe('one\ntwo\n')
    expect(readlinkSync(join(root, 'usr/share/made/link'))).toBe('deep/list')
    expect(read('usr/share/made/environment')).toBe(`${sampleDate + 1} / /usr/sbin:/usr/bin:/sbin:/bin\n`)
    expect(lstatSync(join(root, 'usr/share/made')).mode & 0o7777).toBe(0o755)
    const record = opened.states.current()
    expect(record.triggers).toEqual([{ name: 'sample', outcome: 'done', note: '' }])
    expect(record.made.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'file usr/share/factory/etc/made.conf',
      'folder usr/share/made',
      'folder usr/share/made/deep',
      'file usr/share/made/deep/list',
      'file usr/share/made/empty',
      'file usr/share/made/environment',
      'symlink usr/share/made/link',
    ])
    expect(existsSync(join(root, 'etc/made.conf'))).toBe(true)
    expect(existsSync(join(root, 'var/gone'))).toBe(false)
    expect(await opened.states.check(1, { isQuick: false, damaged: new Map() }, silent)).toEqual([])
    expect(readTriggerRuns(opened.database, 1)).toEqual([
      { name: 'sample', scope: 'transaction', outcome: 'done', note: '', output: 'told\n' },
    ])
    using other = freshRoot(outside, `${root}-other`)
    await applySamples(other, [made])
    expect(await other.states.digest()).toBe(await opened.states.digest())
  })

  test('runs after those it names and sees what they made; nothing that it is about, and it does not run', async () => {
    await applySamples(opened, [
      base({
        ...trigger('echo first > /usr/share/data/made', '', 'z-first'),
        'usr/share/moss/triggers/a-second.toml': `paths = ["usr/share/data/mad?"]\nafter = ["z-first", "nobody"]\ncommand = ["sh", "-c", "cat /usr/share/data/* > /usr/share/second"]\n`,
        'usr/share/moss/triggers/idle.toml': `paths = ["usr/share/other/*"]\ncommand = ["false"]\n`,
        'usr/share/moss/triggers/unneeded.toml': `paths = ["usr/**"]\nneeds = ["absent"]\ncommand = ["absent"]\n`,
      }),
    ])
    expect(read('usr/share/second')).toBe('first\nonetwo')
    expect(opened.states.current().triggers.map(({ name }) => name)).toEqual(['z-first', 'a-second'])
  })

  const reaching: Readonly<Record<string, string>> = {
    'it changes or removes usr/share/data/one': 'echo more >> /usr/share/data/one',
    'it removes usr/share/data/one': 'rm /usr/share/data/one',
    'it removes usr/share/data/two':
      'rm -r /usr/share/data; mkdir /usr/share/data; echo one > /usr/share/data/one',
    'it changes usr/share/data': 'chmod 777 /usr/share/data',
    'it makes usr/lib/moss/state, which is in usr/lib/moss, which is reserved to moss':
      'echo x > /usr/lib/moss/state',
  }
  test.for(Object.entries(reaching))(
    'that reaches for what packages own stops all: %s',
    async ([said, script]) => {
      const before = await opened.states.digest()
      await expect(run(script)).rejects.toMatchObject(failure(said))
      expect(await opened.states.digest()).toBe(before)
      expect(await opened.store.check(silent)).toEqual([])
      expect(await opened.states.recover(silent)).toMatchObject({ kind: 'discarded' })
      expect(await applySamples(opened, [base({})])).toBe(1)
      expect(read('usr/share/data/one')).toBe('one')
    },
  )

  test.for([
    ['echo first; echo why; exit 7', 'why', 'first\nwhy\n'],
    ['exit 7', 'exit code 7', ''],
    // The exit code by which moss's own script says that it cannot run anything.
    ['exit 90', 'exit code 90', 'exit code 90\n'],
    ['kill -SEGV $$', expect.stringMatching(/Segmentation|exit code 139/), expect.anything()],
  ] as const)('that fails stops all and what it said is kept: %s', async ([script, note, output]) => {
    await expect(run(script)).rejects.toMatchObject(failure(note))
    expect(readTriggerRuns(opened.database, 1)).toEqual([
      { name: 'sample', scope: 'transaction', outcome: 'failed', note, output },
    ])
  })

  test('that hangs is stopped with all that it started', async () => {
    const startedMs = performance.now()
    const hanging = run('sleep 98761 & (trap "" TERM; sleep 98762)', 'seconds = 1')
    await expect(hanging).rejects.toMatchObject(failure('it was stopped: it may take 1 s'))
    expect(performance.now() - startedMs).toBeLessThan(20_000)
    expect(isRunning('sleep 9876[12]')).toBe(false)
  })

  test('that leaves processes behind: they end with it, and change nothing afterwards', async () => {
    // The folder that is written to late is looked at last: tmpfs names what is newest first.
    await run(`mkdir /usr/share/late /usr/share/many
      i=0; while [ $i -lt 5000 ]; do : > /usr/share/many/$i; i=$((i+1)); done
      main=$$
      (trap "" HUP TERM; while kill -0 $main; do :; done; sleep 0.05
        echo late > /usr/share/late/file; sleep 98763) >/dev/null 2>&1 &`)
    const made = opened.states.current().made.map(({ path }) => path)
    expect(made).toHaveLength(5002)
    expect(made).not.toContain('usr/share/late/file')
    expect(isRunning('sleep 98763')).toBe(false)
  })

  test('has no network, not even this machine’s own', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { readonly port: number }
    const connect = `exec 3<>/dev/tcp/127.0.0.1/${port}`
    execFileSync('bash', ['-c', connect])
    const script = `if bash -c '${connect}'; then exit 1; fi; cat /proc/net/dev > /usr/share/devices`
    await applySamples(opened, [base({ ...treePrograms('bash'), ...trigger(script) })])
    server.close()
    expect(connections).toBe(1)
    expect(
      read('usr/share/devices')
        .match(/^ *\w+:/gm)
        ?.map((name) => name.trim()),
    ).toEqual(['lo:'])
  })

  test('sees the staged tree alone: no file of this machine, and only its own processes', async () => {
    await run(`ls / > /usr/share/top; ls -d /proc/[0-9]* > /usr/share/processes`)
    expect(read('usr/share/top').split('\n').filter(Boolean)).toEqual([
      'bin',
      'dev',
      'etc',
      'lib',
      'lib64',
      'proc',
      'root',
      'run',
      'sbin',
      'tmp',
      'usr',
      'var',
    ])
    expect(read('usr/share/processes').trim().split('\n').length).toBeLessThan(5)
  })

  test('that makes more than memory is set aside for fails, and nothing stays', async () => {
    await expect(run('cat /dev/zero > /usr/share/endless', 'seconds = 30')).rejects.toMatchObject(
      failure(expect.stringContaining('No space left')),
    )
    expect(existsSync(join(root, '.moss/staging/1/made'))).toBe(false)
  })

  test('in a state that is staged anew is run anew', async () => {
    const package_ = base(trigger('echo made > /usr/share/made'))
    await applySamples(opened, [package_], 1)
    await importSamples(opened.store, [package_])
    const staged = await opened.states.stage(sampleRequest([package_], 2), silent)
    expect(staged.record.made.map(({ path }) => path)).toEqual(['usr/share/made'])
  })
})
