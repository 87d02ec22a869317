import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// MOSS_SUITE: `main` is everything that needs no network; `real` is the loop on real packages; `trust` is the part of main
// in which somebody lies: media, stations, keys, clocks.
const suite = process.env['MOSS_SUITE'] ?? 'main'
const results = process.env['MOSS_TEST_RESULTS']
const real = 'test/e2e/real-*.test.ts'
const trust = [
  'test/unit/{trust,fleet}/*.test.ts',
  'test/unit/host/sealing.test.ts',
  'test/unit/state/counters-file.test.ts',
  'test/unit/container/{hostile,long-container,prelude,root-chain,volume}.test.ts',
  'test/unit/bundle/{refusal,volumes}.test.ts',
  'test/unit/ops/{hostile-size,hostile-station,publish-date,root-date,take-over}.test.ts',
  'test/property/{ingest-hostile,trust-rules,volumes}.test.ts',
  'test/fault/{every-bit,fuzz-containers,fuzz-records,hostile-bomb,hostile-layout,hostile-stick,hostile-trust,odd-stick}.test.ts',
  'test/e2e/{advisories,agent,downgrade,fleet,sealed,supply-chain,trust-rotation}.test.ts',
]
const include = { real: [real], trust, main: ['test/**/*.test.ts', 'test/**/*.test.tsx'] }[suite]
if (include === undefined) throw new Error(`MOSS_SUITE=${suite} is none of main, real, trust`)

/** Where faults are tried by the thousand: what takes longest in one process, or in one after another, begins first. */
const longest = [
  'loop-failure',
  'fuzz-containers',
  'fuzz-records',
  'delta-mutations',
  'fail-every-call',
  'kill',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at < 0 ? longest.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    include,
    exclude: suite === 'real' ? [] : [real],
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    ...(process.env['MOSS_FAULTS'] === undefined ? {} : { sequence: { sequencer: LongestFirst } }),
    reporters: results === undefined ? ['default'] : ['default', 'json'],
    ...(results === undefined ? {} : { outputFile: { json: `${results}/${suite}.json` } }),
  },
})
