// Gives a reader of foreign bytes many damaged inputs, in a process of its own: it must end with a value or a typed error,
// soon, and within its memory.
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { byEffort, faultSeed } from './fault-effort.ts'

const script = join(import.meta.dirname, 'fuzz-damage.ts')
const mostBytes = 256 * 1024 * 1024

/** For those that everything passes through, and for the others. */
export const manyInputs = byEffort({ sample: 10_000, slow: 10_000_000, all: 100_000_000 })
export const someInputs = byEffort({ sample: 10_000, slow: 1_000_000, all: 100_000_000 })

interface Told {
  readonly inputs: number
  readonly refused: number
  readonly perSecond: number
  readonly peakBytes: number
  readonly failures: readonly string[]
}

/** More than these go to several processes, so that what takes longest has every processor at the end. */
const inputsOfProcess = 100_000

export async function expectSurvives(name: string, count: number): Promise<void> {
  const parts = count > inputsOfProcess ? availableParallelism() : 1
  const told = await Promise.all(
    Array.from({ length: parts }, (_, n) =>
      run(name, { count: Math.ceil(count / parts), seed: faultSeed + n }),
    ),
  )
  const sum = (of: (one: Told) => number): number => told.reduce((before, one) => before + of(one), 0)
  const [inputs, refused, perSecond] = [
    sum((one) => one.inputs),
    sum((one) => one.refused),
    sum((one) => one.perSecond),
  ]
  const failures = told.flatMap((one, n) =>
    one.failures.map((failure) => `seed ${faultSeed + n}, ${failure}`),
  )
  const peakBytes = Math.max(...told.map((one) => one.peakBytes))
  const mib = Math.round(peakBytes / 1024 / 1024)
  console.log(
    `${name}: ${inputs} inputs (seed ${faultSeed}), ${perSecond} a second, ${refused} refused, ${mib} MiB`,
  )
  expect(failures).toEqual([])
  expect(inputs).toBeGreaterThanOrEqual(count)
  expect(refused).toBeGreaterThan(count / 4)
  expect(peakBytes).toBeLessThan(mostBytes)
}

async function run(
  name: string,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<Told> {
  const args = ['--disable-warning=ExperimentalWarning', script, name, String(count), String(seed)]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Told
}
