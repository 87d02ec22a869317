// The stock's triggers with the real programs of this machine over real data of its packages: each makes what the
// system then reads, and the same on two roots.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import {
  applySamples,
  freshRoot,
  type OpenRoot,
  type SampleEntry,
  samplePackage,
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

type Entries = Readonly<Record<string, SampleEntry>>

const fromHere = (...paths: readonly string[]): Entries =>
  Object.fromEntries(paths.map((path) => [path, { text: readFileSync(`/${path}`) }]))

/** What the trigger made, after the same came out on a second root that has its files in another order. */
async function madeBy(name: string, entries: Entries): Promise<readonly string[]> {
  await applySamples(opened, [samplePackage('sample', '1', entries)])
  const record = opened.states.current()
  expect(record.triggers).toEqual([{ name, outcome: 'done', note: '' }])
  const other = mkdtempSync('/var/tmp/moss-')
  try {
    using second = freshRoot(outside, join(other, 'root'))
    await applySamples(second, [samplePackage('sample', '1', entries)])
    expect(second.states.current().made).toEqual(record.made)
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
  return record.made.map(({ path }) => path)
}

const read = (path: string): string => readFileSync(join(root, path), 'latin1')

const schemas = '/usr/share/glib-2.0/schemas'
const oneSchema = existsSync(schemas)
  ? readdirSync(schemas).filter((name) => name.endsWith('.gschema.xml'))
  : []

describe.runIf(canRunTrees('glib-compile-schemas'))('glib-schemas', () => {
  test('compiles the schemas', async () => {
    const own = `<schemalist><schema id="moss.sample" path="/moss/"><key name="size" type="i"><default>7</default></key></schema></schemalist>`
    const made = await madeBy('glib-schemas', {
      ...treePrograms('glib-compile-schemas'),
      'usr/share/glib-2.0/schemas/moss.sample.gschema.xml': own,
      ...fromHere(...oneSchema.slice(0, 3).map((name) => `usr/share/glib-2.0/schemas/${name}`)),
    })
    expect(made).toEqual(['usr/share/glib-2.0/schemas/gschemas.compiled'])
    expect(read(made[0] as string)).toContain('moss.sample')
  })
})

const types = 'usr/share/mime/packages/freedesktop.org.xml'
describe.runIf(canRunTrees('update-mime-database') && existsSync(`/${types}`))('mime', () => {
  test('makes the database of types, folders and all', async () => {
    const made = await madeBy('mime', { ...treePrograms('update-mime-database'), ...fromHere(types) })
    expect(made.length).toBeGreaterThan(500)
    expect(made).toEqual(expect.arrayContaining(['usr/share/mime/text', 'usr/share/mime/text/plain.xml']))
    expect(read('usr/share/mime/mime.cache')).toContain('text/plain')
    const listed = execFileSync('sh', ['-c', 'ls /usr/share/mime/text | wc -l'], { encoding: 'utf8' })
    expect(Number(listed)).toBeGreaterThan(0)
  })
})

describe.runIf(canRunTrees('update-desktop-database'))('desktop', () => {
  test('makes the cache of who opens what', async () => {
    const entry = (name: string): string =>
      `[Desktop Entry]\nType=Application\nName=${name}\nExec=${name}\nMimeType=text/plain;\n`
    const made = await madeBy('desktop', {
      ...treePrograms('update-desktop-database'),
      'usr/share/applications/b.desktop': entry('b'),
      'usr/share/applications/a.desktop': entry('a'),
      'usr/share/applications/kde/c.desktop': entry('c'),
    })
    expect(made).toEqual(['usr/share/applications/mimeinfo.cache'])
    expect(read(made[0] as string)).toContain('text/plain=')
  })
})

describe.runIf(canRunTrees('gtk-update-icon-cache', 'dash'))('icon-caches', () => {
  test('makes one for each theme', async () => {
    const icon = { text: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`) }
    const theme = `[Icon Theme]\nName=x\nDirectories=scalable/apps\n[scalable/apps]\nSize=1\nType=Scalable\n`
    const made = await madeBy('icon-caches', {
      ...treePrograms('gtk-update-icon-cache', 'dash'),
      'usr/bin/sh': { target: 'dash' },
      'usr/share/icons/x/index.theme': theme,
      'usr/share/icons/x/scalable/apps/one.svg': icon,
      'usr/share/icons/y/index.theme': theme,
      'usr/share/icons/y/scalable/apps/two.svg': icon,
      'usr/share/icons/none/three.svg': icon,
    })
    expect(made).toEqual(['usr/share/icons/x/icon-theme.cache', 'usr/share/icons/y/icon-theme.cache'])
    expect(read(made[0] as string)).toContain('one')
  })
})

describe.runIf(canRunTrees('install-info', 'dash'))('info', () => {
  test('makes the directory of pages, and leaves out one without an entry', async () => {
    const page = (name: string): string =>
      `INFO-DIR-SECTION Moss\nSTART-INFO-DIR-ENTRY\n* ${name}: (${name}). What it is.\nEND-INFO-DIR-ENTRY\n\x1f\nFile: ${name}.info, Node: Top\n`
    const made = await madeBy('info', {
      ...treePrograms('install-info', 'dash'),
      'usr/bin/sh': { target: 'dash' },
      'usr/share/info/b.info': page('b'),
      'usr/share/info/a.info': page('a'),
      'usr/share/info/bad.info': 'nothing',
    })
    expect(made).toEqual(['usr/share/info/dir'])
    expect(read(made[0] as string)).toMatch(/\* a: [^]*\* b: /)
  })
})

describe.runIf(canRunTrees('depmod', 'dash'))('depmod', () => {
  test('makes the lists of each version', async () => {
    const made = await madeBy('depmod', {
      ...treePrograms('depmod', 'dash'),
      'usr/bin/sh': { target: 'dash' },
      'usr/lib/modules/6.1.0-1/modules.order': '',
      'usr/lib/modules/6.1.0-1/modules.builtin': '',
      'usr/lib/modules/6.1.0-2/modules.order': '',
      'usr/lib/modules/6.1.0-2/modules.builtin': '',
    })
    expect(made).toEqual(
      expect.arrayContaining(['usr/lib/modules/6.1.0-1/modules.dep', 'usr/lib/modules/6.1.0-2/modules.dep']),
    )
  })
})
