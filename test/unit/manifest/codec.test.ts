import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../../src/base/cbor.ts'
import { MossError } from '../../../src/base/error.ts'
import type { ContentDigest, PackageId } from '../../../src/base/ids.ts'
import { decodeManifest, encodeManifest, measureManifest, packageIdOf } from '../../../src/manifest/codec.ts'
import { DecodedManifests } from '../../../src/manifest/decoded-manifests.ts'
import type { Manifest } from '../../../src/manifest/manifest.ts'
import { file, folder, manifestOf, symlink } from '../../support/manifests.ts'

const full = manifestOf({
  version: '1:2.0~rc1-3',
  provides: [
    { kind: 'soname', name: 'libz.so.1()(64bit)', version: '1.2' },
    { kind: 'later', name: 'unknown kind' },
  ],
  requires: [
    [
      { kind: 'name', name: 'libc6', bound: { operator: '>=', version: '2.36' } },
      { kind: 'name', name: 'musl' },
    ],
  ],
  conflicts: [{ kind: 'name', name: 'other' }],
  replaces: [{ kind: 'name', name: 'other', bound: { operator: '<<', version: '2' } }],
  layout: [
    folder('usr'),
    folder('usr/bin', 0o2755),
    file('usr/bin/su', 'body', 0o4755),
    { ...file('usr/bin/zping'), xattrs: { 'security.capability': new Uint8Array(20) } },
    { ...file('usr/zbig'), sizeBytes: 2 ** 53 - 1 },
    symlink('usr/zlink', '/etc/alternatives/z'),
  ],
  privileged: ['usr/bin', 'usr/bin/su', 'usr/bin/zping'],
})

/** The first line of whatever refuses it. */
function refusal(act: () => unknown): string {
  try {
    act()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof MossError)) throw error
    return `${error.code}: ${error.message}`
  }
}

describe('a manifest', () => {
  test('comes back from its bytes as it was, and its id is their digest', () => {
    const encoded = encodeManifest(full)
    expect(decodeManifest(encoded, 'manifest')).toEqual(full)
    expect(packageIdOf(encoded)).toMatch(/^[0-9a-f]{64}$/)
  })

  test('has one encoding, whatever the order of its fields in memory', () => {
    const shuffled = Object.fromEntries(Object.entries(full).toReversed()) as unknown as Manifest
    expect(encodeManifest(shuffled)).toEqual(encodeManifest(full))
  })

  test('keeps the id that it had when the format was fixed', () => {
    expect(packageIdOf(encodeManifest(manifestOf({ layout: [folder('usr'), file('usr/x')] })))).toBe(
      'f831e6c444b3eaa3fd9856ee6f08a734a906d7275b794d06441387ea064f1bb4',
    )
  })
})

