// Manifests that would write where no package may, or give power that nobody was shown: tar's traversal family, rpm's
// setuid hard links and what else a layout could do. Each arrives in a genuine bundle and is refused with its code.
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { concatBytes, encodeUtf8, fromHex } from '../../src/base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../src/base/cbor.ts'
import type { ErrorCode } from '../../src/base/codes.ts'
import { digestOf } from '../../src/base/digest.ts'
import { planApply } from '../../src/ops/apply.ts'
import {
  type BundleDraft,
  composeBundle,
  draftPackage,
  type DraftPackage,
} from '../support/compose-bundle.ts'
import {
  bundlePath,
  honest,
  type HostileHost,
  hostileHost,
  nameOnly,
  refusalOf,
  toolWith,
} from '../support/hostile-host.ts'
import { samplePackage } from '../support/sample-root.ts'
import { applyVerb, endOf, importVerb, placeFile, root } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)

let before: HostileHost['before']
let draft: BundleDraft

beforeAll(async () => {
  ;({ before, draft } = await hostileHost())
})

type Entry = Record<string, CborValue>

/** A manifest whose bytes are changed behind the back of the encoder, which would refuse. */
function forged(change: (manifest: Record<string, CborValue>) => Record<string, CborValue>): DraftPackage {
  const manifest = decodeCbor(honest.manifestBytes, 'manifest') as Record<string, CborValue>
  return { ...honest, manifestBytes: encodeCbor(change(manifest)) }
}

/** With one more file, or whatever `entry` makes of it, at the end of the layout. */
const withEntry = (entry: Entry, ...more: readonly Entry[]): DraftPackage =>
  forged((manifest) => ({ ...manifest, layout: [...(manifest['layout'] as CborValue[]), entry, ...more] }))

const emptyDigest = fromHex(digestOf(new Uint8Array(0)))
const path = (...components: readonly (string | Uint8Array)[]): CborValue =>
  components.map((one) => (typeof one === 'string' ? encodeUtf8(one) : one))
const fileAt = (at: CborValue, more: Entry = {}): Entry => ({
  kind: 'file',
  path: at,
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  content: emptyDigest,
  ...more,
})
const folderAt = (at: CborValue): Entry => ({ kind: 'folder', path: at, mode: 0o755, uid: 0, gid: 0 })
const linkAt = (at: CborValue, target: string): Entry => ({
  kind: 'symlink',
  path: at,
  target: encodeUtf8(target),
})
const secondTool = path('usr', 'zz')

const nowhere = fromHex(digestOf(encodeUtf8('carried by nobody')))

/** Bytes that our own encoder would not write. */
const ofBytes = (change: (bytes: Uint8Array) => Uint8Array): DraftPackage => ({
  ...honest,
  manifestBytes: change(honest.manifestBytes),
})

/** The first two entries of the map change places. */
function swapKeys(bytes: Uint8Array): Uint8Array {
  const [first, second, end] = firstEntries(bytes)
  return concatBytes([
    bytes.subarray(0, 1),
    bytes.subarray(second, end),
    bytes.subarray(first, second),
    bytes.subarray(end),
  ])
}

function firstKeyTwice(bytes: Uint8Array): Uint8Array {
  const [first, second, end] = firstEntries(bytes)
  return concatBytes([bytes.subarray(0, second), bytes.subarray(first, second), bytes.subarray(end)])
}

/** Where the first two entries of a map begin, and where the second ends. */
function firstEntries(bytes: Uint8Array): readonly [number, number, number] {
  const value = decodeCbor(bytes, 'manifest') as Record<string, CborValue>
  const keys = Object.keys(value).sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  const sizeOf = (key: string): number => encodeCbor({ [key]: value[key] as CborValue }).length - 1
  const [one = '', two = ''] = keys
  return [1, 1 + sizeOf(one), 1 + sizeOf(one) + sizeOf(two)]
}

/** The size of the last file, written as `hex`. */
function withSize(bytes: Uint8Array, hex: string): Uint8Array {
  const key = encodeUtf8('dsize')
  const at = Buffer.from(bytes).lastIndexOf(key) + key.length
  return concatBytes([bytes.subarray(0, at), fromHex(hex), bytes.subarray(at + 1)])
}

type Hostile = [string, ErrorCode, () => DraftPackage]

const toolContent = (): Uint8Array => {
  const layout = (decodeCbor(honest.manifestBytes, 'manifest') as { layout: Entry[] }).layout
  const [first] = layout.filter(({ kind }) => kind === 'file')
  return first?.['content'] as Uint8Array
}

