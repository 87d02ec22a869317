// How hard a bundle is compressed, as data: the one place that says what each name of --effort stands for. Effort changes
// size and time alone, never what is carried. `fast` is for a big stick in a hurry, `small` for a link paid by the byte, 9
// for one that is worth a host's time as well.
import { MossError } from '../base/error.ts'
import type { DeltaEffort } from '../delta/encode-delta.ts'

export interface Effort {
  readonly name: string
  /** Of zstd, 1 to 19: for frames of whole chunks. */
  readonly level: number
  /** For the streams of deltas. */
  readonly deltaLevel: number
  /** At which both ways of carrying a file are priced. */
  readonly pricingLevel: number
  readonly deltaEffort: DeltaEffort
}

const quick = {
  pricingLevel: 1,
  deltaEffort: { step: 32, mostStride: 7, isQuick: true, members: 'tokens' },
} as const
const usual = {
  pricingLevel: 3,
  deltaEffort: { step: 8, mostStride: 5, isQuick: false, members: 'tokens' },
} as const
const careful = {
  ...usual,
  deltaEffort: { ...usual.deltaEffort, members: 'balanced' },
} as const
const thorough = {
  pricingLevel: 3,
  deltaEffort: { step: 4, mostStride: 1, isQuick: false, members: 'balanced' },
} as const
/** Whatever the host has to do for it. */
const extreme = {
  ...thorough,
  deltaEffort: { ...thorough.deltaEffort, members: 'plain' },
} as const

const efforts: readonly Effort[] = [
  { name: 'fast', level: 1, deltaLevel: 1, ...quick },
  { name: '1', level: 1, deltaLevel: 1, ...quick },
  { name: '2', level: 3, deltaLevel: 3, ...usual },
  { name: '3', level: 4, deltaLevel: 4, ...usual },
  { name: '4', level: 6, deltaLevel: 6, ...usual },
  { name: '5', level: 9, deltaLevel: 9, ...usual },
  { name: '6', level: 12, deltaLevel: 12, ...careful },
  { name: '7', level: 15, deltaLevel: 15, ...careful },
  { name: '8', level: 17, deltaLevel: 17, ...thorough },
  { name: '9', level: 19, deltaLevel: 19, ...extreme },
  { name: 'small', level: 19, deltaLevel: 19, ...thorough },
]

export const defaultEffort = '5'

export const isEffort = (name: unknown): name is string => efforts.some((effort) => effort.name === name)

/** Throws CLI_USAGE for a name that is none. */
export function effortOf(name: string): Effort {
  const effort = efforts.find((known) => known.name === name)
  if (effort !== undefined) return effort
  throw new MossError('CLI_USAGE', {
    problem: `--effort takes fast, 1 to 9, or small, not ${name}`,
    see: 'export',
  })
}
