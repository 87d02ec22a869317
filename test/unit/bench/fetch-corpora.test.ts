import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { scratchFolder } from '../../support/scratch.ts'

const made: string[] = []
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true })))

const bench = join(import.meta.dirname, '../../bench')
const versions = ['1.0.0', '1.0.1'] as const

/** A set of one npm package whose files are at hand already; `digest` is what the list says of the newer one. */
function fetch(digest: (bytes: Uint8Array) => string) {
  const folder = scratchFolder()
  made.push(folder)
  const packages = join(folder, 'out/packages')
  mkdirSync(join(folder, 'package'))
  mkdirSync(packages, { recursive: true })
  cpSync(join(bench, 'fetch-corpora.sh'), join(folder, 'fetch-corpora.sh'))
  writeFileSync(join(folder, 'pairs.tsv'), 'few\tnpm\t@a/b\t1.0.0\t@a/b\t1.0.1\n')
  const lines = versions.map((version, at) => {
    writeFileSync(join(folder, 'package/file'), version)
    const file = join(packages, `a-b-${version}.tgz`)
    spawnSync('tar', ['-czf', file, '-C', folder, 'package'])
    const bytes = readFileSync(file)
    const said = at === 1 ? digest(bytes) : sha256(bytes)
    return ['few', 'AB'[at], '@a/b', version, said, bytes.length].join('\t')
  })
  writeFileSync(join(folder, 'manifest.tsv'), `${lines.join('\n')}\n`)
  const ran = spawnSync('bash', [join(folder, 'fetch-corpora.sh'), join(folder, 'out'), 'few'], {
    encoding: 'utf8',
  })
  return { ...ran, tree: (side: string) => join(folder, 'out/few', side, '@a/b/file') }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('packages of the listed SHA-256 are unpacked, before and after', () => {
  const { status, stdout, tree } = fetch(sha256)
  expect(status).toBe(0)
  expect(stdout).toBe('few/A\t1 files\t5 bytes\nfew/B\t1 files\t5 bytes\n')
  expect(readFileSync(tree('A'), 'utf8')).toBe('1.0.0')
  expect(readFileSync(tree('B'), 'utf8')).toBe('1.0.1')
})

test('a package of another SHA-256 is refused by name and nothing is unpacked', () => {
  const { status, stderr, tree } = fetch(() => '0'.repeat(64))
  expect(status).toBe(1)
  expect(stderr).toMatch(/^refused: a-b-1\.0\.1\.tgz has SHA-256 [0-9a-f]{64}, manifest\.tsv says 0{64}$/m)
  expect(existsSync(tree('A'))).toBe(false)
})

test('a package that the list does not name is refused', () => {
  const { status, stderr } = fetch(() => '')
  expect(status).toBe(1)
  expect(stderr).toContain('says nothing of it')
})

test('every package of every pair is in the list of digests', () => {
  const rows = (name: string): readonly (readonly string[])[] =>
    readFileSync(join(bench, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
  const known = new Set(
    rows('manifest.tsv')
      .filter(([, , , , digest = '']) => /^[0-9a-f]{64}$/.test(digest))
      .map(([, , name, version]) => `${name} ${version}`),
  )
  const pairs = rows('pairs.tsv')
  expect(pairs.length).toBeGreaterThan(300)
  const unknown = pairs
    .flatMap(([, , before, old, after, fresh]) => [`${before} ${old}`, `${after} ${fresh}`])
    .filter((version) => !known.has(version))
  expect(unknown).toEqual([])
})
