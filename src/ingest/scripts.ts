// What the maintainer scripts of a package would do. moss runs none of them, so each command in them is
// listed with a verdict: `handled` names the mechanism of moss that reaches the same end, `reported` says what
// stays undone, `unknown` quotes a command that this table does not know. Nothing is left out but commands
// that only look, print or decide.
import { judge } from './scripts/known-commands.ts'
import { judgeConfiguration, judgeTrigger } from './scripts/control-files.ts'
import { readShell, type ShellCommand } from './scripts/shell.ts'

export type Verdict = 'handled' | 'reported' | 'unknown'

export interface ScriptAction {
  /** The control file that holds it: postinst, prerm, triggers … */
  readonly script: string
  /** From 1. */
  readonly line: number
  /** The command as it stands there, on one line and cut at 200 characters. */
  readonly text: string
  /** What it is about: `library cache`, `alternatives`, `users` … */
  readonly about: string
  readonly verdict: Verdict
  /** Handled: by which mechanism. Reported: what is not done. */
  readonly why: string
}

export interface ScriptReport {
  readonly actions: readonly ScriptAction[]
  readonly counts: Readonly<Record<Verdict, number>>
}

/** Names of control files that are scripts. */
export const scriptNames = ['config', 'preinst', 'postinst', 'prerm', 'postrm'] as const

/** `files` are control files by name: scripts, `triggers` and `conffiles`; others do nothing and are passed over. */
export function reportScripts(files: Readonly<Record<string, string>>): ScriptReport {
  const actions: ScriptAction[] = []
  for (const name of scriptNames) {
    const text = files[name]
    if (text !== undefined) for (const action of reportScript(name, text)) actions.push(action)
  }
  actions.push(...judgeTrigger(files['triggers'] ?? ''), ...judgeConfiguration(files['conffiles'] ?? ''))
  return { actions, counts: countActions(actions) }
}

export const noScripts: ScriptReport = { actions: [], counts: { handled: 0, reported: 0, unknown: 0 } }

/** Of one package or of several. */
export function countActions(actions: readonly ScriptAction[]): ScriptReport['counts'] {
  const counts = { handled: 0, reported: 0, unknown: 0 }
  for (const { verdict } of actions) counts[verdict]++
  return counts
}

function reportScript(script: string, text: string): readonly ScriptAction[] {
  const firstLine = text.slice(0, text.indexOf('\n') + 1 || text.length).trim()
  if (!/^#!\s*(?:\/usr)?\/bin\/(?:env\s+)?(?:sh|bash|dash)(?:\s|$)/.test(firstLine)) {
    const lines = text.trimEnd().split('\n').length
    const why = `a program of ${lines} lines that is not a shell script`
    return [{ script, line: 1, text: shorten(firstLine), about: 'program', verdict: 'unknown', why }]
  }
  const { commands, functions } = readShell(text)
  return commands.flatMap((command) => {
    const judgement = functions.has(command.words[0] ?? '') ? undefined : judge(command)
    return judgement === undefined
      ? []
      : [{ script, line: command.line, text: textOf(command), ...judgement }]
  })
}

const textOf = (command: ShellCommand): string =>
  shorten([...command.words, ...command.writes.map((path) => `> ${path}`)].join(' '))

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