const manifests: readonly Hostile[] = [
  ['a component ..', 'MANIFEST_INVALID', () => withEntry(fileAt(path('usr', '..', 'etc', 'passwd')))],
  ['a component .', 'MANIFEST_INVALID', () => withEntry(fileAt(path('usr', '.', 'passwd')))],
  ['an empty component', 'SHAPE_INVALID', () => withEntry(fileAt(path('usr', '', 'passwd')))],
  ['an absolute path', 'SHAPE_INVALID', () => withEntry(fileAt(path('/etc/passwd')))],
  ['a slash in a component', 'SHAPE_INVALID', () => withEntry(fileAt(path('usr', '../../etc/passwd')))],
  [
    'a path outside usr',
    'MANIFEST_INVALID',
    () => withEntry(folderAt(path('etc')), fileAt(path('etc', 'passwd'))),
  ],
  [
    'usr as a symlink',
    'MANIFEST_INVALID',
    () => forged((m) => ({ ...m, layout: [linkAt(path('usr'), '/etc'), fileAt(path('usr', 'passwd'))] })),
  ],
  ['a NUL', 'MANIFEST_INVALID', () => withEntry(fileAt(path('usr', 'zz\0.png')))],
  ['a component of 256 bytes', 'SHAPE_INVALID', () => withEntry(fileAt(path('usr', 'z'.repeat(256))))],
  [
    'a path 65 folders deep',
    'SHAPE_INVALID',
    () => withEntry(fileAt(path('usr', ...Array.from({ length: 64 }, () => 'z')))),
  ],
  [
    'a name that is not UTF-8',
    'SHAPE_INVALID',
    () => withEntry(fileAt(path('usr', Uint8Array.of(0xff, 0xfe)))),
  ],
  [
    'a name in overlong UTF-8',
    'SHAPE_INVALID',
    () => withEntry(fileAt(path('usr', Uint8Array.of(0xc0, 0xae, 0xc0, 0xae)))),
  ],
  [
    'a file in usr/lib/moss',
    'MANIFEST_INVALID',
    () =>
      forged((m) => ({
        ...m,
        layout: [
          folderAt(path('usr')),
          folderAt(path('usr', 'lib')),
          folderAt(path('usr', 'lib', 'moss')),
          fileAt(path('usr', 'lib', 'moss', 'state')),
        ],
      })),
  ],
  [
    'a symlink usr/lib/moss',
    'MANIFEST_INVALID',
    () =>
      forged((m) => ({
        ...m,
        layout: [
          folderAt(path('usr')),
          folderAt(path('usr', 'lib')),
          linkAt(path('usr', 'lib', 'moss'), '/tmp'),
        ],
      })),
  ],
  [
    'a symlink as parent',
    'MANIFEST_INVALID',
    () => withEntry(linkAt(secondTool, '/etc'), fileAt(path('usr', 'zz', 'passwd'))),
  ],
  [
    'a file as parent',
    'MANIFEST_INVALID',
    () => withEntry(fileAt(secondTool), fileAt(path('usr', 'zz', 'passwd'))),
  ],
  ['a parent that is not declared', 'MANIFEST_INVALID', () => withEntry(fileAt(path('usr', 'zz', 'passwd')))],
  ['one path twice', 'MANIFEST_INVALID', () => withEntry(linkAt(secondTool, '/etc'), folderAt(secondTool))],
  ['paths out of order', 'MANIFEST_INVALID', () => withEntry(fileAt(secondTool), fileAt(path('usr', 'aa')))],
  ['setuid not listed apart', 'MANIFEST_INVALID', () => withEntry(fileAt(secondTool, { mode: 0o4755 }))],
  [
    'setgid on a folder not listed apart',
    'MANIFEST_INVALID',
    () => withEntry({ ...folderAt(secondTool), mode: 0o2755 }),
  ],
  [
    'a file capability not listed apart',
    'MANIFEST_INVALID',
    () => withEntry(fileAt(secondTool, { xattrs: { 'security.capability': Uint8Array.of(1) } })),
  ],
  [
    'a privilege listed where there is none',
    'MANIFEST_INVALID',
    () => forged((m) => ({ ...m, privileged: [path('usr', 'bin', 'tool')] })),
  ],
  [
    'an attribute that is not allowed',
    'MANIFEST_INVALID',
    () => withEntry(fileAt(secondTool, { xattrs: { 'security.selinux': Uint8Array.of(1) } })),
  ],
  ['a mode beyond 07777', 'SHAPE_INVALID', () => withEntry(fileAt(secondTool, { mode: 0o100644 }))],
  ['a device node', 'SHAPE_INVALID', () => withEntry(fileAt(secondTool, { kind: 'device' }))],
  [
    'a hard link',
    'SHAPE_INVALID',
    () => withEntry({ kind: 'hardlink', path: secondTool, target: encodeUtf8('usr/bin/tool') }),
  ],
  ['a negative size', 'SHAPE_INVALID', () => withEntry(fileAt(secondTool, { size: -1 }))],
  [
    'one content in two sizes',
    'MANIFEST_INVALID',
    () => withEntry(fileAt(secondTool, { size: 7, content: toolContent() })),
  ],
  ['an empty content of a size', 'MANIFEST_INVALID', () => withEntry(fileAt(secondTool, { size: 7 }))],
  ['an unknown field', 'SHAPE_INVALID', () => forged((m) => ({ ...m, postinst: 'rm -rf /' }))],
  [
    'bytes after it',
    'CBOR_INVALID',
    () => ({ ...honest, manifestBytes: concatBytes([honest.manifestBytes, Uint8Array.of(0)]) }),
  ],
  ['another name than its snapshot says', 'MANIFEST_INVALID', () => forged((m) => ({ ...m, name: 'bash' }))],
  [
    'another version than its snapshot says',
    'MANIFEST_INVALID',
    () => forged((m) => ({ ...m, version: '1' })),
  ],
  [
    'a control character in its name',
    'MANIFEST_INVALID',
    () => forged((m) => ({ ...m, name: 'tool\u001b[2J' })),
  ],
  [
    'a bidirectional override in a path',
    'MANIFEST_INVALID',
    () => withEntry(fileAt(path('usr', 'z\u202egnp.exe', 'x'))),
  ],

  ['a name of no length', 'SHAPE_INVALID', () => forged((m) => ({ ...m, name: '' }))],
  ['a name of 256 characters', 'SHAPE_INVALID', () => forged((m) => ({ ...m, name: 'z'.repeat(256) }))],
  ['a name that is a path', 'MANIFEST_INVALID', () => forged((m) => ({ ...m, name: '../../etc/cron.d/x' }))],
  ['a name that is a flag', 'MANIFEST_INVALID', () => forged((m) => ({ ...m, name: '--root=/' }))],
  ['a line feed in its version', 'MANIFEST_INVALID', () => forged((m) => ({ ...m, version: '2\n3' }))],
  ['a version that is none', 'SHAPE_INVALID', () => forged((m) => ({ ...m, version: '' }))],
  [
    'a scheme of versions that nobody knows',
    'SHAPE_INVALID',
    () => forged((m) => ({ ...m, scheme: 'semver' })),
  ],
  [
    'an architecture with a slash',
    'MANIFEST_INVALID',
    () => forged((m) => ({ ...m, architecture: 'amd64/../x' })),
  ],
  ['a symlink to nowhere', 'SHAPE_INVALID', () => withEntry(linkAt(secondTool, ''))],
  ['a symlink with a NUL', 'MANIFEST_INVALID', () => withEntry(linkAt(secondTool, 'tool\0.txt'))],
  ['a symlink of 4096 bytes', 'SHAPE_INVALID', () => withEntry(linkAt(secondTool, 'z'.repeat(4096)))],
  [
    'a symlink that is not UTF-8',
    'SHAPE_INVALID',
    () => withEntry({ kind: 'symlink', path: secondTool, target: Uint8Array.of(0xff) }),
  ],
  ['an owner of -1', 'SHAPE_INVALID', () => withEntry(fileAt(secondTool, { uid: -1 }))],
  [
    'an owner of 2^32 - 1, which is nobody',
    'SHAPE_INVALID',
    () => withEntry(fileAt(secondTool, { uid: 2 ** 32 - 1 })),
  ],
  ['a group of 2^32', 'SHAPE_INVALID', () => withEntry(fileAt(secondTool, { gid: 2 ** 32 }))],
  [
    'a capability of no kind',
    'SHAPE_INVALID',
    () => forged((m) => ({ ...m, provides: [{ kind: '', name: 'x' }] })),
  ],
  [
    'a relation that nobody knows',
    'SHAPE_INVALID',
    () =>
      forged((m) => ({
        ...m,
        conflicts: [{ kind: 'name', name: 'x', bound: { operator: '~', version: '1' } }],
      })),
  ],
  ['a layout that is no list', 'SHAPE_INVALID', () => forged((m) => ({ ...m, layout: 'usr' }))],
  [
    'no layout',
    'SHAPE_INVALID',
    () => forged((m) => Object.fromEntries(Object.entries(m).filter(([key]) => key !== 'layout'))),
  ],
  ['keys that stand in no order', 'CBOR_INVALID', () => ofBytes((bytes) => swapKeys(bytes))],
  ['a key twice', 'CBOR_INVALID', () => ofBytes((bytes) => firstKeyTwice(bytes))],
  [
    'an array that says it has 2^32 items',
    'CBOR_INVALID',
    () => ofBytes(() => fromHex('a1666c61796f75749b0000000100000000')),
  ],
  ['an array without an end', 'CBOR_INVALID', () => ofBytes(() => fromHex('a1666c61796f75749fff'))],
  ['lists 17 deep', 'CBOR_INVALID', () => ofBytes(() => fromHex(`${'81'.repeat(17)}00`))],
  [
    'a number that is longer than it need be',
    'CBOR_INVALID',
    () => ofBytes(() => fromHex('a1666c61796f75741800')),
  ],
  ['a floating number', 'CBOR_INVALID', () => ofBytes(() => fromHex('a1666c61796f7574f97e00'))],
  ['a tag', 'CBOR_INVALID', () => ofBytes(() => fromHex('a1666c61796f7574c100'))],
  ['text that is not UTF-8', 'CBOR_INVALID', () => ofBytes(() => fromHex('a1646e616d6561ff'))],
  ['nothing in it', 'CONTAINER_DAMAGED', () => ofBytes(() => new Uint8Array(0))],

  ...[2 ** 31, 2 ** 32].flatMap((size) =>
    [size - 1, size, size + 1].map((sizeBytes): Hostile => [
      `${sizeBytes} bytes of a content that is not carried`,
      'BUNDLE_BASE_MISSING',
      () => withEntry(fileAt(secondTool, { size: sizeBytes, content: nowhere })),
    ]),
  ),
  [
    '2^53 - 1 bytes',
    'HOST_NO_SPACE',
    () => withEntry(fileAt(secondTool, { size: 2 ** 53 - 1, content: nowhere })),
  ],
  ['2^53 bytes', 'CBOR_INVALID', () => ofBytes((bytes) => withSize(bytes, '1b0020000000000000'))],
  ['2^53 + 1 bytes', 'CBOR_INVALID', () => ofBytes((bytes) => withSize(bytes, '1b0020000000000001'))],
  ['2^64 - 1 bytes', 'CBOR_INVALID', () => ofBytes((bytes) => withSize(bytes, '1bffffffffffffffff'))],
]

