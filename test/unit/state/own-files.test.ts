// Users, groups and tmpfiles.d on a real disk, through whole transactions.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silent } from '../../../src/base/progress.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { oracle } from '../../support/oracle.ts'
import {
  applySamples,
  freshRoot,
  importSamples,
  type OpenRoot,
  type SampleEntry,
  samplePackage,
  sampleRequest,
} from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const isRoot = process.getuid?.() === 0
let folder: string
let opened: OpenRoot

beforeEach(() => {
  folder = scratchFolder()
  opened = freshRoot(outside, join(folder, 'root'))
})
afterEach(() => {
  opened[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, 'root', path)
const textOf = (path: string): string => readFileSync(at(path), 'utf8')
const modeOf = (path: string): string => {
  const { mode, uid, gid } = lstatSync(at(path))
  return `${(mode & 0o7777).toString(8)} ${uid}:${gid}`
}

const web = (version: string, more: Readonly<Record<string, SampleEntry>> = {}) =>
  samplePackage('web', version, {
    'usr/lib/sysusers.d/web.conf': 'u web 333 "Web" /srv/web\nm web spool\n',
    'usr/lib/tmpfiles.d/web.conf': [
      'd /var/lib/web 0750 web web',
      'f /var/lib/web/state 0600 web web - new',
      'd /var/lib/web/deep/er 0700 web web',
      `f /etc/web.conf 0640 root web - version ${version}`,
      'L /etc/web-link - - - - web.conf',
      'd /run/web',
    ].join('\n'),
    ...more,
  })

/** What was left out, of a whole transaction. */
async function apply(
  packages: readonly ReturnType<typeof web>[],
  serial: number,
): Promise<readonly string[]> {
  await importSamples(opened.store, packages)
  const staged = await opened.states.stage(sampleRequest(packages, serial), silent)
  return (await opened.states.publish(staged, {}, silent)).problems
}

describe('as root', () => {
  test.runIf(isRoot)('users are there before what belongs to them', async () => {
    expect(await apply([web('1')], 1)).toEqual([])
    expect(textOf('etc/passwd').split('\n').slice(2)).toEqual([
      'web:x:333:333:Web:/srv/web:/usr/sbin/nologin',
      '',
    ])
    expect(textOf('etc/group').split('\n').slice(2)).toEqual(['spool:x:999:web', 'web:x:333:', ''])
    expect(textOf('etc/shadow')).toMatch(/^web:!\*:\d+::::::\n$/)
    expect(textOf('etc/gshadow')).toBe('spool:!*::web\nweb:!*::\n')
    expect(['passwd', 'group', 'shadow', 'gshadow'].map((name) => modeOf(`etc/${name}`))).toEqual([
      '644 0:0',
      '644 0:0',
      '600 0:0',
      '600 0:0',
    ])
    expect(modeOf('var/lib')).toBe('755 0:0')
    expect(modeOf('var/lib/web')).toBe('750 333:333')
    expect(modeOf('var/lib/web/state')).toBe('600 333:333')
    expect(modeOf('var/lib/web/deep')).toBe('755 0:0')
    expect(modeOf('var/lib/web/deep/er')).toBe('700 333:333')
    expect([modeOf('etc/web.conf'), textOf('etc/web.conf')]).toEqual(['640 0:333', 'version 1'])
    expect(readlinkSync(at('etc/web-link'))).toBe('web.conf')
    expect(existsSync(at('run/web'))).toBe(false)
  })

  test.runIf(isRoot)('the files of accounts keep their modes and owners, and what others wrote', async () => {
    writeFileSync(at('etc/shadow'), 'root:$6$x:1::::::')
    chownSync(at('etc/shadow'), 0, 42)
    chmodSync(at('etc/shadow'), 0o640)
    await apply([web('1')], 1)
    expect(modeOf('etc/shadow')).toBe('640 0:42')
    expect(textOf('etc/shadow')).toMatch(/^root:\$6\$x:1::::::\nweb:/)
  })

  test.runIf(isRoot)(
    'what lies in a service’s folder is made with it and is the service’s from then on',
    async () => {
      await apply([web('1')], 1)
      rmSync(at('var/lib/web/state'))
      const more = web('2', { 'usr/lib/tmpfiles.d/more.conf': 'f /var/lib/web/second 0600 web web\n' })
      expect(await apply([more], 2)).toEqual([
        '/var/lib/web/second is not delivered: others than root can change a folder above it',
        '/var/lib/web/state is not delivered: others than root can change a folder above it',
      ])
      expect(existsSync(at('var/lib/web/state'))).toBe(false)
    },
  )

  test.runIf(isRoot)('a rollback undoes what is unmodified; users stay', async () => {
    await apply([], 1)
    await apply([web('1')], 2)
    const { deliveries } = await opened.states.publishKept(1, { withModel: false }, silent)
    expect(deliveries.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'remove etc/web.conf',
      'remove etc/web-link',
    ])
    expect(existsSync(at('etc/web.conf'))).toBe(false)
    expect(existsSync(at('var/lib/web/state'))).toBe(true)
    expect(textOf('etc/passwd')).toContain('web:x:333')
  })
})

test('an unmodified file follows its line and a rollback, a modified one stays, a missing one comes back', async () => {
  await apply([web('1')], 1)
  rmSync(at('etc/web-link'))
  await apply([web('2')], 2)
  expect([textOf('etc/web.conf'), readlinkSync(at('etc/web-link'))]).toEqual(['version 2', 'web.conf'])
  await opened.states.publishKept(1, { withModel: false }, silent)
  expect(textOf('etc/web.conf')).toBe('version 1')
  writeFileSync(at('etc/web.conf'), 'mine')
  await opened.states.publishKept(2, { withModel: false }, silent)
  expect(textOf('etc/web.conf')).toBe('mine')
})

test('what the machine has keeps its mode, whatever a line says', async () => {
  mkdirSync(at('var/lib/web'), { recursive: true, mode: 0o711 })
  writeFileSync(at('etc/web.conf'), 'mine')
  await apply([web('1', { 'usr/lib/tmpfiles.d/z.conf': 'z /etc/web.conf 0600\nZ /var/lib 0700\n' })], 1)
  expect(modeOf('var/lib/web').split(' ')[0]).toBe('711')
  expect(textOf('etc/web.conf')).toBe('mine')
})

test('the same state again changes nothing, not even the files of accounts', async () => {
  await apply([web('1')], 1)
  const before = ['passwd', 'group', 'shadow', 'gshadow', 'web.conf'].map(
    (name) => lstatSync(at(`etc/${name}`)).ino,
  )
  const staged = await opened.states.stage(sampleRequest([web('1')], 2), silent)
  expect(await opened.states.publish(staged, {}, silent)).toMatchObject({ deliveries: [] })
  expect(
    ['passwd', 'group', 'shadow', 'gshadow', 'web.conf'].map((name) => lstatSync(at(`etc/${name}`)).ino),
  ).toEqual(before)
})

describe('the machine’s files of sysusers.d and tmpfiles.d', () => {
  test('hide those of the same name; a link to /dev/null is nothing at all', async () => {
    mkdirSync(at('etc/sysusers.d'))
    mkdirSync(at('run/tmpfiles.d'))
    writeFileSync(at('etc/sysusers.d/web.conf'), '# ours\n\n  u mine 444  \r\nu web 445\n')
    symlinkSync('/dev/null', at('run/tmpfiles.d/web.conf'))
    expect(await apply([web('1')], 1)).toEqual([])
    expect(textOf('etc/passwd')).toMatch(/\nmine:x:444:444:.*\nweb:x:445:445:/)
    expect(existsSync(at('etc/web.conf'))).toBe(false)
  })
  test('what cannot be read is told by name, and the rest goes on', async () => {
    mkdirSync(at('etc/tmpfiles.d'))
    symlinkSync('/etc/passwd', at('etc/tmpfiles.d/a.conf'))
    writeFileSync(at('etc/tmpfiles.d/b.conf'), Uint8Array.of(0x64, 0xff))
    writeFileSync(at('etc/tmpfiles.d/c.conf'), 'd /var/c - nosuch\nd /var/d\nwhat\n')
    mkdirSync(at('etc/tmpfiles.d/d.conf'))
    symlinkSync('tmpfiles.d', at('etc/sysusers.d'))
    expect(await apply([], 1)).toEqual([
      'etc/sysusers.d is not read: it is no folder that only root can change',
      'etc/tmpfiles.d/a.conf is not read: it is no text file of at most 1 MiB that only root can change',
      'etc/tmpfiles.d/b.conf is not read: it is no text file of at most 1 MiB that only root can change',
      'etc/tmpfiles.d/d.conf is not read: it is no text file of at most 1 MiB that only root can change',
      'etc/tmpfiles.d/c.conf:3: lines of type what are not known',
      'etc/tmpfiles.d/c.conf:1: there is no user nosuch',
    ])
    expect(existsSync(at('var/d'))).toBe(true)
  })
  test.runIf(isRoot)('count only if nobody else can write them', async () => {
    mkdirSync(at('etc/tmpfiles.d'))
    writeFileSync(at('etc/tmpfiles.d/a.conf'), 'd /var/planted\n')
    chmodSync(at('etc/tmpfiles.d'), 0o777)
    expect(await apply([], 1)).toHaveLength(1)
    expect(existsSync(at('var/planted'))).toBe(false)
    chmodSync(at('etc/tmpfiles.d'), 0o755)
    chownSync(at('etc/tmpfiles.d/a.conf'), 1234, 0)
    expect(await apply([], 2)).toHaveLength(1)
    expect(existsSync(at('var/planted'))).toBe(false)
  })
})

describe('T6', () => {
  test('nothing is made through a link that the machine placed', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    mkdirSync(at('var/lib'))
    symlinkSync(join(folder, 'elsewhere'), at('var/lib/web'))
    await apply([web('1')], 1)
    expect(existsSync(join(folder, 'elsewhere/state'))).toBe(false)
    expect(existsSync(join(folder, 'elsewhere/deep'))).toBe(false)
  })
  test('accounts are never written through a link, and the rest goes on', async () => {
    writeFileSync(join(folder, 'passwd'), 'elsewhere')
    rmSync(at('etc/passwd'))
    symlinkSync(join(folder, 'passwd'), at('etc/passwd'))
    const problems = await apply([web('1')], 1)
    expect(problems[0]).toMatch(/^no users are made: /)
    expect(readFileSync(join(folder, 'passwd'), 'utf8')).toBe('elsewhere')
    expect(readlinkSync(at('etc/web-link'))).toBe('web.conf')
  })
})

