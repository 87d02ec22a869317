// Runs the checks that the machine's model names: programs of the root itself, one after the other, each with its time
// limit, up to the first that fails. A check that cannot be run at all says nothing about the state.
import type { Report } from '../base/progress.ts'
import type { Command, CommandResult, Outside } from '../host/outside.ts'
import type { ModelCheck } from '../solve/check.ts'
import { parseModel } from '../solve/model.ts'
import type { Verdict } from '../state/health-rule.ts'
import type { Places } from '../state/places.ts'
import { readModel } from './model-file.ts'
import { unlessSpoiled } from './waiting.ts'

export async function runChecks(
  outside: Outside,
  {
    places,
    recorded,
    report,
  }: { readonly places: Places; readonly recorded: string; readonly report: Report },
): Promise<Verdict> {
  const checks = readChecks(outside, places, recorded)
  if (checks === undefined) return { kind: 'unknown', why: 'no valid model says how to check it' }
  for (const check of checks) {
    report({ phase: 'check', item: check.name })
    const result = await outside.run(commandOf(check, places))
    const named = `check ${check.name}`
    if (result.unsupported !== undefined)
      return { kind: 'unknown', why: `${named} cannot be run: ${result.unsupported}` }
    if (result.exitCode !== 0) return { kind: 'failed', why: `${named}: ${sayFailure(check, result)}` }
  }
  return { kind: 'passed' }
}

/** A slip of the pen in the model's file must not keep a state from being judged: then its own model, `recorded`, speaks. */
const readChecks = (outside: Outside, places: Places, recorded: string): readonly ModelCheck[] | undefined =>
  unlessSpoiled(() => readModel(outside, places).model.checks) ??
  unlessSpoiled(() => parseModel(recorded, 'the model of the state').checks)

const commandOf = ({ command: [program, ...rest], timeoutMs }: ModelCheck, { root }: Places): Command => ({
  program,
  arguments: rest,
  timeoutMs,
  ...(root === '/' ? {} : { root }),
})

const saidChars = 500

function sayFailure({ timeoutMs }: ModelCheck, { exitCode, output }: CommandResult): string {
  const [last = ''] = output.trim().split('\n').slice(-1)
  const how = exitCode === undefined ? `not done after ${timeoutMs} ms, or killed` : `exit code ${exitCode}`
  return last === '' ? how : `${how}, ${last.slice(0, saidChars).toWellFormed()}`
}
