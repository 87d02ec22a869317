import { expect, test } from 'vitest'
import { encodeCbor, decodeCbor } from '../../../src/base/cbor.ts'
import type { PackageId } from '../../../src/base/ids.ts'
import {
  decodeSnapshotRecord,
  encodeSnapshotRecord,
  type OfferedPackage,
} from '../../../src/channel/snapshot.ts'

const offered = (digit: string, name: string): OfferedPackage => ({
  id: digit.repeat(64) as PackageId,
  name,
  version: '1.0-1',
  architecture: 'amd64',
})
const about = { channel: 'stable', epoch: 1, serial: 7 }
const packages = [offered('c', 'alpha'), offered('d', 'alpha'), offered('a', 'beta')]

test('a snapshot comes back as it was written, sorted', () => {
  const recordBytes = encodeSnapshotRecord({ packages: [...packages].reverse() })
  expect(decodeSnapshotRecord({ about, created: 1700000000, recordBytes })).toEqual({
    ...about,
    created: 1700000000,
    packages,
    advisories: [],
  })
})

test('the same packages in any order are the same bytes', () => {
  expect(encodeSnapshotRecord({ packages: [...packages].reverse() })).toEqual(
    encodeSnapshotRecord({ packages }),
  )
})

test('advisories come back sorted; without any there is no list of them', () => {
  const advisories = ['3', '2'].map((before) => ({ package: 'alpha', before, text: 'it leaks' }))
  const recordBytes = encodeSnapshotRecord({ packages, advisories })
  expect(decodeSnapshotRecord({ about, created: 1, recordBytes }).advisories).toEqual(advisories.toReversed())
  expect(decodeCbor(encodeSnapshotRecord({ packages }), 'test')).not.toHaveProperty('advisories')
  for (const wrong of [advisories, [advisories[0], advisories[0]], [{ ...advisories[0], text: '' }]]) {
    const bytes = encodeCbor({ ...(decodeCbor(recordBytes, 'test') as object), advisories: wrong } as never)
    expect(() => decodeSnapshotRecord({ about, created: 1, recordBytes: bytes })).toThrow(
      expect.objectContaining({ code: 'SHAPE_INVALID' }),
    )
  }
})

test('a snapshot that names a package twice, or out of order, is refused', () => {
  const found = decodeCbor(encodeSnapshotRecord({ packages }), 'test') as { packages: object[] }
  for (const wrong of [[...found.packages].reverse(), [found.packages[0], found.packages[0]]]) {
    const recordBytes = encodeCbor({ packages: wrong } as never)
    expect(() => decodeSnapshotRecord({ about, created: 1, recordBytes })).toThrow(
      expect.objectContaining({ code: 'SHAPE_INVALID' }),
    )
  }
})

test.each([
  [{ ...about, channel: '../etc' }],
  [{ ...about, serial: 0 }],
  [{ ...about, extra: 1 }],
  [{ channel: 'stable', serial: 1 }],
])('a head that is not a snapshot’s is refused: %j', (wrong) => {
  const recordBytes = encodeSnapshotRecord({ packages })
  expect(() => decodeSnapshotRecord({ about: wrong, created: 1, recordBytes })).toThrow(
    expect.objectContaining({ code: 'SHAPE_INVALID' }),
  )
})
