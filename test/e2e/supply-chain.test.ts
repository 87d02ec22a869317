// What moss itself is made of: pinned, told, without a script of others, and the same bytes wherever it is built.
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../support/scratch.ts'
import { makeSbom, readLockfile, shipped } from '../tools/sbom.ts'

const top = join(import.meta.dirname, '../..')
const lock = readLockfile(top)

test('the lockfile pins every package by SHA-512', () => {
  const unpinned = Object.entries(lock.packages)
    .filter(([path, { integrity }]) => path !== '' && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''))
    .map(([path]) => path)
  expect(unpinned).toEqual([])
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100)
})

test('no script of another package runs when moss is installed', () => {
  expect(readFileSync(join(top, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m)
  const scripted = shipped(lock).filter((path) => lock.packages[path]?.hasInstallScript === true)
  // It would compile what moss does not use, and is not run.
  expect(scripted).toEqual(['node_modules/cbor-extract'])
})

test('the list of parts names every package that comes with moss, with its digest', () => {
  const text = makeSbom(lock)
  expect(readFileSync(join(top, 'dist/sbom.json'), 'utf8')).toBe(text)
  interface Part {
    readonly 'bom-ref': string
    readonly name: string
    readonly hashes: readonly { readonly content: string }[]
  }
  const bom = JSON.parse(text) as {
    readonly components: readonly Part[]
    readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
  }
  const names = new Set(bom.components.map(({ name }) => name))
  const direct = Object.keys(lock.packages['']?.dependencies ?? {})
  expect(direct.length).toBeGreaterThan(8)
  expect(direct.filter((name) => !names.has(name))).toEqual([])
  for (const { name, hashes } of bom.components) expect(hashes[0]?.content, name).toMatch(/^[0-9a-f]{128}$/)
  const refs = new Set(bom.components.map((part) => part['bom-ref']))
  for (const { dependsOn } of bom.dependencies) for (const ref of dependsOn) expect(refs).toContain(ref)
  expect(names).not.toContain('vitest')
})

test('two builds in two places are the same bytes, and so are the packages of them', () => {
  const folder = scratchFolder()
  try {
    const packed = ['here', 'a/place/further/off'].map((name) => packIn(join(folder, name)))
    expect(packed[0]?.files).toEqual(packed[1]?.files)
    expect(packed[0]?.digest).toBe(packed[1]?.digest)
    expect(packed[0]?.files.length).toBeGreaterThan(6)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)

function packIn(place: string): { readonly files: readonly string[]; readonly digest: string } {
  mkdirSync(place, { recursive: true })
  const parts = [
    'src',
    'man',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
  ]
  for (const name of [...parts, 'test/tools', 'test/support'])
    cpSync(join(top, name), join(place, name), { recursive: true })
  symlinkSync(join(top, 'node_modules'), join(place, 'node_modules'))
  const built = spawnSync(process.execPath, [join(place, 'test/tools/build.ts')], { encoding: 'utf8' })
  expect(built.status, built.stderr).toBe(0)
  // What V8 compiled is of this machine, and only saves time.
  const files = readdirSync(join(place, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^moss-.*\.(host|short|station)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path.slice(place.length)} ${hash('sha256', readFileSync(path))}`)
  const pack = spawnSync('npm', ['pack', '--silent', '--pack-destination', place], {
    cwd: place,
    encoding: 'utf8',
  })
  expect(pack.status, pack.stderr).toBe(0)
  return { files, digest: hash('sha256', readFileSync(join(place, pack.stdout.trim()))) }
}
