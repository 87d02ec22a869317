// Sums what the test runs of .ci/run reported, into the one line that closes it. No results is a failure.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Result {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTotalTestSuites: number
  readonly success: boolean
}

const folder = process.argv[2] ?? '.'
const results = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Result)
const sum = (of: (result: Result) => number): number =>
  results.reduce((total, result) => total + of(result), 0)
const passed = sum((result) => result.numPassedTests)
const failed = sum((result) => result.numFailedTests)
console.log(`${passed} passed, ${failed} failed, ${sum((result) => result.numPendingTests)} skipped`)
if (failed > 0 || passed === 0 || !results.every((result) => result.success)) process.exitCode = 1