describe('a rule that is broken is refused, in memory and as bytes', () => {
  const usr = folder('usr')
  const other = file('usr/a', 'same').content
  test.each<readonly [string, Partial<Manifest>, string]>([
    ['a name that is a path', { name: '../x' }, '../x is not a package name'],
    ['a version with a blank', { version: '1 0' }, '1 0 is not a version of scheme deb'],
    ['a version of another scheme', { version: '1_0' }, '1_0 is not a version of scheme deb'],
    ['an architecture in capitals', { architecture: 'AMD64' }, 'AMD64 is not an architecture'],
    ['a summary of two lines', { summary: 'a\nb' }, 'its summary has more than one line'],
    [
      'a capability without a name',
      { provides: [{ kind: 'name', name: '' }] },
      'a name has 1 to 255 characters',
    ],
    [
      'a hidden character',
      { provides: [{ kind: 'font', name: 'a\u202eb' }] },
      'font(a\\u{202e}b) has characters that cannot be shown',
    ],
    ['a kind that is none', { conflicts: [{ kind: 'Name', name: 'a' }] }, 'Name is not a kind of capability'],
    [
      'a bound that is no version',
      { replaces: [{ kind: 'name', name: 'a', bound: { operator: '=', version: '1 2' } }] },
      '1 2 is not a version',
    ],
    ['an empty choice', { requires: [[]] }, 'a requirement has no alternative'],
    ['an empty hope', { recommends: [[]] }, 'a requirement has no alternative'],
    ['no hope, but said so', { recommends: [] }, 'it says that it recommends nothing'],
    ['a path outside usr', { layout: [folder('etc')] }, 'etc is not below usr/'],
    ['an absolute path', { layout: [folder('/usr')] }, '/usr has an empty component'],
    [
      'a path that climbs',
      { layout: [usr, file('usr/../etc/passwd')] },
      'usr/../etc/passwd has the component ..',
    ],
    ['a path that stays', { layout: [usr, file('usr/./x')] }, 'usr/./x has the component .'],
    ['a double slash', { layout: [usr, file('usr//x')] }, 'usr//x has an empty component'],
    ['a slash at the end', { layout: [usr, folder('usr/x/')] }, 'usr/x/ has an empty component'],
    ['a NUL', { layout: [usr, file('usr/a\0b')] }, 'has a NUL character'],
    [
      'a component of 256 bytes',
      { layout: [usr, file(`usr/${'é'.repeat(128)}`)] },
      'has a component of more than 255 bytes',
    ],
    ['65 components', { layout: [usr, file(`usr${'/x'.repeat(64)}`)] }, 'is more than 64 folders deep'],
    [
      'moss’s own folder',
      { layout: [usr, folder('usr/lib'), folder('usr/lib/moss')] },
      'usr/lib/moss is in usr/lib/moss, which is reserved to moss',
    ],
    ['a file in it', { layout: [usr, file('usr/lib/moss/state')] }, 'reserved to moss'],
    [
      'a parent that is not declared',
      { layout: [usr, file('usr/bin/x')] },
      'usr/bin/x stands below what is not declared as a folder',
    ],
    [
      'a parent that is a symlink',
      { layout: [usr, symlink('usr/bin', 'x'), file('usr/bin/x')] },
      'usr/bin/x stands below what is not declared as a folder',
    ],
    [
      'a parent that is a file',
      { layout: [usr, file('usr/bin'), file('usr/bin/x')] },
      'usr/bin/x stands below what is not declared as a folder',
    ],
    [
      'a parent after its child',
      { layout: [usr, file('usr/bin/x'), folder('usr/bin')] },
      'usr/bin/x stands below',
    ],
    ['a path twice', { layout: [usr, file('usr/x'), file('usr/x')] }, 'usr/x is declared twice'],
    ['paths out of order', { layout: [usr, file('usr/b'), file('usr/a')] }, 'usr/a is out of order'],
    [
      'a sibling between a folder and its children',
      { layout: [usr, folder('usr/a'), file('usr/a.b'), file('usr/a/b')] },
      'usr/a/b is out of order',
    ],
    ['an empty target', { layout: [usr, symlink('usr/x', '')] }, 'usr/x points nowhere'],
    ['a target with NUL', { layout: [usr, symlink('usr/x', 'a\0')] }, 'usr/x points nowhere'],
    [
      'a foreign attribute',
      { layout: [usr, { ...file('usr/x'), xattrs: { 'trusted.overlay.opaque': new Uint8Array(1) } }] },
      'usr/x has the extended attribute trusted.overlay.opaque',
    ],
    [
      'an empty list of attributes',
      { layout: [usr, { ...file('usr/x'), xattrs: {} }] },
      'usr/x has an empty list of extended attributes',
    ],
    [
      'an empty file with a content',
      { layout: [usr, { ...file('usr/x'), sizeBytes: 0 }] },
      'usr/x has a size that its content cannot have',
    ],
    [
      'one content in two sizes',
      { layout: [usr, file('usr/a', 'same'), { ...file('usr/b'), content: other, sizeBytes: 9 }] },
      'usr/b has the content of another file in another size',
    ],
    [
      'setuid that is not listed',
      { layout: [usr, file('usr/su', 'x', 0o4755)] },
      'usr/su is privileged and is not listed as such',
    ],
    [
      'setgid of a folder that is not listed',
      { layout: [folder('usr', 0o2755)] },
      'usr is privileged and is not listed as such',
    ],
    [
      'a file capability that is not listed',
      { layout: [usr, { ...file('usr/p'), xattrs: { 'security.capability': new Uint8Array(20) } }] },
      'usr/p is privileged and is not listed as such',
    ],
    [
      'a listed path that is not privileged',
      { layout: [usr, file('usr/su')], privileged: ['usr/su'] },
      'usr/su is listed as privileged and is not',
    ],
    [
      'a listed path that is not there',
      { layout: [usr], privileged: ['usr/su'] },
      'usr/su is listed as privileged out of order or is not there',
    ],
    [
      'a listed path twice',
      { layout: [usr, file('usr/su', 'x', 0o4755)], privileged: ['usr/su', 'usr/su'] },
      'usr/su is listed as privileged out of order',
    ],
  ])('%s', (_, some, problem) => {
    const wrong = manifestOf(some)
    expect(refusal(() => encodeManifest(wrong))).toContain('MANIFEST_INVALID')
    expect(refusal(() => encodeManifest(wrong))).toContain(problem)
    expect(refusal(() => decodeManifest(bytesOf(wrong), 'manifest'))).toMatch(/^(MANIFEST|SHAPE)_INVALID/)
  })
})

