import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { changedFiles, differences, sizeBelow } from '../../bench/ways/trees.ts'
import { scratchFolder } from '../../support/scratch.ts'

const made: string[] = []
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true })))

function tree(files: Readonly<Record<string, string>>): string {
  const top = scratchFolder()
  made.push(top)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true })
    writeFileSync(join(top, path), text)
    chmodSync(join(top, path), 0o644)
    utimesSync(join(top, path), 1, 1)
  }
  return top
}

test('a file of the same size and date but other bytes has changed', () => {
  const a = tree({ 'x/same': 'one', 'x/other': 'one' })
  const b = tree({ 'x/same': 'one', 'x/other': 'two', new: '12345' })
  expect(changedFiles(a, b)).toEqual([
    { path: 'new', hasBase: false, sizeBytes: 5 },
    { path: 'x/other', hasBase: true, sizeBytes: 3 },
  ])
  expect(sizeBelow(b)).toBe(11)
})

test('what lies behind a link to a folder is counted once, where it is', () => {
  const a = tree({ 'x/file': 'one' })
  const b = tree({ 'x/file': 'two' })
  symlinkSync('x', join(b, 'y'))
  expect(changedFiles(a, b)).toHaveLength(1)
  expect(sizeBelow(b)).toBe(3)
  expect(differences(b, a)).toEqual(['x/file: has other content', 'y: is missing'])
})

test('content, kind, mode, what is missing and what is too much are all told', () => {
  const meant = tree({ content: 'a', kind: 'a', mode: 'a', missing: 'a' })
  const host = tree({ content: 'b', mode: 'a', more: 'a' })
  symlinkSync('mode', join(host, 'kind'))
  chmodSync(join(host, 'mode'), 0o755)
  expect(differences(meant, host, { modes: true })).toEqual([
    'content: has other content',
    'kind: is of another kind',
    'missing: is missing',
    'mode: has mode 755, not 644',
    'more: is not in B',
  ])
})

test('equal trees differ in nothing, wherever the paths are placed', () => {
  const meant = tree({ 'etc/x': 'a', 'usr/y': 'b' })
  const host = tree({ 'usr/share/factory/etc/x': 'a', 'usr/y': 'b' })
  const placed = (path: string, isFolder: boolean): string | undefined =>
    isFolder ? undefined : path.replace(/^etc/, 'usr/share/factory/etc')
  expect(differences(meant, host, { placed, modes: true })).toEqual([])
})
