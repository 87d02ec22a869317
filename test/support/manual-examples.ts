// The examples of the manual, run. A display of a page behind `.\" run SCENE` is a transcript: commands behind a prompt
// (host$, station$, or $ for anybody), what they print below them. Each scene begins anew; `.\" run` alone goes on with the
// one before. Paths are those of the two machines; here all of them lie below one folder.
// A line behind `> ` goes on with the command. In what is shown, a line of … stands for any lines, and … at the end of a line for its rest. A command that fails is
// followed by `echo $?`.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { normalise } from './program.ts'
import { hostRoot, type Scene, scenes, stationHome, type TwoMachines } from './two-machines.ts'

const launcher = join(import.meta.dirname, '../../dist/moss')

export interface Step {
  readonly prompt: 'host$' | 'station$' | '$'
  readonly command: string
  readonly shown: readonly string[]
}

export interface Example {
  /** Absent where it goes on. */
  readonly scene: Scene | undefined
  /** Of the first command, in the page. */
  readonly line: number
  readonly steps: readonly Step[]
}

const unescape = (line: string): string =>
  line.replace(/^\\&/, '').replaceAll('\\-', '-').replaceAll('\\(aq', "'").replaceAll('\\e', '\\')

const escape = (line: string): string =>
  line.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replace(/^\./, '\\&.')

/** Throws where a mark has no transcript behind it. */
export function examplesOf(page: string): readonly Example[] {
  const found: Example[] = []
  for (const match of page.matchAll(/^\.\\" run(?: (\w+))?\n([^]*?)^\.Ed$/gm)) {
    const [, scene, text = ''] = match
    const line = page.slice(0, match.index).split('\n').length + 2
    const [display = '', ...lines] = text.trimEnd().split('\n')
    if (!display.startsWith('.Bd -literal')) throw new Error(`line ${line}: no display behind the mark`)
    if (scene !== undefined && !isScene(scene)) throw new Error(`line ${line}: no scene ${scene}`)
    found.push({ scene, line, steps: stepsOf(lines.map(unescape), line) })
  }
  return found
}

/** The same in Markdown: a block behind `<!-- run SCENE -->`. */
export function markdownExamplesOf(page: string): readonly Example[] {
  return [...page.matchAll(/^<!-- run(?: (\w+))? -->\n```\n([^]*?)^```$/gm)].map((match) => {
    const [, scene, text = ''] = match
    const line = page.slice(0, match.index).split('\n').length + 2
    if (scene !== undefined && !isScene(scene)) throw new Error(`line ${line}: no scene ${scene}`)
    return { scene, line, steps: stepsOf(text.trimEnd().split('\n'), line) }
  })
}

const isScene = (name: string): name is Scene => scenes.some((scene) => scene === name)

function stepsOf(lines: readonly string[], at: number): readonly Step[] {
  const steps: { prompt: Step['prompt']; command: string; shown: string[] }[] = []
  for (const line of lines) {
    const [, prompt, command] = /^(host\$|station\$|\$) +(.*)$/.exec(line) ?? []
    const last = steps.at(-1)
    if (command !== undefined) steps.push({ prompt: prompt as Step['prompt'], command, shown: [] })
    else if (last === undefined) throw new Error(`line ${at}: a transcript begins with a command`)
    else if (line.startsWith('> ') && last.shown.length === 0) last.command += `\n${line.slice(2)}`
    else last.shown.push(line)
  }
  return steps
}

export interface Told extends Step {
  readonly printed: readonly string[]
  readonly exit: number
}

/** Runs the examples of one page, in order. */
export function* runExamples(
  examples: readonly Example[],
  machines: TwoMachines,
): Generator<{ readonly example: Example; readonly told: readonly Told[]; readonly folder: string }> {
  let folder = ''
  for (const example of examples) {
    if (example.scene !== undefined) folder = furnished(machines.at(example.scene))
    let exit = 0
    const told = example.steps.map((step) => {
      const ran = runStep(folder, { ...step, command: step.command.replaceAll('$?', `${exit}`) })
      exit = ran.exit
      return { ...step, ...ran }
    })
    yield { example, told, folder }
  }
}

/** With a `moss` that knows on which machine it is, and says nothing of progress, as on a terminal nothing of it is left. */
function furnished(folder: string): string {
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'root'))
  writeFileSync(join(folder, 'bin/moss'), `#!/bin/sh\nexec ${launcher} -q $MOSS_SIDE "$@"\n`)
  chmodSync(join(folder, 'bin/moss'), 0o755)
  return folder
}

