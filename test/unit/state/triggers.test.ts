// ldconfig over a staged tree: the real one in real namespaces where this machine allows it, and what moss makes of a
// trigger that fails, cannot run, or reaches for what packages own.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import { silent, type Progress } from '../../../src/base/progress.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import type { CommandResult, Outside } from '../../../src/host/outside.ts'
import {
  applySamples,
  freshRoot,
  importSamples,
  type SampleEntry,
  samplePackage,
  sampleRequest,
} from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'

const real = linuxOutside()
let folder: string
let root: string
beforeEach(() => {
  folder = scratchFolder()
  root = join(folder, 'root')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A machine where the trigger "runs" by writing what `writes` says into the folder that its overlay would fill. */
const pretending = (result: CommandResult, writes: (made: string) => void = () => {}): Outside => ({
  ...real,
  userId: 0,
  run: async ({ folder: at }) => {
    const made = join(at ?? '', 'made')
    mkdirSync(join(made, 'lib'), { recursive: true })
    writes(made)
    return result
  },
})

const libc = (extra: Readonly<Record<string, SampleEntry>> = {}) =>
  samplePackage('libc-bin', '1', { 'usr/sbin/ldconfig': { text: 'not run here', mode: 0o755 }, ...extra })

const ran: CommandResult = { exitCode: 0, output: '' }
const isRoot = real.userId === 0

test.runIf(isRoot)('what a trigger makes becomes an asset, recorded with its digest', async () => {
  const outside = pretending(ran, (made) => writeFileSync(join(made, 'lib/ld.so.cache'), 'the cache'))
  using opened = freshRoot(outside, root)
  await applySamples(opened, [libc()])
  const content = digestOf(Buffer.from('the cache'))
  expect(opened.states.current()).toMatchObject({
    triggers: [{ name: 'ldconfig', outcome: 'done', note: '' }],
    made: [
      { kind: 'file', path: 'usr/lib/ld.so.cache', trigger: 'ldconfig', content, sizeBytes: 9, mode: 0o644 },
    ],
  })
  expect(readFileSync(join(root, 'etc/ld.so.cache'), 'utf8')).toBe('the cache')
  expect(opened.store.hasContent(content as never)).toBe(true)
  const needed = opened.states.neededAssets()
  const plan = opened.store.planCollect(needed)
  opened.store.collect(plan)
  expect(opened.store.hasContent(content as never)).toBe(true)
})

const reaching: Readonly<Record<string, (made: string) => void>> = {
  'changes a packaged file': (made) => writeFileSync(join(made, 'lib/libx.so.1'), 'other'),
  'puts a link in the place of a packaged file': (made) => symlinkSync('x', join(made, 'lib/libx.so.1')),
  'puts a folder in the place of a packaged file': (made) => mkdirSync(join(made, 'lib/libx.so.1')),
  'changes the mode of a packaged folder': (made) => chmodSync(join(made, 'lib'), 0o777),
  'removes a packaged file': (made) => execFileSync('mkfifo', [join(made, 'lib/libx.so.1')]),
  'makes what is no file, folder or link': (made) => execFileSync('mkfifo', [join(made, 'lib/fifo')]),
  'writes where moss keeps its own': (made) => mkdirSync(join(made, 'lib/moss/own'), { recursive: true }),
}
test.runIf(isRoot).for(Object.entries(reaching))(
  'a trigger that %s stops the transaction',
  async ([, writes]) => {
    using opened = freshRoot(pretending(ran, writes), root)
    const before = await opened.states.digest()
    const apply = applySamples(opened, [libc({ 'usr/lib/libx.so.1': 'library' })])
    await expect(apply).rejects.toMatchObject({ code: 'TRIGGER_FAILED' })
    expect(await opened.states.digest()).toBe(before)
    expect(await opened.states.recover(silent)).toMatchObject({ kind: 'discarded' })
  },
)

test.runIf(isRoot)('a trigger that fails stops the transaction and says why', async () => {
  using opened = freshRoot(pretending({ exitCode: 91, output: 'first\nno such library' }), root)
  await expect(applySamples(opened, [libc()])).rejects.toMatchObject({
    code: 'TRIGGER_FAILED',
    details: { trigger: 'ldconfig', output: 'no such library' },
  })
})

test.runIf(isRoot)('a failure is not told of the next state that gets the number', async () => {
  using opened = freshRoot(pretending({ exitCode: 91, output: 'no such library' }), root)
  await expect(applySamples(opened, [libc()])).rejects.toMatchObject({ code: 'TRIGGER_FAILED' })
  expect(await applySamples(opened, [samplePackage('tool', '1', { 'usr/bin/tool': 'tool' })])).toBe(1)
  expect(opened.states.triggerRuns(1)).toEqual([])
})

test('a reason of any length is recorded as far as a record can be read', async () => {
  const outside = pretending({ exitCode: undefined, output: '', unsupported: 'no '.repeat(30_000) })
  using opened = freshRoot(outside, root)
  await applySamples(opened, [libc()])
  if (isRoot) expect(opened.states.current().triggers[0]?.note).toHaveLength(1024)
})

/** As if all this were somebody's own: the disk says so of every file. */
const ordinaryUser: Outside = {
  ...real,
  userId: 1000,
  disk: {
    ...real.disk,
    lstat: (path) => {
      const stat = real.disk.lstat(path)
      return stat === undefined ? undefined : { ...stat, uid: 1000, gid: 1000 }
    },
  },
}

test('where it cannot run it is skipped, and both the report and the record say so', async () => {
  const reasons: readonly Outside[] = [
    pretending({ exitCode: undefined, output: '', unsupported: 'this system has no unshare' }),
    pretending({ exitCode: 90, output: 'mount: unknown filesystem\ncannot run: mount -t overlay' }),
    ordinaryUser,
  ]
  const notes: (string | undefined)[] = []
  const warnings: string[] = []
  for (const [index, outside] of reasons.entries()) {
    using opened = freshRoot(outside, `${root}${index}`)
    await importSamples(opened.store, [libc()])
    const note = (progress: Progress) => void (progress.warning && warnings.push(progress.warning))
    const staged = await opened.states.stage(sampleRequest([libc()]), note)
    notes.push(staged.record.triggers[0]?.note)
    expect(staged.record).toMatchObject({ triggers: [{ outcome: 'skipped' }], made: [] })
  }
  if (isRoot)
    expect(notes).toEqual(['this system has no unshare', 'cannot run: mount -t overlay', 'it needs root'])
  expect(warnings).toHaveLength(3)
})

const namespaces = (): boolean => {
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs t /mnt'], { stdio: 'ignore' })
    return existsSync('/usr/sbin/ldconfig')
  } catch {
    console.warn('skipped: this machine allows no mount namespaces, or has no ldconfig')
    return false
  }
}

const library = '/usr/lib/x86_64-linux-gnu/libz.so.1'

test.runIf(isRoot && namespaces() && existsSync(library))(
  'the staged state’s own ldconfig makes the cache from the staged tree and the factory alone',
  async () => {
    using opened = freshRoot(real, root)
    const linker = samplePackage('libc-bin', '1', {
      'usr/sbin/ldconfig': { text: readFileSync('/usr/sbin/ldconfig'), mode: 0o755 },
      'usr/lib/x86_64-linux-gnu/libz.so.1': { text: readFileSync(library), mode: 0o644 },
      'usr/share/factory/etc/ld.so.conf': 'include /etc/ld.so.conf.d/*.conf\n',
      'usr/share/factory/etc/ld.so.conf.d/all.conf': '/usr/lib/x86_64-linux-gnu\n',
    })
    await applySamples(opened, [linker])
    const [result] = opened.states.current().triggers
    expect(result).toEqual({ name: 'ldconfig', outcome: 'done', note: '' })
    const listed = execFileSync('/usr/sbin/ldconfig', ['-p', '-C', join(root, 'usr/lib/ld.so.cache')], {
      encoding: 'utf8',
    })
    expect(listed).toContain('libz.so.1 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libz.so.1')
    const first = await opened.states.digest()
    using other = freshRoot(real, `${root}-other`)
    await applySamples(other, [linker])
    expect(await other.states.digest()).toBe(first)
  },
)
