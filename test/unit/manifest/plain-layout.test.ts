import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { type CborValue, encodeCbor } from '../../../src/base/cbor.ts'
import { readPlainLayout } from '../../../src/manifest/plain-layout.ts'

const names = (path: string): CborValue => path.split('/').map(encodeUtf8)
const folder = { kind: 'folder', path: names('usr'), mode: 0o755, uid: 0, gid: 0 }
const file = {
  ...folder,
  kind: 'file',
  path: names('usr/x'),
  size: 2 ** 40,
  content: new Uint8Array(32).fill(1),
}
const symlink = { kind: 'symlink', path: names('usr/y/z'), target: encodeUtf8('../é') }

const read = (layout: CborValue) => readPlainLayout(encodeCbor(layout))

describe('a plain layout', () => {
  test('is read from its bytes, whatever its paths share', () => {
    const { path: _path, ...attributes } = folder
    expect(read([folder, file, symlink, { ...folder, path: names('usr/y/é') }])).toEqual([
      { ...attributes, path: 'usr' },
      {
        ...attributes,
        kind: 'file',
        path: 'usr/x',
        sizeBytes: 2 ** 40,
        content: '01'.repeat(32),
      },
      { kind: 'symlink', path: 'usr/y/z', target: '../é' },
      { ...attributes, path: 'usr/y/é' },
    ])
  })

  test.each<readonly [string, CborValue]>([
    ['no list', folder],
    ['an entry that is no map', [1]],
    ['another kind', [{ ...folder, kind: 'device' }]],
    ['a field too many', [{ ...symlink, mode: 0 }]],
    ['a field too few', [{ kind: 'folder', path: names('usr'), mode: 0o755, uid: 0 }]],
    ['extended attributes', [{ ...file, xattrs: {} }]],
    ['a mode of 13 bits', [{ ...folder, mode: 0o10000 }]],
    ['an owner who is nobody', [{ ...folder, uid: 0xffffffff }]],
    ['a negative number', [{ ...folder, gid: -1 }]],
    ['a digest of 31 bytes', [{ ...file, content: new Uint8Array(31) }]],
    ['a path without components', [{ ...folder, path: [] }]],
    ['a path of text', [{ ...folder, path: ['usr'] }]],
    ['an empty component', [{ ...folder, path: names('usr//x') }]],
    ['a component with a slash', [{ ...folder, path: [encodeUtf8('usr/x')] }]],
    ['a component of 256 bytes', [{ ...folder, path: names('x'.repeat(256)) }]],
    ['a path of 65 components', [{ ...folder, path: names(`usr${'/x'.repeat(64)}`) }]],
    ['a component that is no text', [{ ...folder, path: [Uint8Array.of(0xff)] }]],
    ['half a character in a component', [{ ...folder, path: [Uint8Array.of(0xc3), Uint8Array.of(0xa9)] }]],
    ['an empty target', [{ ...symlink, target: new Uint8Array(0) }]],
    ['a target that is no text', [{ ...symlink, target: Uint8Array.of(0xff) }]],
  ])('is none with %s', (_, layout) => {
    expect(read(layout)).toBeUndefined()
  })
})