function runStep(folder: string, { prompt, command }: Pick<Step, 'prompt' | 'command'>) {
  const isHost = prompt === 'host$'
  const home = join(folder, isHost ? 'root' : 'home/olga')
  const side = {
    host$: `--root ${join(folder, hostRoot)}`,
    station$: `--home ${join(folder, stationHome)}`,
    $: '',
  }
  const here = command
    .replaceAll(/(?<![\w.*/])\/(media|home)\b/g, `${folder}/$1`)
    .replaceAll(
      isHost && !command.startsWith('moss ') ? /(?<![\w.*/])\/(etc|usr|var)\b/g : /$^/g,
      `${join(folder, hostRoot)}/$1`,
    )
  const { status, stdout } = spawnSync('sh', ['-c', `exec 2>&1\n${here}`], {
    cwd: home,
    encoding: 'utf8',
    env: {
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      LC_ALL: 'C',
      MOSS_SIDE: side[prompt],
    },
  })
  const seen = stdout
    .replaceAll(join(folder, hostRoot, '/'), '/')
    .replaceAll(join(folder, hostRoot), '/')
    .replaceAll(folder, '')
  return { exit: status ?? -1, printed: seen === '' ? [] : seen.replace(/\n$/, '').split('\n') }
}

/** What the page shows that was not printed; undefined where all is right. */
export function difference({ shown, printed }: Told): string | undefined {
  const [want, have] = [alike(shown), alike(printed)]
  let at = 0
  for (const [index, line] of want.entries()) {
    if (line === '…') {
      const next = want[index + 1]
      if (next === undefined) return undefined
      while (at < have.length && !fits(next, have[at] ?? '')) at++
    } else if (fits(line, have[at] ?? '\0')) at++
    else return `shows  ${line}\nprints ${have[at] ?? '(nothing more)'}`
  }
  return at === have.length ? undefined : `shows nothing, prints ${have[at]}`
}

const fits = (shown: string, printed: string): boolean =>
  shown.endsWith('…') ? printed.startsWith(shown.slice(0, -1).trimEnd()) : shown === printed

/** Each line alone, so that what is cut off here has no neighbours there. */
const alike = (lines: readonly string[]): readonly string[] =>
  normalise(lines.join('\n'), '\0')
    .replaceAll(/\b[0-9a-f]{16}…?/g, '<id>')
    .replaceAll(/\b\d+\.\d+ s\b/g, '<n> s')
    .replaceAll(/([a-z]{3,8} ){7}[a-z]{3,8}/g, '<words>')
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, '  ').trimEnd())

interface Language {
  readonly endLine: string
  readonly write: (line: string) => string
}

const mdoc: Language = { endLine: '.Ed', write: escape }
export const markdown: Language = { endLine: '```', write: (line) => line }

const widest = 70

/** The page, showing what was printed where it showed something else. */
export function renewExample(
  page: string,
  example: Example,
  told: readonly Told[],
  { endLine, write }: Language = mdoc,
): string {
  const lines = page.split('\n')
  const end = lines.indexOf(endLine, example.line - 1)
  const renewed = told.flatMap((step) => [
    ...`${step.prompt} ${step.command}`.replaceAll('\n', '\n> ').split('\n').map(write),
    ...(difference(step) === undefined ? step.shown : step.printed.map(cut)).map(write),
  ])
  return [...lines.slice(0, example.line - 1), ...renewed, ...lines.slice(end)].join('\n')
}

/** Between words, so that no id is cut in two. */
function cut(line: string): string {
  if (line.length <= widest) return line.trimEnd()
  return `${line.slice(0, line.lastIndexOf(' ', widest - 2)).trimEnd()} …`
}
