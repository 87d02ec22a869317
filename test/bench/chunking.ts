// How fast contents are cut and digested, against SHA-256 alone over the same bytes in the same run: the best of
// several rounds each, taken in turn, so that a busy machine slows both. Fails below the bar.
// Run: node test/bench/chunking.ts [MiB]
import { hash } from 'node:crypto'
import { cutPoints } from '../../src/delta/chunker.ts'
import { cutContent } from '../../src/delta/cut-file.ts'
import { cutWhole, digestJob } from '../../src/delta/jobs.ts'
import { inlinePool, workerPool } from '../../src/host/pool.ts'
import { knownBytes } from '../support/known-bytes.ts'

const bar = 0.4
const rounds = 7
const sizeBytes = Number(process.argv[2] ?? 64) * 1024 * 1024
const bytes = knownBytes(sizeBytes, 1)
const smallBytes = 12 * 1024

await using pool = workerPool(new URL('../support/cut-worker.ts', import.meta.url), 2)

const ways: Record<string, () => unknown> = {
  'SHA-256 alone': () => hash('sha256', bytes, 'hex'),
  'cut points alone': () => cutPoints(bytes, true),
  'cut and chunk digests': () => {
    let start = 0
    for (const end of cutPoints(bytes, true)) {
      hash('sha256', bytes.subarray(start, end), 'hex')
      start = end
    }
  },
  'one content: and its digest': () => cutWhole(bytes),
  'one content, as a stream': () => cutContent(inlinePool, [bytes]),
  'one content, two workers': () => cutContent(pool, [bytes]),
  'contents of 12 KiB': () => {
    const sizes = Array.from({ length: Math.floor(sizeBytes / smallBytes) }, () => smallBytes)
    return digestJob.run({ bytes, sizes })
  },
}

const best = new Map<string, number>()
for (let round = 0; round < rounds; round++)
  for (const [name, work] of Object.entries(ways)) {
    const start = performance.now()
    await work()
    const seconds = (performance.now() - start) / 1000
    best.set(name, Math.max(best.get(name) ?? 0, sizeBytes / seconds / 1e9))
  }

const alone = best.get('SHA-256 alone') ?? Number.NaN
for (const [name, rate] of best)
  console.log(
    `${name.padEnd(30)} ${rate.toFixed(2).padStart(6)} GB/s ${(rate / alone).toFixed(2).padStart(6)}`,
  )
const ratio = (best.get('cut and chunk digests') ?? 0) / alone
console.log(
  `${ratio >= bar ? 'meets' : 'MISSES'} the bar: ${ratio.toFixed(2)} of SHA-256 alone, at least ${bar}`,
)
process.exitCode = ratio >= bar ? 0 : 1
