// A catalogue against the list of packages that it was made from: every question has the same answer. And a damaged one:
// it is refused, or answers something, but nothing else happens.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PackageId } from '../../src/base/ids.ts'
import { digestOf } from '../../src/base/digest.ts'
import { isMossError } from '../../src/base/error.ts'
import { readCatalogue } from '../../src/channel/catalogue.ts'
import {
  applyCatalogueDifference,
  baseOfDifference,
  catalogueDifference,
} from '../../src/channel/catalogue-difference.ts'
import { encodeCatalogue } from '../../src/channel/encode-catalogue.ts'
import { othersIn } from '../../src/ops/reasons.ts'
import type { Candidate, Solution } from '../../src/solve/candidate.ts'
import { extendUniverse } from '../../src/solve/extended-universe.ts'
import { listedUniverse } from '../../src/solve/listed-universe.ts'
import { type Offer, solve, solveIn } from '../../src/solve/solve.ts'
import type { Universe } from '../../src/solve/universe.ts'
import { byEffort } from '../support/fault-effort.ts'
import { universe as anyUniverse } from '../support/any-universe.ts'
import { modelOf, offer } from '../support/universe.ts'

/** Sizes of some KiB, of which several are alike. */
const sized = (one: Candidate): Candidate => ({
  ...one,
  sizeBytes: 600 * (Number.parseInt(one.id.slice(0, 2), 16) % 8),
})
const universe = anyUniverse.map(({ offered, installed, model }): Offer => ({
  offered: offered.map(sized),
  installed: installed.map(sized),
  model,
}))

/** Without what a catalogue's packages do not say of themselves. */
const plain = ({ chosen }: Solution) => ({
  chosen: chosen.map(({ candidate: { id, manifest }, reason }) => ({ id, manifest, reason })),
})

const encoded = (candidates: readonly Candidate[]): Uint8Array =>
  encodeCatalogue(
    candidates.map(({ id, manifest, sizeBytes = 0 }) => ({
      id,
      manifest: { ...manifest, summary: `the package ${manifest.name}` },
      sizeBytes,
      files: filesOf(manifest),
    })),
  )

/** Some that all have, some that few have. */
const filesOf = ({ name, version }: Candidate['manifest']): readonly string[] => [
  'usr/share/index',
  `usr/share/${name}/${version}`,
  ...(version === '1' ? [] : [`usr/bin/${name}`]),
]

function attempt(solving: () => unknown): unknown {
  try {
    return solving()
  } catch (error) {
    if (!isMossError(error)) throw error
    return error.message
  }
}

test('a catalogue answers as the list that it was made from, in whatever order that was', () => {
  fc.assert(
    fc.property(universe, (given) => {
      const bytes = encoded(given.offered)
      expect(encoded(given.offered.toReversed())).toEqual(bytes)
      const catalogue = readCatalogue(bytes)
      const list = listedUniverse(given.offered)
      expect(catalogue.size).toBe(list.size)
      for (let position = 0; position < list.size; position++) {
        const candidate = list.candidate(position)
        expect(candidate).toMatchObject(catalogue.candidate(position))
        expect(catalogue.positionOf(candidate)).toBe(position)
        expect(catalogue.siblingsOf(position)).toEqual(list.siblingsOf(position))
        expect(catalogue.summaryOf(position)).toBe(`the package ${candidate.manifest.name}`)
        expect(catalogue.sizeBytesOf(position)).toBe(list.sizeBytesOf(position))
        const isNewest = list.siblingsOf(position)[0] === position
        const files = filesOf(candidate.manifest)
        expect(catalogue.filesOf(position)).toEqual(isNewest ? files : undefined)
        for (const path of files) expect(catalogue.ownersOf(path).includes(position)).toBe(isNewest)
        for (const relation of [...candidate.manifest.requires.flat(), ...candidate.manifest.conflicts])
          expect(catalogue.find(relation)).toEqual(list.find(relation))
      }
      expect(catalogue.ownersOf('usr/share/index')).toEqual(
        Array.from({ length: list.size }, (_, n) => n).filter((n) => list.siblingsOf(n)[0] === n),
      )
      for (const path of ['usr/share', 'usr/share/', 'usr/share/nosuch', 'nowhere', ''])
        expect(catalogue.ownersOf(path)).toEqual([])
      expect(new Set(catalogue.namesOf('name'))).toEqual(new Set(list.namesOf('name')))
      expect(attempt(() => plain(solveIn(catalogue, given)))).toEqual(attempt(() => plain(solve(given))))
    }),
    { numRuns: 1000 },
  )
})