describe('tar’s traversal family, and what else a layout could do', () => {
  test.each(manifests)('a manifest with %s is refused with %s', async (_, code, make) => {
    const { bytes } = await composeBundle({ ...draft, packages: [make()] })
    expect(await refusalOf(before.copy(), bytes)).toMatchObject({ code })
  })

  test('there are more than sixty of them, each told apart', () => {
    expect(new Set(manifests.map(([name]) => name)).size).toBe(manifests.length)
    expect(manifests.length).toBeGreaterThanOrEqual(60)
  })

  test('across packages: a file below another package’s symlink is a conflict before anything is built', async () => {
    const link = draftPackage(samplePackage('link', '1', { 'usr/share/x': { target: '/etc' } }))
    const packages = [toolWith({ requires: [[nameOnly('link')], [nameOnly('below')]] }), link]
    const below = draftPackage(samplePackage('below', '1', { 'usr/share/x/passwd': 'root::0:0' }))
    const machine = before.copy()
    placeFile(machine, bundlePath, (await composeBundle({ ...draft, packages: [...packages, below] })).bytes)
    await importVerb(bundlePath)(machine)
    const found = endOf(machine)
    await expect(planApply(machine, { root })).rejects.toMatchObject({ code: 'LAYOUT_CONFLICT' })
    expect(endOf(machine)).toEqual(found)
  })

  test('rpm’s setuid hard links: what shares its content with a setuid file shares no inode with it', async () => {
    const twins = samplePackage('tool', '2', {
      'usr/bin/su': { text: 'the same', mode: 0o4755 },
      'usr/share/su': { text: 'the same', mode: 0o644 },
    })
    const machine = before.copy()
    placeFile(machine, bundlePath, (await composeBundle({ ...draft, packages: [draftPackage(twins)] })).bytes)
    await importVerb(bundlePath)(machine)
    expect((await planApply(machine, { root })).privileged).toEqual(['usr/bin/su'])
    await applyVerb(machine)
    const [su, plain] = ['bin/su', 'share/su'].map((name) => machine.disk.lstat(`${root}/usr/${name}`))
    expect([su?.mode, plain?.mode]).toEqual([0o4755, 0o644])
    expect(su?.inode).not.toBe(plain?.inode)
  })
})
