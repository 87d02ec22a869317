// Manifests in short hand: `manifestOf({ name: 'a', layout: [folder('usr'), file('usr/x', 'body')] })`.
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest } from '../../src/base/ids.ts'
import type { LayoutFile, LayoutFolder, LayoutSymlink, Manifest } from '../../src/manifest/manifest.ts'

export const folder = (path: string, mode = 0o755): LayoutFolder => ({
  kind: 'folder',
  path,
  mode,
  uid: 0,
  gid: 0,
})

export const file = (path: string, body = path, mode = 0o644): LayoutFile => ({
  kind: 'file',
  path,
  mode,
  uid: 0,
  gid: 0,
  sizeBytes: encodeUtf8(body).length,
  content: digestOf<ContentDigest>(encodeUtf8(body)),
})

export const symlink = (path: string, target: string): LayoutSymlink => ({ kind: 'symlink', path, target })

export const manifestOf = (some: Partial<Manifest> = {}): Manifest => ({
  name: 'sample',
  version: '1.0-1',
  scheme: 'deb',
  architecture: 'any',
  summary: 'a sample',
  description: 'for tests',
  licence: 'Apache-2.0',
  origin: '',
  provides: [],
  requires: [],
  conflicts: [],
  replaces: [],
  layout: [],
  privileged: [],
  ...some,
})
