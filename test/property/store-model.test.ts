// The store against a model of it: a map from asset to body. Whatever is imported, dropped and collected in any
// order, the store holds what the model holds, and its check finds nothing.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/base/digest.ts'
import type { AssetId, ContentDigest } from '../../src/base/ids.ts'
import { cutWhole } from '../../src/delta/jobs.ts'
import { assetIdOf } from '../../src/store/asset.ts'
import type { Store } from '../../src/store/store.ts'
import { knownBytes } from '../support/known-bytes.ts'
import { describe0644, makeTestStore } from '../support/test-store.ts'

const bodies = [0, 1, 500, 16_384, 70_000, 300_000].map((size, seed) => knownBytes(size, seed + 1))
const modes = [0o644, 0o755, 0o4755]

interface Wish {
  readonly body: number
  readonly mode: number
}

type Step =
  | { readonly kind: 'import' | 'drop'; readonly wishes: readonly Wish[] }
  | { readonly kind: 'collect'; readonly keep: readonly Wish[] }

const wish = fc.record({ body: fc.nat({ max: bodies.length - 1 }), mode: fc.constantFrom(...modes) })
const wishes = fc.array(wish, { maxLength: 6 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('import' as const, 'import' as const, 'drop' as const), wishes }),
  fc.record({ kind: fc.constant('collect' as const), keep: wishes }),
)

const describeWish = ({ body, mode }: Wish) => describe0644(bodies[body] ?? new Uint8Array(0), { mode })

async function takeIn(
  store: Store,
  step: { kind: 'import' | 'drop'; wishes: readonly Wish[] },
): Promise<void> {
  using opened = store.beginImport('model')
  for (const one of step.wishes) {
    const description = describeWish(one)
    const bytes = bodies[one.body] ?? new Uint8Array(0)
    if (!opened.hasContent(description.content)) {
      opened.create(description.content, bytes.length).write(bytes, 0)
      await opened.finish(description.content, one.body % 2 === 0 ? cutWhole(bytes) : undefined)
    }
    opened.addAsset(description)
  }
  if (step.kind === 'import') opened.commit()
}

describe('the store', () => {
  test('S1, S2: holds exactly what was imported and not collected', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        using place = makeTestStore()
        const model = new Map<AssetId, ContentDigest>()
        for (const one of steps) {
          if (one.kind === 'collect') {
            const keep = new Set(one.keep.map((each) => assetIdOf(describeWish(each))))
            place.store.collect(place.store.planCollect(keep))
            for (const id of model.keys()) if (!keep.has(id)) model.delete(id)
          } else {
            await takeIn(place.store, one)
            if (one.kind === 'import')
              for (const each of one.wishes) {
                const description = describeWish(each)
                model.set(assetIdOf(description), description.content)
              }
          }
          expect([...place.store.assets()].map(({ id }) => id)).toEqual([...model.keys()].sort())
        }
        expect(await place.store.check(() => {})).toEqual([])
        for (const bytes of bodies.slice(1)) {
          const isHeld = [...model.values()].includes(digestOf<ContentDigest>(bytes))
          for (const { id } of cutWhole(bytes).chunks) {
            expect(place.store.has(id)).toBe(isHeld)
            if (isHeld) expect(digestOf(await place.store.get(id))).toBe(id)
          }
        }
      }),
      { numRuns: 25 },
    )
  })
})
