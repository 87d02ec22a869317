// A bundle of 64 KiB: every bit turned, every length cut, every byte added at its end, every part taken from another valid
// bundle. Each is refused with a code. In the ordinary suite a sample of the bits and lengths; the whole in check:slow.
import { beforeAll, expect, test, vi } from 'vitest'
import { concatBytes, encodeUtf8, equalBytes } from '../../src/base/bytes.ts'
import { isMossError } from '../../src/base/error.ts'
import { verifyWhole } from '../../src/container/read-frames.ts'
import type { VerifiedContainer } from '../../src/container/verify.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { buildBundle, noise, opened, sourceOf, verified } from '../support/containers.ts'
import { byEffort, faultTimeoutMs, sampleOf } from '../support/fault-effort.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)
vi.setConfig({ testTimeout: faultTimeoutMs })

const wantedBytes = 64 * 1024

/** One of everything, made up to its size by a frame of noise; `seed` makes it another. */
async function wholeBundle(seed: number, fillBytes: number): Promise<Uint8Array> {
  return await buildBundle({
    contents: [
      noise(fillBytes, seed),
      encodeUtf8(`the same words again, ${seed}; `.repeat(200)),
      encodeUtf8('short'),
    ],
    manifests: [encodeUtf8(`a manifest of ${seed}`), encodeUtf8('another manifest')],
    sections: [
      { name: 'summary', bytes: encodeUtf8(`what it is: ${seed}`) },
      { name: 'notes', bytes: encodeUtf8(`a word of ${seed} `.repeat(30)) },
    ],
  })
}

async function bundleOfSize(seed: number, sizeBytes: number): Promise<Uint8Array> {
  const rest = (await wholeBundle(seed, 1000)).length - 1000
  for (let fill = sizeBytes - rest; ; fill += sizeBytes - (await wholeBundle(seed, fill)).length) {
    const bytes = await wholeBundle(seed, fill)
    if (bytes.length === sizeBytes) return bytes
  }
}

let bytes: Uint8Array
let intact: VerifiedContainer

beforeAll(async () => {
  bytes = await bundleOfSize(1, wantedBytes)
  intact = verified(bytes)
  await verifyWhole(intact, inlinePool)
})

/** The code, or `accepted`. What is signed and unchanged need not be verified again. */
async function outcomeOf(changed: Uint8Array): Promise<string> {
  try {
    const front = intact.sectionsOffset
    const isSameFront = equalBytes(changed.subarray(0, front), bytes.subarray(0, front))
    if (isSameFront) opened(changed)
    const container = isSameFront ? { ...intact, source: sourceOf(changed) } : verified(changed)
    await verifyWhole(container, inlinePool)
    return 'accepted'
  } catch (error) {
    if (isMossError(error)) return error.code
    throw error
  }
}

test('every bit that is turned is found', async () => {
  expect(bytes.length).toBe(wantedBytes)
  const accepted: string[] = []
  const changed = bytes.slice()
  const bits = sampleOf(bytes.length * 8, byEffort({ sample: 331, slow: 1, all: 1 }))
  const started = performance.now()
  for (const n of bits) {
    const [at, bit] = [Math.floor((n - 1) / 8), (n - 1) % 8]
    changed[at] = (changed[at] as number) ^ (1 << bit)
    if ((await outcomeOf(changed)) === 'accepted') accepted.push(`bit ${bit} of byte ${at}`)
    changed[at] = bytes[at] as number
  }
  const perSecond = Math.round((bits.length / (performance.now() - started)) * 1000)
  console.log(`${bits.length} bits turned, ${perSecond} a second, ${accepted.length} accepted`)
  expect(accepted).toEqual([])
  expect(bits.length).toBeGreaterThanOrEqual(byEffort({ sample: 1500, slow: 524_288, all: 524_288 }))
})

test('every length but the right one is found', async () => {
  const accepted: number[] = []
  const lengths = sampleOf(bytes.length - 1, byEffort({ sample: 131, slow: 1, all: 1 }))
  for (const length of lengths)
    if ((await outcomeOf(bytes.subarray(0, length))) === 'accepted') accepted.push(length)
  for (const more of [1, 2, 64, 4096, 65_536])
    for (const value of [0, 0xff])
      if ((await outcomeOf(concatBytes([bytes, new Uint8Array(more).fill(value)]))) === 'accepted')
        accepted.push(bytes.length + more)
  console.log(`${lengths.length + 10} lengths, ${accepted.length} accepted`)
  expect(accepted).toEqual([])
})

test('no part of one valid bundle stands in another', async () => {
  const bundles = [bytes, await bundleOfSize(2, 20_000), await bundleOfSize(3, 20_000)]
  const parts = bundles.map(partsOf)
  const accepted: string[] = []
  let splices = 0
  for (const [into, own] of parts.entries())
    for (const [from, others] of parts.entries())
      for (const [index, { name }] of own.entries()) {
        const other = others[index]
        if (
          into === from ||
          other === undefined ||
          equalBytes(other.bytes, own[index]?.bytes ?? new Uint8Array(0))
        )
          continue
        for (const [how, spliced] of [
          ['one', own.with(index, other)],
          ['all from', [...own.slice(0, index), ...others.slice(index)]],
          ['all up to', [...others.slice(0, index + 1), ...own.slice(index + 1)]],
        ] as const) {
          const whole = concatBytes(spliced.map((part) => part.bytes))
          if (bundles.some((bundle) => equalBytes(bundle, whole))) continue
          splices++
          if ((await outcomeOf(whole)) === 'accepted') accepted.push(`${how} ${name} of ${from} in ${into}`)
        }
      }
  console.log(`${splices} splices, ${accepted.length} accepted`)
  expect(accepted).toEqual([])
  expect(splices).toBeGreaterThan(100)
})

/** Prelude, head, signatures, each section, frames. */
function partsOf(whole: Uint8Array): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const container = opened(whole)
  const headEnd = 64 + container.prelude.headBytes
  const cuts: (readonly [string, number])[] = [
    ['prelude', 64],
    ['head', headEnd],
    ['signatures', container.sectionsOffset],
  ]
  let at = container.sectionsOffset
  for (const { name, storedBytes } of container.head.sections) cuts.push([name, (at += storedBytes)])
  cuts.push(['frames', whole.length])
  return cuts.map(([name, end], index) => ({ name, bytes: whole.subarray(cuts[index - 1]?.[1] ?? 0, end) }))
}
