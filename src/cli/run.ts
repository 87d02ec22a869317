// One run of the program: arguments in; text or JSON and an exit code out. Data goes to stdout, everything
// else to stderr. Only this room prints.
import { exits } from '../base/codes.ts'
import { display } from '../base/display.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { Environment, OpEvent, Outside } from '../ops/types.ts'
import { parseArguments, type Parsed } from './arguments.ts'
import { formatHelp, formatVerbHelp } from './help.ts'
import { readPassphrase } from './passphrase.ts'
import { progressLine } from './progress-line.ts'
import type { Call, Outcome, Verb } from './verb.ts'
import { verbs } from './verbs.ts'
import { versionText } from './version.ts'

export interface Run {
  readonly argv: readonly string[]
  readonly environment: Environment
  /** Made only when a verb needs it: `--version` and help touch nothing outside. */
  readonly openOutside: () => Outside & AsyncDisposable
}

/** Returns the exit code. Never throws. */
export async function run({ argv, environment, openOutside }: Run): Promise<number> {
  const isJson = argv.includes('--json')
  let parsed: Parsed
  try {
    if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) return print(`${versionText}\n`)
    parsed = parseArguments(argv, verbs)
  } catch (error) {
    return fail(error, isJson)
  }
  const { verb } = parsed
  if (isScreenCall(parsed) && isScreenWanted(environment))
    return openScreens({ parsed, environment, openOutside })
  if (verb === undefined) return print(`${formatHelp(verbs)}\n`)
  if (parsed.flags.has('help')) return print(`${formatVerbHelp(verb)}\n`)
  return runVerb({ parsed, verb, environment, openOutside, isJson })
}

/** By name, or by saying nothing but perhaps which root. */
const isScreenCall = ({ verb, flags }: Parsed): boolean =>
  verb === undefined
    ? flags.keys().every((flag) => flag === 'root')
    : verb.words === 'tui' && !flags.has('help')

const isScreenWanted = (environment: Environment): boolean =>
  environment.stdinIsTerminal && environment.stdoutIsTerminal && environment.term !== 'dumb'

async function openScreens(run: {
  readonly parsed: Parsed
  readonly environment: Environment
  readonly openOutside: Run['openOutside']
}): Promise<number> {
  try {
    await using outside = run.openOutside()
    const { hostOperations } = await import('../ops/host-operations.ts')
    const { startScreens } = await import('../tui/start.tsx')
    return await startScreens({
      operations: hostOperations(outside, rootOf(run.parsed)),
      named: run.parsed.operands.map(absolute),
      stdin: process.stdin,
      stdout: process.stdout,
      environment: run.environment,
    })
  } catch (error) {
    return fail(error, false)
  }
}

interface VerbRun {
  readonly parsed: Parsed
  readonly verb: Verb
  readonly environment: Environment
  readonly openOutside: Run['openOutside']
  readonly isJson: boolean
}

async function runVerb({ parsed, verb, environment, openOutside, isJson }: VerbRun): Promise<number> {
  const line = progressLine({
    write: (text) => void process.stderr.write(text),
    isTerminal:
      environment.stderrIsTerminal && environment.term !== 'dumb' && !environment.isContinuousIntegration,
    columns: process.stderr.columns ?? 80,
    nowMs: () => performance.now(),
  })
  const stop = onInterrupt(verb.words, isJson, line.clear)
  try {
    await using outside = openOutside()
    const outcome = await verb.run(
      callOf({
        parsed,
        environment,
        outside,
        isJson,
        show: reporter(parsed, isJson, line.show),
        clear: line.clear,
      }),
    )
    line.clear()
    return finish(outcome, isJson)
  } catch (error) {
    line.clear()
    return fail(error, isJson)
  } finally {
    stop()
  }
}

function reporter(parsed: Parsed, isJson: boolean, show: (event: OpEvent) => void): (event: OpEvent) => void {
  if (isJson && parsed.flags.get('progress')?.[0] === 'json')
    return (event) => void process.stdout.write(`${JSON.stringify(event)}\n`)
  return isJson || parsed.flags.has('quiet') ? () => {} : show
}

