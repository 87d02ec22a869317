// Gives a reader of foreign bytes many damaged inputs, in a process of its own: it must end with a value or a typed error,
// soon, and within its memory.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
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

export function expectSurvives(name: string, count: number): void {
  const args = ['--disable-warning=ExperimentalWarning', script, name, String(count), String(faultSeed)]
  const ran = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(ran.stderr).toBe('')
  const { inputs, refused, perSecond, peakBytes, failures } = JSON.parse(ran.stdout) as Told
  const mib = Math.round(peakBytes / 1024 / 1024)
  console.log(
    `${name}: ${inputs} inputs (seed ${faultSeed}), ${perSecond} a second, ${refused} refused, ${mib} MiB`,
  )
  expect(failures).toEqual([])
  expect(inputs).toBe(count)
  expect(refused).toBeGreaterThan(count / 4)
  expect(peakBytes).toBeLessThan(mostBytes)
}
