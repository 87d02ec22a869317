// One run of the program: arguments in; text or JSON and an exit code out. Data goes to stdout, everything
// else to stderr. Only this room prints.
import { MossError } from '../base/error.ts'
import type { Environment, OpEvent, Outside } from '../ops/types.ts'
import { parseArguments, type Parsed } from './arguments.ts'
import { absolute, homeOf, makeCall, rootOf } from './call.ts'
import { describeVerb, describeVerbs, formatHelp, formatVerbHelp } from './help.ts'
import { type Output, outputTo, type Write } from './output.ts'
import { progressLine } from './progress-line.ts'
import type { Verb } from './verb.ts'
import { verbs } from './verbs.ts'
import { version, versionText } from './version.ts'

export interface Run {
  readonly argv: readonly string[]
  readonly environment: Environment
  readonly write: Write
  /** Made only when a verb needs it: `--version` and help touch nothing outside. */
  readonly openOutside: () => Outside & AsyncDisposable
}

/** Returns the exit code. Never throws. */
export async function run({ argv, environment, write, openOutside }: Run): Promise<number> {
  const output = outputTo(write, {
    isJson: beforeDashes(argv).includes('--json'),
    isConsole: () => environment.stderrIsTerminal,
  })
  let parsed: Parsed
  try {
    if (isVersionCall(argv)) return output.finish({ json: { version }, text: versionText })
    parsed = parseArguments(argv, verbs)
  } catch (error) {
    return output.fail(error)
  }
  const { verb } = parsed
  if (isScreenCall(parsed) && isScreenWanted(environment))
    return openScreens({ parsed, environment, output, openOutside })
  if (verb === undefined) return output.finish({ json: describeVerbs(verbs), text: formatHelp(verbs) })
  if (parsed.flags.has('help')) return output.finish({ json: describeVerb(verb), text: formatVerbHelp(verb) })
  return runVerb({ parsed, verb, environment, output, openOutside })
}

/** What stands behind is no flag of ours: the words that a shell asks about, for one. */
const beforeDashes = (argv: readonly string[]): readonly string[] =>
  argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv

const isVersionCall = (argv: readonly string[]): boolean =>
  argv.some((word) => word === '--version' || word === '-V') &&
  argv.every((word) => ['--version', '-V', '--json'].includes(word))

/** By name, or by saying nothing but perhaps which root. */
const isScreenCall = ({ verb, flags }: Parsed): boolean =>
  verb === undefined
    ? flags.keys().every((flag) => flag === 'root' || flag === 'home')
    : verb.words === 'tui' && !flags.has('help')

const isScreenWanted = (environment: Environment): boolean =>
  environment.stdinIsTerminal && environment.stdoutIsTerminal && environment.term !== 'dumb'

async function openScreens(run: {
  readonly parsed: Parsed
  readonly environment: Environment
  readonly output: Output
  readonly openOutside: Run['openOutside']
}): Promise<number> {
  try {
    await using outside = run.openOutside()
    const { hostOperations } = await import('../ops/host-operations.ts')
    const { stationOperations } = await import('../ops/station-operations.ts')
    const { sidesOf } = await import('../ops/sides.ts')
    const { startScreens } = await import('../tui/start.tsx')
    const [root, home] = [rootOf(run.parsed), homeOf(run.parsed, run.environment)]
    const { isHost, isStation } = sidesOf(outside, { root, home })
    const { flags } = run.parsed
    const isAskedFor = isStation && (flags.has('home') || !flags.has('root'))
    return await startScreens({
      operations: hostOperations(outside, { root, ...(isAskedFor && { home }) }),
      station: isAskedFor ? stationOperations(outside, home) : undefined,
      // Who is neither is told how a host begins.
      isHost: flags.has('root') || !isAskedFor || (isHost && !flags.has('home')),
      named: run.parsed.operands.map(absolute),
      stdin: process.stdin,
      stdout: process.stdout,
      environment: run.environment,
    })
  } catch (error) {
    return run.output.fail(error)
  }
}

interface VerbRun {
  readonly parsed: Parsed
  readonly verb: Verb
  readonly environment: Environment
  readonly output: Output
  readonly openOutside: Run['openOutside']
}

async function runVerb({ parsed, verb, environment, output, openOutside }: VerbRun): Promise<number> {
  const line = progressLine({
    write: output.say,
    isTerminal: () =>
      environment.stderrIsTerminal && environment.term !== 'dumb' && !environment.isContinuousIntegration,
    columns: () => process.stderr.columns ?? 80,
    nowMs: () => performance.now(),
    every: (ms, work) => {
      const timer = setInterval(work, ms).unref()
      return () => clearInterval(timer)
    },
  })
  const stop = onInterrupt(verb.words, output, line.clear)
  try {
    await using outside = openOutside()
    const report = reporter(parsed, output, line.show)
    const outcome = await verb.run(
      makeCall({ parsed, environment, outside, output, report, clear: line.clear }),
    )
    line.clear()
    return output.finish(outcome)
  } catch (error) {
    line.clear()
    return output.fail(error)
  } finally {
    stop()
  }
}

function reporter(parsed: Parsed, output: Output, show: (event: OpEvent) => void): (event: OpEvent) => void {
  if (output.isJson && parsed.flags.get('progress')?.[0] === 'json') return output.event
  return output.isJson || parsed.flags.has('quiet') ? () => {} : show
}

/** Ctrl-C: every verb may be killed at any instant, so leaving at once loses nothing. */
function onInterrupt(words: string, output: Output, clear: () => void): () => void {
  const leave = (): void => {
    clear()
    process.exit(output.fail(new MossError('INTERRUPTED', { during: words })))
  }
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  return () => {
    process.off('SIGINT', leave)
    process.off('SIGTERM', leave)
  }
}
