// Any manifest that keeps the rules comes back from its bytes; any bytes are refused or are a manifest's own.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes, concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import { MossError } from '../../src/base/error.ts'
import { decodeManifest, encodeManifest } from '../../src/manifest/codec.ts'
import type { LayoutEntry, Manifest } from '../../src/manifest/manifest.ts'
import {
  checkPath,
  comparePaths,
  parentOf,
  pathFromComponents,
  pathToComponents,
} from '../../src/manifest/path.ts'
import { isPrivileged } from '../../src/manifest/rules.ts'
import { file, folder, manifestOf, symlink } from '../support/manifests.ts'

const component = fc
  .string({
    unit: fc.constantFrom(...Array.from('abz.-~+0é語\u{1f980}\u{ffff}\n\\')),
    minLength: 1,
    maxLength: 4,
  })
  .filter((name) => name !== '.' && name !== '..')
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((names) => ['usr', ...names].join('/'))

/** The entries with every folder they need, in order; a path that must be a folder is one. */
function layoutOf(leaves: readonly LayoutEntry[]): readonly LayoutEntry[] {
  const entries = new Map<string, LayoutEntry>(leaves.map((leaf) => [leaf.path, leaf]))
  for (const { path } of leaves)
    for (let parent = parentOf(path); parent !== undefined; parent = parentOf(parent))
      if (entries.get(parent)?.kind !== 'folder') entries.set(parent, folder(parent))
  return [...entries.values()].toSorted((a, b) => comparePaths(a.path, b.path))
}

const leaf: fc.Arbitrary<LayoutEntry> = fc.oneof(
  fc
    .tuple(path, fc.constantFrom('', 'a', 'b'), fc.constantFrom(0o644, 0o755, 0o4755))
    .map((all) => file(...all)),
  fc.tuple(path, fc.constantFrom('x', '/etc/é', '../y')).map((all) => symlink(...all)),
  fc.tuple(path, fc.constantFrom(0o755, 0o2775)).map((all) => folder(...all)),
)

const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    name: fc.constantFrom('bash', 'g++', 'X11_lib'),
    summary: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' ')),
    description: fc.string({ unit: 'grapheme', maxLength: 100 }),
    recommends: fc.constantFrom(undefined, [[{ kind: 'name', name: 'less' }]]),
    leaves: fc.array(leaf, { maxLength: 12 }),
  })
  .map(({ leaves, recommends, ...texts }) => {
    const layout = layoutOf(leaves)
    return manifestOf({
      ...texts,
      ...(recommends && { recommends }),
      layout,
      privileged: layout.filter(isPrivileged).map((entry) => entry.path),
    })
  })

test('a manifest comes back from its bytes, and encodes again to the same ones', () => {
  fc.assert(
    fc.property(manifest, (given) => {
      const encoded = encodeManifest(given)
      const decoded = decodeManifest(encoded, 'manifest')
      expect(decoded).toEqual(given)
      expect(compareBytes(encodeManifest(decoded), encoded)).toBe(0)
    }),
    { numRuns: 1000 },
  )
})

test('a layout that is read quickly is what it is where the rest makes that impossible', () => {
  fc.assert(
    fc.property(manifest, (given) => {
      const rare = { ...file('usr/\u{10ffff}'), xattrs: { 'user.pax.flags': Uint8Array.of(1) } }
      const layout = [...given.layout, ...(given.layout.length === 0 ? [folder('usr')] : []), rare]
      const slow = decodeManifest(encodeManifest({ ...given, layout }), 'manifest').layout
      expect(decodeManifest(encodeManifest(given), 'manifest').layout).toEqual(
        slow.slice(0, given.layout.length),
      )
    }),
    { numRuns: 1000 },
  )
})

test('a changed byte gives another manifest or a refusal, never a crash and never the same manifest', () => {
  fc.assert(
    fc.property(manifest, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, place, change) => {
      const encoded = encodeManifest(given)
      const at = place % encoded.length
      encoded[at] = ((encoded[at] ?? 0) + change) % 256
      try {
        expect(compareBytes(encodeManifest(decodeManifest(encoded, 'manifest')), encoded)).toBe(0)
      } catch (error) {
        if (!(error instanceof MossError)) throw error
      }
    }),
    { numRuns: 3000 },
  )
})

test('paths are ordered as the bytes of their components are', () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      // A byte below all others ends each component: then plain byte order is component order.
      const key = (text: string): Uint8Array =>
        concatBytes(pathToComponents(text).flatMap((name) => [name, Uint8Array.of(0)]))
      expect(Math.sign(comparePaths(a, b))).toBe(compareBytes(key(a), key(b)))
    }),
    { numRuns: 3000 },
  )
})

test('a path comes back from its components, and any text is a path or has a named problem', () => {
  fc.assert(
    fc.property(fc.oneof(path, fc.string({ unit: 'binary' })), (text) => {
      const problem = checkPath(text)
      if (problem !== undefined) expect(problem).toMatch(/^(is|has) /)
      else {
        expect(pathFromComponents(pathToComponents(text))).toBe(text)
        expect(pathToComponents(text).every((name) => name.length > 0 && name.length <= 255)).toBe(true)
        expect(encodeUtf8(text).includes(0)).toBe(false)
      }
    }),
    { numRuns: 3000 },
  )
})
