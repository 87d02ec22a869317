import { expect, test } from 'vitest'
import type { ContentDigest } from '../../../src/base/ids.ts'
import { compareManifests } from '../../../src/manifest/compare-manifests.ts'
import type { LayoutEntry, Manifest } from '../../../src/manifest/manifest.ts'

const file = (path: string, more: Partial<Extract<LayoutEntry, { kind: 'file' }>> = {}): LayoutEntry => ({
  kind: 'file',
  path,
  mode: 0o644,
  uid: 0,
  gid: 0,
  sizeBytes: 1,
  content: 'a1' as ContentDigest,
  ...more,
})
const link = (path: string, target: string): LayoutEntry => ({ kind: 'symlink', path, target })

const packageOf = (layout: readonly LayoutEntry[], more: Partial<Manifest> = {}): Manifest => ({
  name: 'tide',
  version: '1.0-1',
  scheme: 'moss',
  architecture: 'any',
  summary: '',
  description: '',
  licence: '',
  origin: '',
  provides: [],
  requires: [],
  conflicts: [],
  replaces: [],
  layout,
  privileged: [],
  ...more,
})

test('a package does not differ from itself', () => {
  const one = packageOf([file('usr/a'), link('usr/b', 'a')], { recommends: [[{ kind: 'name', name: 'x' }]] })
  expect(compareManifests(one, one)).toEqual({ about: [], relations: [], files: [] })
})

test('files: what of them is another, and their sizes', () => {
  const before = packageOf([
    file('usr/content'),
    file('usr/gone', { sizeBytes: 9 }),
    file('usr/kind'),
    link('usr/link', 'old'),
    file('usr/mode', { xattrs: { 'user.pax.flags': Uint8Array.of(1) } }),
    file('usr/same'),
  ])
  const after = packageOf([
    file('usr/came', { sizeBytes: 5 }),
    file('usr/content', { content: 'b2' as ContentDigest, sizeBytes: 2 }),
    link('usr/kind', 'x'),
    link('usr/link', 'new'),
    file('usr/mode', { mode: 0o4755, uid: 7 }),
    file('usr/same'),
  ])
  expect(compareManifests(before, after).files).toEqual([
    { path: 'usr/came', change: '+', newBytes: 5, what: [] },
    { path: 'usr/content', change: '~', oldBytes: 1, newBytes: 2, what: ['content'] },
    { path: 'usr/gone', change: '-', oldBytes: 9, what: [] },
    { path: 'usr/kind', change: '~', oldBytes: 1, what: ['file → symlink'] },
    { path: 'usr/link', change: '~', what: ['target old → new'] },
    {
      path: 'usr/mode',
      change: '~',
      oldBytes: 1,
      newBytes: 1,
      what: ['mode 0644 → 4755', 'owner 0:0 → 7:0', 'extended attributes'],
    },
  ])
})

test('what they say of themselves and of others', () => {
  const before = packageOf([], {
    requires: [
      [
        { kind: 'name', name: 'awk' },
        { kind: 'name', name: 'gawk' },
      ],
      [{ kind: 'name', name: 'sh' }],
    ],
    provides: [{ kind: 'binary', name: 'tide' }],
  })
  const after = packageOf([], {
    version: '1.1-1',
    requires: [[{ kind: 'name', name: 'awk' }], [{ kind: 'name', name: 'sh' }]],
    provides: [{ kind: 'binary', name: 'tide', version: '2' }],
    conflicts: [{ kind: 'name', name: 'ebb' }],
  })
  expect(compareManifests(before, after)).toEqual({
    about: [{ key: 'version', old: '1.0-1', new: '1.1-1' }],
    relations: [
      { change: '-', key: 'provides', text: 'binary(tide)' },
      { change: '+', key: 'provides', text: 'binary(tide) = 2' },
      { change: '-', key: 'requires', text: 'name(awk) | name(gawk)' },
      { change: '+', key: 'requires', text: 'name(awk)' },
      { change: '+', key: 'conflicts', text: 'name(ebb)' },
    ],
    files: [],
  })
})
