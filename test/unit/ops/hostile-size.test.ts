// A manifest that lies about the size of bytes which another package, or this host, has already: the bytes are not carried
// and so are not weighed anew. It must be refused like any other lie, not end in a bug or in a state that cannot be read.
import { beforeAll, expect, test, vi } from 'vitest'
import { encodeManifest } from '../../../src/manifest/codec.ts'
import { composeBundle, draftPackage, type DraftPackage } from '../../support/compose-bundle.ts'
import { hostileHost, type HostileHost, nameOnly, refusalOf, sharedBody } from '../../support/hostile-host.ts'
import { samplePackage, type SampleEntry } from '../../support/sample-root.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

let hostile: HostileHost
beforeAll(async () => {
  hostile = await hostileHost()
})

/** Says that every file is a byte longer than it is. */
function lying(name: string, entries: Record<string, SampleEntry>): DraftPackage {
  const sample = samplePackage(name, '2', entries)
  const layout = sample.manifest.layout.map((entry) =>
    entry.kind === 'file' ? { ...entry, sizeBytes: entry.sizeBytes + 1 } : entry,
  )
  const manifestBytes = encodeManifest({ ...sample.manifest, layout })
  return { ...draftPackage(sample), manifestBytes, contents: [] }
}

const refusal = async (packages: readonly DraftPackage[]) =>
  await refusalOf(hostile.before.copy(), (await composeBundle({ ...hostile.draft, packages })).bytes)

test.each<[string, SampleEntry]>([
  ['with the same attributes', { text: sharedBody }],
  ['with other attributes', { text: sharedBody, mode: 0o600 }],
])('what the host has, %s', async (_, entry) => {
  expect(await refusal([lying('tool', { 'usr/lib/big': entry })])).toMatchObject({ code: 'MANIFEST_INVALID' })
})

test('what another package of the bundle has', async () => {
  const text = 'new to the host'
  const sample = samplePackage('tool', '2', { 'usr/bin/tool': { text, mode: 0o755 } })
  const manifest = { ...sample.manifest, requires: [[nameOnly('zebra')]] }
  const tool = { ...draftPackage(sample), manifestBytes: encodeManifest(manifest) }
  const zebra = lying('zebra', { 'usr/bin/zebra': { text, mode: 0o750 } })
  expect(await refusal([tool, zebra])).toMatchObject({ code: 'MANIFEST_INVALID' })
})
