// How the machine's own files depart from their defaults, on a real disk.
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silent } from '../../../src/base/progress.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { readDepartures } from '../../../src/state/departures.ts'
import { placesOf } from '../../../src/state/places.ts'
import { applySamples, freshRoot, type OpenRoot, samplePackage } from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const isRoot = process.getuid?.() === 0
let folder: string
let opened: OpenRoot

beforeEach(async () => {
  folder = scratchFolder()
  opened = freshRoot(outside, join(folder, 'root'))
  await applySamples(opened, [app('1')], 1)
})
afterEach(() => {
  opened[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, 'root', path)
const app = (version: string) =>
  samplePackage('app', version, {
    'usr/share/factory/etc/app/a.conf': `a ${version}`,
    'usr/share/factory/etc/app/same': 'same',
    'usr/share/factory/etc/app/link': { target: 'same' },
    'usr/lib/sysusers.d/app.conf': 'u root 7',
    'usr/lib/tmpfiles.d/app.conf':
      'd /var/lib/app 0700\nf /var/lib/app/state - - - - none\nh /var/x - - - - +C\n',
  })

const read = async () =>
  await readDepartures({ outside, places: placesOf(join(folder, 'root')), database: opened.database })

/** All but the machine's own. */
const departures = async () => (await read()).departures.filter(({ what }) => what !== 'own')

test('after an apply nothing departs, and what init made is the machine’s own', async () => {
  const { departures: found, problems } = await read()
  expect(found.map(({ path, what, entries }) => [path, what, entries])).toEqual([
    ['etc/group', 'own', undefined],
    ['etc/ld.so.cache', 'own', undefined],
    ['etc/moss', 'own', 1],
    ['etc/passwd', 'own', undefined],
  ])
  expect(problems).toEqual([
    'usr/lib/sysusers.d/app.conf:1: user root has id 0 already, not 7',
    expect.stringContaining('left to systemd: usr/lib/tmpfiles.d/app.conf:3'),
  ])
})

test('what is changed, missing, of another kind or hidden is told with both sides', async () => {
  writeFileSync(at('etc/app/a.conf'), 'mine, longer')
  chmodSync(at('etc/app/same'), 0o600)
  rmSync(at('etc/app/link'))
  mkdirSync(at('etc/app/link'))
  rmSync(at('var/lib/app/state'))
  const { uid, gid } = { uid: outside.userId, gid: outside.groupId }
  const digest = expect.stringMatching(/^[0-9a-f]{64}$/) as string
  const file = { kind: 'file', mode: 0o644, owner: `${uid}:${gid}`, digest }
  expect(await departures()).toEqual([
    {
      path: 'etc/app/a.conf',
      what: 'changed',
      here: { ...file, sizeBytes: 12 },
      byDefault: { ...file, sizeBytes: 3 },
    },
    { path: 'etc/app/link', what: 'kind', here: { kind: 'folder' }, byDefault: { kind: 'symlink', digest } },
    {
      path: 'etc/app/same',
      what: 'changed',
      here: { ...file, mode: 0o600, sizeBytes: 4 },
      byDefault: { ...file, sizeBytes: 4 },
    },
    { path: 'var/lib/app/state', what: 'missing', byDefault: { ...file, sizeBytes: 4 } },
  ])
})

test('a default that is newer than the machine’s modified copy is told as that', async () => {
  writeFileSync(at('etc/app/a.conf'), 'mine')
  await applySamples(opened, [app('2')], 2)
  expect((await departures()).map(({ path, what }) => [path, what])).toEqual([['etc/app/a.conf', 'newer']])
  await opened.states.publishKept(1, { withModel: false }, silent)
  expect((await departures()).map(({ path, what }) => [path, what])).toEqual([['etc/app/a.conf', 'changed']])
})

test('what the machine had before is changed, not newer', async () => {
  writeFileSync(at('etc/had'), 'mine')
  const more = samplePackage('more', '1', { 'usr/share/factory/etc/had': 'default' })
  await applySamples(opened, [app('1'), more], 2)
  expect((await departures()).map(({ path, what }) => [path, what])).toEqual([['etc/had', 'changed']])
})

test('behind a link, and in the place of a pipe, things are out of reach', async () => {
  rmSync(at('etc/app'), { recursive: true })
  mkdirSync(join(folder, 'elsewhere'))
  symlinkSync(join(folder, 'elsewhere'), at('etc/app'))
  expect((await departures()).map(({ path, what }) => [path, what])).toEqual([
    ['etc/app', 'kind'],
    ['etc/app/a.conf', 'hidden'],
    ['etc/app/link', 'hidden'],
    ['etc/app/same', 'hidden'],
  ])
})

test.runIf(isRoot)(
  'what lies in a service’s folder is the service’s; what is missing there is told',
  async () => {
    chownSync(at('etc/app'), 1234, 1234)
    writeFileSync(at('etc/app/a.conf'), 'the service’s')
    rmSync(at('etc/app/same'))
    expect((await departures()).map(({ path, what }) => [path, what])).toEqual([['etc/app/same', 'missing']])
  },
)

test('the machine’s own is told by whole folders, and only in /etc', async () => {
  mkdirSync(at('etc/mine/deep'), { recursive: true })
  writeFileSync(at('etc/mine/deep/file'), '')
  writeFileSync(at('etc/app/extra'), '')
  writeFileSync(at('var/lib/app/data'), '')
  const own = (await read()).departures
    .filter(({ what }) => what === 'own')
    .map(({ path, entries }) => [path, entries])
  expect(own).toContainEqual(['etc/mine', 2])
  expect(own).toContainEqual(['etc/app/extra', undefined])
  expect(own).toHaveLength(6)
})
