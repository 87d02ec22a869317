// --parity, of export and sync alike.
import { MossError } from '../base/error.ts'
import type { Call } from './verb.ts'

export const parityFlag = {
  name: 'parity',
  value: 'N%',
  summary: 'beside each file write what repairs it where up to N % of it, 1 to 50, is bad',
} as const

/** Throws CLI_USAGE. */
export function parityPercent(call: Call): number | undefined {
  const text = call.value('parity')
  if (text === undefined) return undefined
  const percent = /^[1-9]\d?%?$/.test(text) ? Number.parseInt(text, 10) : 0
  if (percent >= 1 && percent <= 50) return percent
  throw new MossError('CLI_USAGE', { problem: '--parity takes a percentage from 1% to 50%', see: call.word })
}