test('while somebody else holds the lock of the accounts no users are made, and recovery makes them', async () => {
  const lock = outside.disk.lock(at('etc/.pwd.lock'))
  const [problem] = await apply([web('1')], 1)
  expect(problem).toBe(
    `users, groups and the defaults of /etc and /var: another program is changing the users in ${at('etc/passwd')}; it will be tried again`,
  )
  expect(opened.states.current().number).toBe(1)
  expect(opened.states.isDelivered()).toBe(false)
  expect(existsSync(at('etc/shadow'))).toBe(false)
  lock[Symbol.dispose]()
  await opened.states.recover(silent)
  expect(opened.states.isDelivered()).toBe(true)
  expect(textOf('etc/passwd')).toContain('\nweb:x:333:')
})

test.skipIf(!oracle('python3'))(
  'the lock of the accounts is the one of lckpwdf(3): a record lock of the whole file',
  () => {
    const python = `
import fcntl, sys
with open(sys.argv[1], 'r+') as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        print('free')
    except OSError:
        print('held')
`
    const look = (): string =>
      spawnSync('python3', ['-c', python, at('etc/.pwd.lock')], { encoding: 'utf8' }).stdout.trim()
    const lock = outside.disk.lock(at('etc/.pwd.lock'))
    expect(look()).toBe('held')
    lock[Symbol.dispose]()
    expect(look()).toBe('free')
  },
)

test('a folder that moss made goes with its package when it is empty', async () => {
  await applySamples(opened, [web('1')], 1)
  rmSync(at('var/lib/web/state'), { force: true })
  rmSync(at('var/lib/web/deep'), { recursive: true, force: true })
  await applySamples(opened, [], 2)
  expect(existsSync(at('var/lib'))).toBe(false)
  expect(() => rmdirSync(at('var/lib'))).toThrow('ENOENT')
})
