import { defineConfig } from 'vitest/config'

// Two suites: everything that needs no network, and the loop on real packages (MOSS_SUITE=real).
const suite = process.env['MOSS_SUITE'] ?? 'main'
const results = process.env['MOSS_TEST_RESULTS']
const real = 'test/e2e/real-*.test.ts'

export default defineConfig({
  test: {
    include: suite === 'real' ? [real] : ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: suite === 'real' ? [] : [real],
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: results === undefined ? ['default'] : ['default', 'json'],
    ...(results === undefined ? {} : { outputFile: { json: `${results}/${suite}.json` } }),
  },
})