test('what a machine has and its channel no longer offers makes no difference to what is solved', () => {
  fc.assert(
    fc.property(universe, fc.infiniteStream(fc.boolean()), (given, stream) => {
      const offered = given.offered.filter(() => stream.next().value)
      const both = [...offered, ...given.installed]
      const extended = extendUniverse(readCatalogue(encoded(offered)), given.installed)
      expect(extended.size).toBe(new Set(both.map(({ id }) => id)).size)
      const answer = attempt(() => plain(solveIn(extended, given)))
      const expected = attempt(() => plain(solve({ ...given, offered })))
      // Of two explanations the same facts may be told in another order.
      if (typeof expected === 'string') expect(typeof answer).toBe('string')
      else expect(answer).toEqual(expected)
    }),
    { numRuns: 1000 },
  )
})

test('a difference and the catalogue before give the catalogue after, to the byte', () => {
  fc.assert(
    fc.property(universe, universe, ({ offered: before }, { offered: after }) => {
      const [old, now] = [encoded(before), encoded(after)]
      const difference = catalogueDifference(now, old)
      expect(baseOfDifference(difference)).toBe(digestOf(old))
      expect(applyCatalogueDifference(difference, old)).toEqual(now)
      const whole = catalogueDifference(now)
      expect(baseOfDifference(whole)).toBeUndefined()
      expect(applyCatalogueDifference(whole, undefined)).toEqual(now)
    }),
    { numRuns: 500 },
  )
})

test('files of packages whose manifests the reader has need not travel', () => {
  let saved = 0
  fc.assert(
    fc.property(universe, universe, fc.infiniteStream(fc.boolean()), (one, other, stream) => {
      const [old, now] = [encoded(one.offered), encoded(other.offered)]
      const known = new Set(other.offered.filter(() => stream.next().value).map(({ id }) => id))
      const difference = catalogueDifference(now, old, (id) => known.has(id))
      // Whoever has a manifest has it of versions, too, that are not the newest.
      const inManifest = (id: PackageId): readonly string[] | undefined => {
        const found = known.has(id) ? other.offered.find((each) => each.id === id) : undefined
        return found && filesOf(found.manifest)
      }
      expect(applyCatalogueDifference(difference, old, inManifest)).toEqual(now)
      saved += catalogueDifference(now, old).length - difference.length
    }),
    { numRuns: 500 },
  )
  expect(saved).toBeGreaterThan(1000)
})

const relations: readonly Parameters<typeof offer>[] = [
  ['git 2.39', { requires: ['libc6 >= 2.36', 'perl | soname(libz.so.1()(64bit))'], conflicts: ['mta << 3'] }],
  ['git 2.30', { requires: ['libc6'] }],
  ['libc6 2.36', { provides: ['soname(libc.so.6)', 'libc = 2'] }],
  ['zlib 1', { provides: ['soname(libz.so.1()(64bit))'] }],
]
const some: Offer = {
  offered: relations.map((each) => offer(...each)),
  installed: [],
  model: modelOf(['git', 'libc']),
}

/** Everything that can be asked. */
function ask(whole: Universe): void {
  for (let position = 0; position < whole.size; position++) whole.candidate(position)
  void [...whole.namesOf('name'), ...whole.namesOf('soname')]
  attempt(() => solveIn(whole, some))
}

