import { expect, test } from 'vitest'
import { parseSources } from '../../../src/ingest/debian-sources.ts'

const otherwise = { architecture: 'amd64', keyring: '/default.gpg' }
const read = (text: string) => parseSources(text, 'own.sources', otherwise)
const plain = 'Types: deb\nURIs: https://example.org/debian/\nSuites: tidal\nComponents: main\n'

test('every address with every suite; a comment, empty lines and what is not asked for change nothing', () => {
  const text = `# ours\n\n${plain.replace('tidal', 'tidal tidal-updates').replace('debian/', 'debian http://a')}X-Other: x\n\n\n`
  expect(read(text).map(({ place, suite }) => `${place} ${suite}`)).toEqual([
    'https://example.org/debian tidal',
    'https://example.org/debian tidal-updates',
    'http://a tidal',
    'http://a tidal-updates',
  ])
  expect(read(plain)).toEqual([
    { place: 'https://example.org/debian', suite: 'tidal', components: ['main'], ...otherwise },
  ])
  expect(read(`${plain}Signed-By: /own.gpg\n`)[0]?.keyring).toBe('/own.gpg')
  expect(read('')).toEqual([])
})

test.each([
  ['disabled', `${plain}Enabled: no\n`],
  ['of sources alone', plain.replace('deb\n', 'deb-src\n')],
  ['for other machines', `${plain}Architectures: arm64 i386\n`],
])('what is %s is passed over', (_, text) => {
  expect(read(text)).toEqual([])
  expect(read(`${text}\n${plain}`)).toHaveLength(1)
})

test.each([
  ['file:/srv/debian', '/srv/debian'],
  ['file:///srv/debian/', '/srv/debian'],
  ['copy:/srv/debian', '/srv/debian'],
])('%s is a folder', (uri, place) => {
  expect(read(plain.replace('https://example.org/debian/', uri))[0]?.place).toBe(place)
})

test.each([
  ['a list of mirrors', plain.replace('https:', 'mirror+file:'), /is none of http, https and file/],
  ['a relative folder', plain.replace('https://example.org/debian/', 'file:debian'), /is none of/],
  ['a flat archive', plain.replace('tidal', './').replace('Components: main\n', ''), /flat archives/],
  ['no components', plain.replace('Components: main\n', ''), /has no components/],
  ['a key in the file', `${plain}Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n`, /name one keyring/],
  ['a line of the old form', 'deb https://example.org/debian tidal main\n', /not paragraphs of fields/],
])('%s is refused', (_, text, problem) => {
  expect(() => read(text)).toThrow(problem)
})