/** What a hostile writer would write: encoded without any check. */
function bytesOf(manifest: Manifest): Uint8Array {
  const components = (path: string): CborValue => path.split('/').map(encodeUtf8)
  const layout = manifest.layout.map((entry): CborValue => {
    if (entry.kind === 'symlink')
      return { ...entry, path: components(entry.path), target: encodeUtf8(entry.target) }
    if (entry.kind === 'folder') return { ...entry, path: components(entry.path) }
    const { sizeBytes, content, ...rest } = entry
    return { ...rest, path: components(entry.path), size: sizeBytes, content: Uint8Array.fromHex(content) }
  })
  return encodeCbor({
    ...manifest,
    layout,
    privileged: manifest.privileged.map(components),
  } as unknown as CborValue)
}

describe('bytes that only a hostile writer makes are refused', () => {
  const written = (change: (value: { [key: string]: CborValue }) => void): string => {
    const value = decodeCbor(encodeManifest(full), 'manifest') as { [key: string]: CborValue }
    change(value)
    return refusal(() => decodeManifest(encodeCbor(value), 'manifest'))
  }
  const withPath = (...components: readonly Uint8Array[]): string =>
    written((value) => {
      value['layout'] = [{ kind: 'symlink', path: components, target: encodeUtf8('x') }]
      value['privileged'] = []
    })

  test('as a slash within a component', () => {
    expect(withPath(encodeUtf8('usr/bin'))).toContain('a component is not the name of a file')
  })

  test('as a component that is not UTF-8', () => {
    expect(withPath(encodeUtf8('usr'), Uint8Array.of(0xff))).toContain(
      'a component is not the name of a file',
    )
  })

  test('as a path of no component, or of an empty one', () => {
    expect(withPath()).toContain('MANIFEST_INVALID')
    expect(withPath(new Uint8Array(0))).toContain('SHAPE_INVALID')
  })

  test('as an unknown field, a missing one, or a device', () => {
    expect(written((value) => (value['extra'] = 1))).toContain('manifest.extra is malformed: unknown field')
    expect(written((value) => delete value['licence'])).toContain('manifest.licence')
    const device = { kind: 'device', path: [encodeUtf8('usr')], mode: 0, uid: 0, gid: 0 }
    expect(written((value) => (value['layout'] = [device]))).toContain('manifest.layout[0]')
  })

  test('as a mode with more bits than a mode has', () => {
    const link = { kind: 'folder', path: [encodeUtf8('usr')], mode: 0o120777, uid: 0, gid: 0 }
    expect(written((value) => (value['layout'] = [link]))).toContain('manifest.layout[0].mode')
  })

  test('as a content digest of another length', () => {
    const short = { ...file('usr/x'), content: 'ab' as ContentDigest }
    expect(
      refusal(() => decodeManifest(bytesOf(manifestOf({ layout: [folder('usr'), short] })), 'm')),
    ).toContain('m.layout[1].content is malformed: expected 32 bytes')
  })
})

describe('a manifest that was decoded', () => {
  test('is not decoded again from the same bytes, and is named and measured as its bytes are', () => {
    const bytes = encodeManifest(manifestOf({ layout: [folder('usr'), file('usr/a')] }))
    const manifest = decodeManifest(bytes, 'one')
    expect(decodeManifest(bytes.slice(), 'two')).toBe(manifest)
    const measured = { id: packageIdOf(bytes), sizeBytes: bytes.length }
    expect(measureManifest(manifest)).toEqual(measured)
    expect(measureManifest({ ...manifest })).toEqual(measured)
  })

  test('is forgotten when others were used since then, and still measured', () => {
    const known = new DecodedManifests()
    const [first, ...rest] = Array.from({ length: 5 }, (_, n) => ({
      manifest: manifestOf({ layout: [folder('usr')] }),
      measured: { id: `${n}` as PackageId, sizeBytes: 6 * 1024 * 1024 },
    }))
    for (const { manifest, measured } of [first!, ...rest.slice(0, 3)]) known.add(manifest, measured)
    expect(known.get(first!.measured.id)).toBe(first!.manifest)
    known.add(rest[3]!.manifest, rest[3]!.measured)
    expect(known.get(first!.measured.id)).toBe(first!.manifest)
    expect(known.get(rest[0]!.measured.id)).toBeUndefined()
    expect(known.measured(rest[0]!.manifest)).toEqual(rest[0]!.measured)
  })
})
