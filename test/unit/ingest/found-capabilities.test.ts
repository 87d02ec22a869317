import { expect, test } from 'vitest'
import { FoundCapabilities } from '../../../src/ingest/found-capabilities.ts'
import { licencesOf } from '../../../src/ingest/licence.ts'
import { formatCapability } from '../../../src/manifest/capability.ts'
import { elfLibrary } from '../../support/foreign.ts'

interface Held {
  readonly bytes?: string | Uint8Array
  readonly mode?: number
  readonly target?: string
}

function find(files: Readonly<Record<string, Held>>): FoundCapabilities {
  const found = new FoundCapabilities('tide')
  for (const [path, { bytes = '', mode = 0o644, target }] of Object.entries(files)) {
    if (target !== undefined) {
      found.addSymlink(path, target)
      continue
    }
    const watcher = found.watchFile(path, mode)
    watcher?.add(Buffer.from(bytes))
    watcher?.finish()
  }
  return found
}

const provided = (files: Readonly<Record<string, Held>>): readonly string[] =>
  find(files).provides.map(formatCapability)

test('of what was built here, what is needed too, but for what it has itself', () => {
  const found = new FoundCapabilities('tide', { isBuilt: true })
  const files = {
    'usr/lib/libtide.so.1': elfLibrary({ soname: 'libtide.so.1', needed: 'libebb.so.2' }),
    'usr/lib/tide/plugin.so': elfLibrary({ soname: 'plugin.so', needed: 'libtide.so.1' }),
    'usr/lib/tide/old': elfLibrary({ needed: 'libflood.so.3', bits: 32 }),
    'usr/lib/tide/odd': elfLibrary({ needed: 'lib odd' }),
    'usr/lib/debug/usr/lib/libtide.so.1': elfLibrary({ needed: 'libdebug.so.1' }),
  }
  for (const [path, bytes] of Object.entries(files)) {
    const watcher = found.watchFile(path, 0o644)
    watcher?.add(bytes)
    watcher?.finish()
  }
  expect(found.provides.map(formatCapability)).toEqual(['soname(libtide.so.1()(64bit))'])
  expect(found.requires.map(formatCapability)).toEqual([
    'soname(libebb.so.2()(64bit))',
    'soname(libflood.so.3)',
  ])
  expect(found.problems).toEqual(['usr/lib/tide/odd: what it needs is not a name'])
})

test('of what others built, nothing is required by its files', () => {
  const found = new FoundCapabilities('tide')
  const watcher = found.watchFile('usr/lib/libtide.so.1', 0o644)
  watcher?.add(elfLibrary({ soname: 'libtide.so.1', needed: 'lib odd' }))
  watcher?.finish()
  expect([found.requires, found.problems]).toEqual([[], []])
})

test('sonames with their class, from folders that the loader searches alone', () => {
  const bytes = elfLibrary({ soname: 'libtide.so.1' })
  expect(
    provided({
      'usr/lib/x86_64-linux-gnu/libtide.so.1.0': { bytes },
      'usr/lib64/libebb.so.1': { bytes: elfLibrary({ soname: 'libebb.so.1', bits: 32 }) },
      'usr/lib/tide/plugins/libflood.so': { bytes: elfLibrary({ soname: 'libflood.so' }) },
      'usr/lib/x86_64-linux-gnu/libtide.so': { target: 'libtide.so.1' },
      'usr/lib/libtext.so': { bytes: 'INPUT(libtide.so.1)' },
    }),
  ).toEqual(['soname(libebb.so.1)', 'soname(libtide.so.1()(64bit))'])
})

test('programs by the folder they are in, but not what cannot be run or is an alternative', () => {
  expect(
    provided({
      'usr/bin/tide': { mode: 0o755 },
      'usr/bin/ebb': { target: 'tide' },
      'usr/bin/readme': { mode: 0o644 },
      'usr/bin/editor': { target: '/etc/alternatives/editor' },
      'usr/bin/sub/tool': { mode: 0o755 },
      'usr/sbin/tided': { mode: 0o755 },
    }),
  ).toEqual(['binary(ebb)', 'binary(tide)', 'sysbinary(tided)'])
})

test('the loader by the path that programs ask for', () => {
  expect(provided({ 'usr/lib64/ld-linux-x86-64.so.2': { target: '../lib/x86_64-linux-gnu/ld.so' } })).toEqual(
    ['interpreter(/lib64/ld-linux-x86-64.so.2)'],
  )
})

test('pkg-config files with the version they give in plain', () => {
  expect(
    provided({
      'usr/lib/x86_64-linux-gnu/pkgconfig/zlib.pc': { bytes: 'prefix=/usr\nName: zlib\nVersion: 1.2.13\n' },
      'usr/share/pkgconfig/tide.pc': { bytes: 'Version: ${version}\n' },
    }),
  ).toEqual(['pkgconfig(tide)', 'pkgconfig(zlib) = 1.2.13'])
})

test('Python modules that are found without being told', () => {
  expect(
    provided({
      'usr/lib/python3/dist-packages/six.py': {},
      'usr/lib/python3/dist-packages/yaml/__init__.py': {},
      'usr/lib/python3/dist-packages/yaml/nodes.py': {},
      'usr/lib/python3.11/site-packages/_tide.cpython-311-x86_64-linux-gnu.so': {},
      'usr/lib/python3.11/ssl.py': {},
      'usr/share/tide/private.py': {},
    }),
  ).toEqual(['python(_tide)', 'python(six)', 'python(yaml)'])
})

test('names that cannot be shown are no capabilities', () => {
  expect(provided({ 'usr/bin/a\u202eb': { mode: 0o755 }, 'usr/bin/[': { mode: 0o755 } })).toEqual([
    'binary([)',
  ])
})

test('a library that cannot be read is told', () => {
  const bytes = elfLibrary({ soname: 'liba.so.1' }).subarray(0, 1030)
  expect(find({ 'usr/lib/liba.so.1': { bytes } }).problems).toEqual([
    'usr/lib/liba.so.1: its dynamic section cannot be read',
  ])
})

const machineReadable = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: GPL-2+

Files: lib/*
License: Expat
 Permission is granted

License: GPL-2+
 This program is free
`

test('licences from a machine-readable copyright file of the package’s own', () => {
  const own = { 'usr/share/doc/tide/copyright': { bytes: machineReadable } }
  expect(find(own).licence).toBe('GPL-2+, Expat')
  expect(find({ 'usr/share/doc/other/copyright': { bytes: machineReadable } }).licence).toBe('')
})

test('a copyright file in prose says nothing', () => {
  expect(licencesOf('This package is free.\nLicense: see below\n')).toBe('')
})

test('many licences are cut with a mark', () => {
  const names = Array.from({ length: 200 }, (_, i) => `License: licence-${i}`).join('\n')
  const text = licencesOf(`${machineReadable}${names}`)
  expect(text.length).toBeLessThan(410)
  expect(text.endsWith(', …')).toBe(true)
})
