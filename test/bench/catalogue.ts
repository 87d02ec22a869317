// What the catalogue of a Debian suite costs to carry, whole and as the difference between two days, against the archive's own
// index and, where its list of them is given, the patches that apt fetches (PDiffs) for the same two days.
// `node --disable-warning=ExperimentalWarning test/bench/catalogue.ts BEFORE AFTER [Packages.diff/Index]`: BEFORE and AFTER
// are Packages files (plain, .gz or .xz; several joined by commas); without them, bookworm by apt's lists, and what security
// and updates have more.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { constants, zstdCompressSync } from 'node:zlib'
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import { catalogueDifference } from '../../src/channel/catalogue-difference.ts'
import { encodeCatalogue } from '../../src/channel/encode-catalogue.ts'
import { readDebianIndex } from '../../src/ingest/debian-index.ts'
import { indexEndings, unpackIndex } from '../../src/ingest/debian-release.ts'
import { aptIndex } from '../support/apt-index.ts'

/** As the archive packs it. */
const xzBytes = (plain: Uint8Array): number =>
  spawnSync('xz', ['-6', '-c'], { input: plain, maxBuffer: 2 ** 30 }).stdout.length

interface Day {
  readonly plain: Uint8Array
  /** Of each file alone, as the archive would have it. */
  readonly xzBytes: number
}

const dayOf = (plains: readonly Uint8Array[]): Day => ({
  plain: concatBytes(plains.flatMap((each) => [each, encodeUtf8('\n')])),
  xzBytes: plains.reduce((sum, each) => sum + xzBytes(each), 0),
})

const dayOfApt = (...suites: readonly string[]): Day =>
  dayOf(suites.map((suite) => encodeUtf8(aptIndex(suite))))

async function dayIn(paths: string): Promise<Day> {
  const plains = paths.split(',').map((path) => {
    const ending = indexEndings.find((each) => path.endsWith(each)) ?? ''
    return unpackIndex(readFileSync(path), { path, ending })
  })
  return dayOf(await Promise.all(plains))
}

/** Suites may name a package twice: it is one. */
const catalogueOf = ({ plain }: Day): Uint8Array =>
  encodeCatalogue([
    ...new Map([...readDebianIndex(plain, 'Packages')].map((each) => [each.id, each])).values(),
  ])

/** As a bundle's section is packed. */
const packedBytes = (bytes: Uint8Array): number =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 9 } }).length

/** Of the one patch that leads from that day to the newest, by the archive's list of them. */
function patchBytes(index: string, { plain }: Day): number | undefined {
  const sum = createHash('sha256').update(plain.subarray(0, -1)).digest('hex')
  const [, name] = new RegExp(`^ ${sum} +\\d+ (\\S+)$`, 'm').exec(index) ?? []
  const [, sizeBytes] = new RegExp(`^ [0-9a-f]{64} +(\\d+) ${name}\\.gz$`, 'm').exec(index) ?? []
  return sizeBytes === undefined ? undefined : Number(sizeBytes)
}

const row = (what: string, sizeBytes: number | undefined): void =>
  console.log(
    `  ${what.padEnd(34)} ${sizeBytes === undefined ? 'not listed' : sizeBytes.toLocaleString('en').padStart(12)}`,
  )

const [, , beforePaths, afterPaths, patches] = process.argv
const isGiven = beforePaths !== undefined && afterPaths !== undefined
const before = isGiven ? await dayIn(beforePaths) : dayOfApt('bookworm')
const after = isGiven
  ? await dayIn(afterPaths)
  : dayOfApt('bookworm', 'bookworm-security', 'bookworm-updates')
const [old, now] = [catalogueOf(before), catalogueOf(after)]
console.log('to carry, bytes')
row('catalogue, whole', packedBytes(now))
row('Packages.xz', after.xzBytes)
row('difference', packedBytes(catalogueDifference(now, old)))
if (patches !== undefined)
  row('the patch that apt fetches', patchBytes(readFileSync(patches, 'utf8'), before))
