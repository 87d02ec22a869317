// Every error moss can report; codes/ has a file for each kind. Append-only: a code, once published, keeps its meaning. Texts
// start small and have no final stop; foreign text passes through display().
import { changedCodes } from './codes/changed.ts'
import { damageCodes } from './codes/damage.ts'
import { keysCodes } from './codes/keys.ts'
import { machineCodes } from './codes/machine.ts'
import { missingCodes } from './codes/missing.ts'
import { trustCodes } from './codes/trust.ts'
import { usageCodes } from './codes/usage.ts'

export const codes = {
  ...usageCodes,
  ...machineCodes,
  ...damageCodes,
  ...keysCodes,
  ...trustCodes,
  ...missingCodes,
  ...changedCodes,
} as const

export type ErrorCode = keyof typeof codes
export type DetailsOf<Code extends ErrorCode> = Parameters<(typeof codes)[Code]['message']>[0]
