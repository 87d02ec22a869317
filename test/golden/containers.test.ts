// Every file in bundles/ against its verdict, and against what makes it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codes } from '../../src/base/codes.ts'
import { equalBytes } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest } from '../../src/base/ids.ts'
import { isMossError } from '../../src/base/error.ts'
import { type OpenedContainer, openVolume } from '../../src/container/read.ts'
import { verifyWhole } from '../../src/container/read-frames.ts'
import { readManifests } from '../../src/container/tables.ts'
import {
  verifyContainer,
  verifySelfSignedRoot,
  type VerifiedContainer,
  withKnown,
} from '../../src/container/verify.ts'
import { bytesSource } from '../../src/host/byte-source.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { decodeManifest } from '../../src/manifest/codec.ts'
import type { Role } from '../../src/trust/root.ts'
import { basesOf } from '../support/containers.ts'
import { type BadVerdict, goldenFiles } from '../support/golden.ts'
import { goldenRoot, program } from '../support/golden-by-hand.ts'
import { goldenBases } from '../support/golden-deltas.ts'

const top = join(import.meta.dirname, '../../bundles')
const roles: Record<OpenedContainer['kind'], Role> = {
  bundle: 'exporter',
  package: 'packager',
  state: 'exporter',
  channel: 'channel',
  root: 'root',
  audit: 'exporter',
  grant: 'channel',
}

function filesIn(folder: string, ending: RegExp): string[] {
  if (!existsSync(join(top, folder))) return []
  return readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name))
}

async function readWhole(path: string): Promise<VerifiedContainer> {
  const opened = openVolume(bytesSource(path, readFileSync(join(top, path))))
  const verified = verifyContainer(opened, { role: roles[opened.kind], root: goldenRoot })
  const container = withKnown(verified, (content) => known().get(content))
  expect(await verifyWhole(container, inlinePool, { readBases: basesOf(...goldenBases) })).toEqual([])
  for (const bytes of readManifests(container).values()) decodeManifest(bytes, path)
  return container
}

/** By digest: what a host has, a manifest and a snapshot among it. */
const known = (): ReadonlyMap<ContentDigest, Uint8Array> =>
  new Map(
    [program, ...filesIn('good', /./).map((path) => readFileSync(join(top, path)))].map((bytes) => [
      digestOf<ContentDigest>(bytes),
      bytes,
    ]),
  )

describe('golden containers', () => {
  test('are made again byte for byte, and nothing else lies beside them', async () => {
    const files = await goldenFiles()
    const present = [...filesIn('good', /./), ...filesIn('bad', /./)]
    expect(present.toSorted()).toEqual([...files.keys()].toSorted())
    for (const [path, bytes] of files)
      expect(equalBytes(readFileSync(join(top, path)), bytes) || path).toBe(true)
  })

  const good = [...filesIn('good', /\.moss/), ...filesIn('history', /\.moss/)]
  test.each(good)('%s is read to its last byte', async (path) => {
    const container = await readWhole(path)
    if (container.kind === 'root')
      expect(verifySelfSignedRoot(container).version).toBe(path.endsWith('-2.moss-root') ? 2 : 1)
  })

  const bad = filesIn('bad', /\.moss$/)
  test.each(bad)('%s is refused as its name says', async (path) => {
    const verdict = JSON.parse(
      readFileSync(join(top, path.replace(/\.moss$/, '.verdict')), 'utf8'),
    ) as BadVerdict
    expect(path.slice('bad/'.length)).toMatch(`${verdict.code}--`)
    expect(Object.keys(codes)).toContain(verdict.code)
    const error: unknown = await readWhole(path).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!isMossError(error)) throw error ?? new Error('it was accepted')
    const part = (error.details as { part?: string }).part ?? ''
    expect({ code: error.code, part: verdict.part === 'chunk' ? part.slice(0, 5) : part }).toEqual(verdict)
  })

  test('what was released is as it was', () => {
    const releases = readdirSync(join(top, 'history'))
    expect(releases.length).toBeGreaterThan(0)
    for (const release of releases) {
      const place = join(top, 'history', release)
      const said = readFileSync(join(place, 'SHA256SUMS'), 'utf8')
      const there = readdirSync(place).filter((name) => name !== 'SHA256SUMS')
      expect(there.map((name) => `${digestOf(readFileSync(join(place, name)))}  ${name}\n`).join('')).toBe(
        said,
      )
    }
  })

  test('there are some of both', () => {
    expect(good.length).toBeGreaterThanOrEqual(5)
    expect(bad.length).toBeGreaterThanOrEqual(30)
  })
})
