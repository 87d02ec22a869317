// What packages recommend, followed: it never changes what is needed, it comes wherever it can, and what it brings is whole.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMossError } from '../../src/base/error.ts'
import { readCatalogue } from '../../src/channel/catalogue.ts'
import { encodeCatalogue } from '../../src/channel/encode-catalogue.ts'
import { provides } from '../../src/manifest/match.ts'
import type { Candidate, Chosen } from '../../src/solve/candidate.ts'
import { checkClosure } from '../../src/solve/closure.ts'
import { extendUniverse } from '../../src/solve/extended-universe.ts'
import { type Offer, solve, solveIn } from '../../src/solve/solve.ts'
import { anyAlternatives, titleOf, universe } from '../support/any-universe.ts'

const withRecommendations = fc
  .tuple(universe, fc.array(fc.array(anyAlternatives, { maxLength: 2 }), { minLength: 12, maxLength: 12 }))
  .map(([given, recommended]): Offer => {
    const offered = given.offered.map((one, at): Candidate => {
      const recommends = recommended[at] ?? []
      return recommends.length === 0 ? one : { ...one, manifest: { ...one.manifest, recommends } }
    })
    const installed = given.installed.map((one) => offered.find(({ id }) => id === one.id) ?? one)
    return { ...given, offered, installed }
  })

const following = (given: Offer): Offer => ({ ...given, model: { ...given.model, recommends: 'follow' } })

function attempt(given: Offer): readonly Chosen[] | undefined {
  try {
    return solve(given).chosen
  } catch (error) {
    if (!isMossError(error, 'SOLVE_NO_SOLUTION')) throw error
    return undefined
  }
}

const titlesOf = (chosen: readonly Chosen[]): readonly string[] =>
  chosen.map(({ candidate }) => titleOf(candidate))

const has = (set: readonly Candidate[], relation: Parameters<typeof provides>[1]): boolean =>
  set.some(({ manifest }) => provides(manifest, relation))

/** Whether a set can be, beside what the model asks for. */
function isWhole(set: readonly Candidate[], { model, installed }: Offer): boolean {
  return (
    set.every(({ manifest }) => manifest.requires.every((list) => list.some((each) => has(set, each)))) &&
    set.every(({ id, manifest }) =>
      set.every(
        (other) =>
          other.id === id ||
          (other.manifest.name !== manifest.name &&
            !manifest.conflicts.some((each) => provides(other.manifest, each))),
      ),
    ) &&
    set.every(({ manifest: { architecture } }) =>
      ['any', model.architecture ?? architecture].includes(architecture),
    ) &&
    set.every(({ id, manifest: { name, version, scheme } }) => {
      const kept = installed.find((one) => one.manifest.name === name)
      return (
        !model.excluded.includes(name) &&
        (kept === undefined || !model.holds.includes(name) || kept.id === id) &&
        model.pins.every((pin) => pin.name !== name || provides({ name, version, scheme, provides: [] }, pin))
      )
    })
  )
}

/** All that has the set and more. */
function* biggerThan(set: readonly Candidate[], { offered }: Offer): Generator<readonly Candidate[]> {
  const others = offered.filter(({ id }) => !set.some((one) => one.id === id))
  for (let share = 0; share < 2 ** others.length; share++)
    yield [...set, ...others.filter((_, n) => Math.floor(share / 2 ** n) % 2 === 1)]
}

test('what is needed stays as it is, and there is an answer exactly if there is one without', () => {
  let more = 0
  fc.assert(
    fc.property(withRecommendations, (given) => {
      const [without, followed] = [attempt(given), attempt(following(given))]
      expect(followed === undefined).toBe(without === undefined)
      if (without === undefined || followed === undefined) return
      expect(titlesOf(followed)).toEqual(expect.arrayContaining([...titlesOf(without)]))
      if (followed.length > without.length) more++
      const set = followed.map(({ candidate }) => candidate)
      expect(isWhole(set, given)).toBe(true)
      expect(checkClosure(set, following(given).model)).toEqual([])
    }),
    { numRuns: 3000 },
  )
  expect(more).toBeGreaterThan(50)
})

test('a recommendation that is not met could not be, beside all that came', () => {
  let vain = 0
  fc.assert(
    fc.property(withRecommendations, (given) => {
      const set = attempt(following(given))?.map(({ candidate }) => candidate)
      if (set === undefined) return
      for (const alternatives of set.flatMap(({ manifest }) => manifest.recommends ?? [])) {
        if (alternatives.some((each) => has(set, each))) continue
        vain++
        for (const bigger of biggerThan(set, given))
          if (alternatives.some((each) => has(bigger, each))) expect(isWhole(bigger, given)).toBe(false)
      }
    }),
    { numRuns: 1000 },
  )
  expect(vain).toBeGreaterThan(20)
})

test('what came for a recommendation says so, stays at the next update but seldom, and goes with the policy', () => {
  let [told, updates, changed] = [0, 0, 0]
  fc.assert(
    fc.property(withRecommendations, (given) => {
      const fresh = following({ ...given, installed: [], model: { ...given.model, holds: [] } })
      const first = attempt(fresh)
      if (first === undefined) return
      const without = new Set(
        titlesOf(attempt({ ...fresh, model: { ...fresh.model, recommends: 'ignore' } }) ?? []),
      )
      for (const { candidate, reason } of first) {
        if (reason.kind !== 'recommendation') continue
        told++
        expect(without).not.toContain(titleOf(candidate))
        const by = first.find((one) => one.candidate.id === reason.by)?.candidate
        expect(by?.manifest.recommends?.flat()).toContainEqual(reason.relation)
        expect(provides(candidate.manifest, reason.relation)).toBe(true)
      }
      const installed = first.map(({ candidate }) => candidate)
      const again = attempt({ ...fresh, installed }) ?? []
      expect(
        isWhole(
          again.map(({ candidate }) => candidate),
          fresh,
        ),
      ).toBe(true)
      updates++
      if (titlesOf(again).join() !== titlesOf(first).join()) changed++
      const left = attempt({ ...fresh, installed, model: { ...fresh.model, recommends: 'ignore' } })
      expect(left?.some(({ reason }) => reason.kind === 'recommendation')).toBe(false)
    }),
    { numRuns: 4000 },
  )
  expect(told).toBeGreaterThan(50)
  // As without recommendations: test/property/solve-oracle.
  expect(changed).toBeLessThan(updates / 200)
})

test('a catalogue gives the same answer', () => {
  fc.assert(
    fc.property(withRecommendations, (given) => {
      const wished = following(given)
      const entries = given.offered.map(({ id, manifest }) => ({
        id,
        manifest: { ...manifest, summary: '' },
        sizeBytes: 1,
      }))
      const catalogue = readCatalogue(encodeCatalogue(entries))
      expect(entries.map((_, position) => catalogue.candidate(position).manifest.recommends)).toEqual(
        entries
          .map(({ id }) => entries.find((one) => one.id === id))
          .toSorted((a, b) => (catalogue.positionOf(a!) ?? 0) - (catalogue.positionOf(b!) ?? 0))
          .map((entry) => entry?.manifest.recommends),
      )
      const there = attempt(wished)
      let found: readonly Chosen[] | undefined
      try {
        found = solveIn(extendUniverse(catalogue, given.installed), wished).chosen
      } catch (error) {
        if (!isMossError(error, 'SOLVE_NO_SOLUTION')) throw error
      }
      expect(found && titlesOf(found)).toEqual(there && titlesOf(there))
    }),
    { numRuns: 1000 },
  )
})