test('a catalogue with any bit turned is refused in plain words, or read', () => {
  const whole = encoded(some.offered)
  let [refused, read] = [0, 0]
  for (let bit = 0; bit < whole.length * 8; bit += byEffort({ sample: 3, slow: 1, all: 1 })) {
    const bytes = whole.slice()
    bytes[Math.floor(bit / 8)]! ^= 1 << (bit % 8)
    const answer = attempt(() => {
      const catalogue = readCatalogue(bytes)
      ask(catalogue)
      void [catalogue.filesOf(0), catalogue.ownersOf('usr/share/index')]
    })
    if (answer === undefined) read++
    else {
      refused++
      expect(answer).toMatch(/^catalogue is malformed: /)
    }
  }
  for (let length = 0; length < whole.length; length++)
    expect(attempt(() => readCatalogue(whole.subarray(0, length)))).toMatch(/^catalogue is malformed: /)
  expect(attempt(() => readCatalogue(Uint8Array.of(...whole, 0, 0, 0, 0)))).toMatch(/goes on after its end/)
  console.log(`${refused} refused, ${read} read`)
  expect(Math.min(refused, read)).toBeGreaterThan(100)
})

test('a difference with any bit turned is refused in plain words, or gives another catalogue', () => {
  const [old, now] = [encoded(some.offered.slice(1)), encoded(some.offered.slice(0, 3))]
  const difference = catalogueDifference(now, old)
  let same = 0
  for (let bit = 0; bit < difference.length * 8; bit++) {
    const bytes = difference.slice()
    bytes[Math.floor(bit / 8)]! ^= 1 << (bit % 8)
    const answer = attempt(() => Buffer.from(applyCatalogueDifference(bytes, old)).toString('hex'))
    if (answer === Buffer.from(now).toString('hex')) same++
    else expect(answer).toMatch(/^catalogue is malformed: |^[0-9a-f]+$/)
  }
  // What it builds on is named in the first 256 bits, and compared by whoever finds it; some padding means nothing.
  expect(same).toBeLessThan(difference.length * 2)
  for (let length = 0; length < difference.length; length++)
    expect(attempt(() => applyCatalogueDifference(difference.subarray(0, length), old))).toMatch(/malformed/)
})

test('relations that would be billions of objects are refused before any is made', () => {
  const requires = Array.from({ length: 4000 }, (_, n) => `a${n}`).join(' | ')
  const bomb = Array.from({ length: 1100 }, (_, n) => offer(`p${n} 1`, { requires: [requires] }))
  expect(() => readCatalogue(encoded(bomb))).toThrow('more than 4000000 relations')
})

test('paths that would be gigabytes, and names that are millions of nothing, are refused before any is made', () => {
  const [one] = some.offered
  if (one === undefined) throw new Error('an offer')
  const withFiles = (files: readonly string[]): Uint8Array =>
    encodeCatalogue([{ ...one, manifest: { ...one.manifest, summary: '' }, sizeBytes: 1, files }])
  const folder = `usr/${'x'.repeat(8_000_000)}`
  const long = withFiles(Array.from({ length: 60 }, (_, n) => `${folder}/${n}`))
  expect(() => readCatalogue(long)).toThrow(/paths of more than 268435456 characters/)
  const empty = withFiles(Array.from({ length: 10 }, () => 'usr/x'))
  const names = Buffer.from(empty).indexOf('x/x/')
  const bytes = empty.slice()
  bytes[names] = 0x2f
  expect(() => readCatalogue(bytes).filesOf(0)).toThrow(/not a name of each file/)
})

test('texts that rotted say nothing of what else would serve', () => {
  const bytes = encoded(some.offered)
  const at = Buffer.from(bytes).indexOf('libc6')
  const reason = { kind: 'requirement', by: 'git', relation: 'libc' } as const
  expect(othersIn(readCatalogue(bytes))(reason, 'git')).toBe(', for which libc6 would serve too')
  bytes[at] = 0xff
  expect(othersIn(readCatalogue(bytes))(reason, 'git')).toBe('')
})

test('a catalogue is read wherever it lies in memory', () => {
  const whole = encoded(some.offered)
  const shifted = new Uint8Array(whole.length + 1)
  shifted.set(whole, 1)
  expect(solveIn(readCatalogue(shifted.subarray(1)), some)).toEqual(solve(some))
})
