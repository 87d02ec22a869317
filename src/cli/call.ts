// Makes the call of a verb from what was said, with its ways to the person: questions, secrets, progress.
import { MossError } from '../base/error.ts'
import type { Environment, OpEvent, Outside } from '../ops/types.ts'
import type { Parsed } from './arguments.ts'
import type { Output } from './output.ts'
import { readPassphrase } from './passphrase.ts'
import type { Call } from './verb.ts'

export const rootOf = (parsed: Parsed): string => absolute(firstValue(parsed, 'root') ?? '/')

export const homeOf = (parsed: Parsed, environment: Environment): string =>
  absolute(firstValue(parsed, 'home') ?? environment.stationHome)

export const absolute = (path: string): string =>
  `/${(path.startsWith('/') ? path : `${process.cwd()}/${path}`)
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`

function firstValue(parsed: Parsed, flag: string): string | undefined {
  const value = parsed.flags.get(flag)?.[0]
  return typeof value === 'string' ? value : undefined
}

export interface CallParts {
  readonly parsed: Parsed
  readonly environment: Environment
  readonly outside: Outside
  readonly output: Output
  readonly report: (event: OpEvent) => void
  /** Takes a progress line off the screen. */
  readonly clear: () => void
}

export function makeCall(parts: CallParts): Call {
  const { parsed, environment, outside } = parts
  return {
    outside,
    word: parsed.word,
    operands: parsed.operands,
    root: rootOf(parsed),
    home: homeOf(parsed, environment),
    personHome: environment.home,
    path: absolute,
    has: (flag) => parsed.flags.has(flag),
    value: (flag) => firstValue(parsed, flag),
    values: (flag) => (parsed.flags.get(flag) ?? []).filter((value) => typeof value === 'string'),
    report: parts.report,
    nowSeconds: Math.floor(outside.nowMs() / 1000),
    confirm: (question, text) => confirm(parts, question, text),
    get canBeAsked() {
      return canBeAsked(parts)
    },
    mustBeAble: (question) => mustBeAble(parts, question),
    passphrase: (what) =>
      readPassphrase({
        what,
        descriptor: firstValue(parsed, 'passphrase-fd'),
        mayAsk: !parsed.flags.has('no-input') && environment.stdinIsTerminal,
        outside,
      }),
  }
}

const canBeAsked = ({ parsed, environment, output }: CallParts): boolean =>
  parsed.flags.has('yes') || (!parsed.flags.has('no-input') && !output.isJson && environment.stdinIsTerminal)

function mustBeAble(parts: CallParts, question: string): void {
  if (!canBeAsked(parts))
    throw new MossError('CLI_USAGE', {
      problem: `nobody here can be asked whether to ${question}: nothing was changed; say yes with -y`,
      see: parts.parsed.word,
    })
}

async function confirm(parts: CallParts, question: string, text: string): Promise<boolean> {
  const { parsed, output, clear } = parts
  clear()
  if (!output.isJson && text !== '') output.say(`${text}\n`)
  if (parsed.flags.has('yes')) return true
  mustBeAble(parts, question)
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question}? [y/N] `)).trim())
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
    output.say('\n')
    if (error.message.includes('Ctrl+C')) throw new MossError('INTERRUPTED', { during: question }, error)
    // An end of input is no yes.
    return false
  } finally {
    lines.close()
  }
}