const rootOf = (parsed: Parsed): string => absolute(firstValue(parsed, 'root') ?? '/')

const absolute = (path: string): string =>
  (path.startsWith('/') ? path : `${process.cwd()}/${path}`).replace(/\/+$/, '') || '/'

function firstValue(parsed: Parsed, flag: string): string | undefined {
  const value = parsed.flags.get(flag)?.[0]
  return typeof value === 'string' ? value : undefined
}

interface CallParts {
  readonly parsed: Parsed
  readonly environment: Environment
  readonly outside: Outside
  readonly isJson: boolean
  readonly show: (event: OpEvent) => void
  readonly clear: () => void
}

function callOf({ parsed, environment, outside, isJson, show, clear }: CallParts): Call {
  return {
    outside,
    word: parsed.word,
    operands: parsed.operands,
    root: rootOf(parsed),
    home: absolute(firstValue(parsed, 'home') ?? environment.stationHome),
    path: absolute,
    has: (flag) => parsed.flags.has(flag),
    value: (flag) => firstValue(parsed, flag),
    values: (flag) => (parsed.flags.get(flag) ?? []).filter((value) => typeof value === 'string'),
    report: show,
    nowSeconds: Math.floor(outside.nowMs() / 1000),
    confirm: async (question, text) => {
      clear()
      if (!isJson && text !== '') process.stderr.write(`${text}\n`)
      if (parsed.flags.has('yes')) return true
      if (parsed.flags.has('no-input') || isJson || !environment.stdinIsTerminal)
        throw new MossError('CLI_USAGE', {
          problem: `moss asks before it does this: ${question}? say yes with -y`,
          see: parsed.word,
        })
      const { createInterface } = await import('node:readline/promises')
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return /^y(es)?$/i.test((await lines.question(`${question}? [y/N] `)).trim())
      } finally {
        lines.close()
      }
    },
    passphrase: (what) =>
      readPassphrase({
        what,
        descriptor: firstValue(parsed, 'passphrase-fd'),
        mayAsk: !parsed.flags.has('no-input') && environment.stdinIsTerminal,
        outside,
      }),
  }
}

function finish(outcome: Outcome, isJson: boolean): number {
  if (isJson) process.stdout.write(`${JSON.stringify(outcome.json)}\n`)
  else if (outcome.text !== '') process.stdout.write(`${outcome.text}\n`)
  return outcome.exit ?? exits.done
}

function print(text: string): number {
  process.stdout.write(text)
  return exits.done
}

function fail(error: unknown, isJson: boolean): number {
  if (isMossError(error)) {
    const { code, message, hint, details, exit } = error
    if (isJson) process.stdout.write(`${JSON.stringify({ error: { code, message, hint, details } })}\n`)
    process.stderr.write(`moss: error: ${message} [${code}]\n`)
    if (hint !== undefined) process.stderr.write(`moss: hint: ${hint}\n`)
    return exit
  }
  const bug = error instanceof Error ? error : new Error(String(error))
  if (isJson) process.stdout.write(`${JSON.stringify({ error: { code: 'BUG', message: bug.message } })}\n`)
  process.stderr.write(`moss: error: a bug in moss: ${display(bug.message)} [BUG]\n`)
  process.stderr.write(
    'moss: hint: what was current stays current; please report this with the lines below\n',
  )
  process.stderr.write(`${(bug.stack ?? '').split('\n').slice(1).map(display).join('\n')}\n`)
  return exits.bug
}

/** Ctrl-C: every verb may be killed at any instant, so leaving at once loses nothing. */
function onInterrupt(words: string, isJson: boolean, clear: () => void): () => void {
  const leave = (): void => {
    clear()
    process.exit(fail(new MossError('INTERRUPTED', { during: words }), isJson))
  }
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  return () => {
    process.off('SIGINT', leave)
    process.off('SIGTERM', leave)
  }
}
