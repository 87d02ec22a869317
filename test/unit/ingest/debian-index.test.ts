import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { readDebianIndex } from '../../../src/ingest/debian-index.ts'

const paragraph = (name: string, fields = ''): string =>
  `Package: ${name}\nVersion: 1-1\nArchitecture: amd64\nDescription: the package ${name}\nFilename: pool/${name}.deb\nSize: 10\nSHA256: ${'a'.repeat(64)}\n${fields}`
const namesIn = (text: string): readonly string[] =>
  Array.from(readDebianIndex(encodeUtf8(text), 'Packages'), ({ manifest }) => manifest.name)

test('paragraphs stand apart by one empty line or more, with or without one at the end', () => {
  const [tide, moon] = [paragraph('tide'), paragraph('moon')]
  for (const text of [`${tide}\n${moon}`, `${tide}\n\n\n${moon}\n\n`, `\n${tide}\n\n${moon.trimEnd()}`])
    expect(namesIn(text)).toEqual(['tide', 'moon'])
  expect(namesIn('')).toEqual([])
  expect(namesIn('\n\n\n')).toEqual([])
})

test.each([
  ['no size', paragraph('tide').replace('Size: 10\n', '')],
  ['no digest', paragraph('tide').replace(/SHA256: a/, 'SHA256: x')],
  ['a file outside the archive', paragraph('tide').replace('pool/', 'pool/../../')],
  ['a file by its whole path', paragraph('tide').replace('pool/', '/pool/')],
  ['a field twice', paragraph('tide', 'Size: 11\n')],
])('%s is refused', (_, text) => {
  expect(() => namesIn(text)).toThrow(/cannot be read/)
})
