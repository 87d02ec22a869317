// The examples of the manual, run. A transcript has commands behind a prompt (host$, station$, $ for anybody, or the name of
// somebody with a station's home of his own), what they print below them. Paths are those of the two machines; here all of
// them lie below one folder. A line behind `> ` or one that ends with \ goes on with the command. In what is shown, a line
// of … stands for any lines, and … at the end of a line for its rest. Where nothing at all is shown of what commands print, it
// is not looked at. A command that fails is followed by `echo $?`.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { standIns } from './manual-stand-ins.ts'
import { type Display, escapeLine, type Mark, type Meaning, type Prompt } from './manual-marks.ts'
import { normalise } from './program.ts'
import { hostRoot, stationHome, type TwoMachines } from './two-machines.ts'
import { units } from '../tools/units.ts'

const launcher = join(import.meta.dirname, '../../dist/moss')

export interface Step {
  readonly prompt: Prompt
  readonly command: string
  readonly shown: readonly string[]
}

function stepsOf(lines: readonly string[], at: number): readonly Step[] {
  const steps: { prompt: Step['prompt']; command: string; shown: string[] }[] = []
  for (const line of lines) {
    const [, prompt, command] = /^([a-z]*\$) +(.*)$/.exec(line) ?? []
    const last = steps.at(-1)
    if (command !== undefined) steps.push({ prompt: prompt as Prompt, command, shown: [] })
    else if (last === undefined) throw new Error(`line ${at}: a transcript begins with a command`)
    else if (last.shown.length > 0) last.shown.push(line)
    else if (line.startsWith('> ')) last.command += `\n${line.slice(2)}`
    else if (last.command.endsWith('\\')) last.command += `\n${line}`
    else last.shown.push(line)
  }
  return steps
}

export interface Told extends Step {
  readonly printed: readonly string[]
  readonly exit: number
}

export interface ToldDisplay {
  readonly display: Display
  /** Of a transcript; of a script one without what it should print. */
  readonly told: readonly Told[]
}

/** A transcript that shows something of what is printed. */
export const isShown = ({ display, told }: ToldDisplay): boolean =>
  display.mark?.kind === 'run' && told.some(({ shown }) => shown.length > 0)

/** What a scene knows while displays go on with it. */
interface Place {
  readonly folder: string
  readonly meanings: readonly Meaning[]
  /** All that was printed. */
  readonly log: string
}

/** Runs the displays of one page, in order. */
export async function* runDisplays(
  displays: readonly Display[],
  machines: TwoMachines,
): AsyncGenerator<ToldDisplay> {
  await using running = new AsyncDisposableStack()
  let place: Place = { folder: '', meanings: [], log: '' }
  for (const display of displays) {
    const { mark } = display
    if (mark === undefined || mark.kind === 'judged' || mark.kind === 'elsewhere') continue
    if (mark.scene !== undefined) {
      const folder = machines.at(mark.scene)
      running.use(await standIns(folder))
      place = { folder: furnished(folder), meanings: [], log: '' }
    }
    if (place.folder === '') throw new Error(`line ${display.line}: there is no scene yet`)
    place = { ...place, meanings: [...place.meanings, ...display.meanings] }
    const told: Told[] = []
    for (const step of stepsFor(mark, display)) {
      const ran = runStep(place, step, { display, exit: told.at(-1)?.exit ?? 0 })
      told.push({ ...step, ...ran })
      place = { ...place, log: `${place.log}${ran.log}` }
    }
    if (mark.kind === 'file' || mark.kind === 'more') writeText(place.folder, mark, display.lines)
    yield { display, told }
  }
}

function stepsFor(mark: Mark, { lines, line }: Display): readonly Step[] {
  if (mark.kind === 'run') return stepsOf(lines, line)
  if (mark.kind === 'script') return [{ prompt: mark.prompt, command: lines.join('\n'), shown: [] }]
  return mark.kind === 'unit' ? unitSteps(mark.name, lines) : []
}

/** As systemd would run it; a unit of a medium needs one, and has a test of its own (test/e2e/automatic.test.ts). */
function unitSteps(name: string, lines: readonly string[]): readonly Step[] {
  if (!Object.entries(units).some(([each, text]) => each === name && text === `${lines.join('\n')}\n`))
    throw new Error(`${name} is another than the build writes`)
  const [, command] = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(lines.join('\n')) ?? []
  if (command === undefined || command.includes('%i')) return []
  return [{ prompt: 'host$', command: command.replaceAll('$$', '$'), shown: [] }]
}

function writeText(
  folder: string,
  { kind, path }: Pick<Extract<Mark, { path: string }>, 'kind' | 'path'>,
  lines: readonly string[],
): void {
  const at = path.startsWith('/') ? join(folder, hostRoot, path) : join(folder, 'home/olga', path)
  mkdirSync(dirname(at), { recursive: true })
  writeFileSync(at, `${lines.join('\n')}\n`, { flag: kind === 'more' ? 'a' : 'w' })
}

/**
 * With a `moss` that knows on which machine it is, and says nothing of progress, as on a terminal nothing of it is left.
 * Where a scene has a package of moss, the station's is that one; a host to which it was copied has its own.
 */
function furnished(folder: string): string {
  for (const name of ['bin', 'root', 'data']) mkdirSync(join(folder, name), { recursive: true })
  const write = (name: string, text: string): void => {
    if (!existsSync(join(folder, 'bin', name)))
      writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  write(
    'moss',
    `program=${launcher}
case $MOSS_SIDE in
--root*) [ ! -e ${folder}/opt/moss/moss ] || program=${folder}/opt/moss/moss ;;
*) [ ! -x ${folder}/package/moss ] || program=${folder}/package/moss ;;
esac
exec $MOSS_INSIDE "$program" -q $MOSS_SIDE "$@"`,
  )
  // Nothing here restarts a machine; what it was asked is in this file.
  write('systemctl', `echo "$@" >> ${folder}/systemctl`)
  return folder
}

const alwaysHere = /(?<![\w.*/])\/(media|home|srv|data|opt)\b/g
const ofHost = /(?<![\w.*/])\/(etc|usr|var)\b/g

interface How {
  readonly display: Display
  /** Of the command before. */
  readonly exit: number
}

function runStep(
  place: Place,
  { prompt, command }: Pick<Step, 'prompt' | 'command'>,
  { display, exit }: How,
) {
  const { folder } = place
  const { mark, isAnswered } = display
  const isHost = prompt === 'host$'
  const isSomebody = !isHost && prompt !== '$' && prompt !== 'station$'
  const person = isSomebody ? prompt.slice(0, -1) : 'olga'
  const home = join(folder, isHost ? 'root' : `home/${person}`)
  mkdirSync(home, { recursive: true })
  const side = isHost
    ? `--root ${join(folder, hostRoot)}`
    : prompt === '$'
      ? ''
      : `--home ${join(folder, stationHome.replace('olga', person))}`
  let here = withMeanings(place, command.replaceAll('$?', `${exit}`), display.line).replaceAll(
    alwaysHere,
    `${folder}/$1`,
  )
  if (isHost && !command.startsWith('moss ')) here = here.replaceAll(ofHost, `${join(folder, hostRoot)}/$1`)
  const shell = mark?.kind !== 'script' ? 'sh -c' : mark.shell === 'sh' ? 'sh -euc' : `${mark.shell} -c`
  // What a person types where nobody sees it comes from a file.
  const typed = isSomebody ? ' --passphrase-fd 9' : ''
  const { status, stdout } = spawnSync(
    'sh',
    ['-c', `exec 2>&1 9<<END\nfive words of ${person}\nEND\nexec ${shell} "$0"`, here],
    {
      cwd: home,
      encoding: 'utf8',
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        HOME: home,
        LC_ALL: 'C',
        MOSS_SIDE: `${side}${typed}${isAnswered ? ' -y' : ''}`,
        MOSS_INSIDE: existsSync(join(folder, 'inside')) && !isHost ? join(folder, 'inside') : '',
      },
    },
  )
  const log = stdout
    .replaceAll(join(folder, hostRoot, '/'), '/')
    .replaceAll(join(folder, hostRoot), '/')
    .replaceAll(folder, '')
  const seen = withTexts({ ...place, log: place.log + log }, log)
  return { exit: status ?? -1, log, printed: seen === '' ? [] : seen.replace(/\n$/, '').split('\n') }
}

/** What a text of the page stands for so far. */
function valueOf({ is }: Meaning, log: string): string | undefined {
  if (typeof is === 'string') return is
  const last = [...log.matchAll(is)].at(-1)
  return last?.[1] ?? last?.[0]
}

function withMeanings({ meanings, log }: Place, command: string, line: number): string {
  return meanings
    .filter(({ text }) => command.includes(text))
    .reduce((done, meaning) => {
      const value = valueOf(meaning, log)
      if (value === undefined) throw new Error(`line ${line}: nothing was printed for ${meaning.text}`)
      return done.replaceAll(meaning.text, value)
    }, command)
}

const withTexts = ({ meanings, log }: Place, printed: string): string =>
  meanings.reduce((done, meaning) => {
    const value = typeof meaning.is === 'string' ? undefined : valueOf(meaning, log)
    return value === undefined ? done : done.replaceAll(value, meaning.text)
  }, printed)

/** What is wrong with a display that was run. */
export function problemsOf(ran: ToldDisplay): readonly string[] {
  const { display, told } = ran
  return told.flatMap((step, at) => {
    const printed = `exit ${step.exit}\n${step.printed.join('\n')}`
    const title = `line ${display.line}: ${step.prompt} ${step.command}`
    if (!isShown(ran))
      return step.exit !== 0 || /^moss: error:/m.test(printed) ? [`${title}\n${printed}`] : []
    const found = difference(step)
    const isMeant = step.exit === 0 || told[at + 1]?.command.startsWith('echo')
    return [
      ...(found === undefined ? [] : [`${title}\n${found}`]),
      ...(isMeant ? [] : [`${title}\n${printed}`]),
    ]
  })
}

/** What the page shows that was not printed; undefined where all is right. */
function difference({ shown, printed }: Told): string | undefined {
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
    .replaceAll(/-[0-9a-f]{8}\.(\d{3})\.moss\b/g, '-<id>.$1.moss')
    .replaceAll(/\b[0-9a-f]{16}…?/g, '<id>')
    .replaceAll(/\b\d+\.\d+ s\b/g, '<n> s')
    .replaceAll(/([a-z]{3,8} ){7}[a-z]{3,8}/g, '<words>')
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, '  ').trimEnd())

interface Language {
  readonly endLine: string
  readonly write: (line: string) => string
}

const mdoc: Language = { endLine: '.Ed', write: escapeLine }
export const markdown: Language = { endLine: '```', write: (line) => line }

const widest = 70

/** The page, showing what was printed where it showed something else. */
export function renewDisplay(
  page: string,
  { line }: Pick<Display, 'line'>,
  told: readonly Told[],
  { endLine, write }: Language = mdoc,
): string {
  const lines = page.split('\n')
  const end = lines.indexOf(endLine, line - 1)
  const renewed = told.flatMap((step) => [
    ...`${step.prompt} ${step.command.replaceAll(/(?<!\\)\n|(?<=\\)\n(?! )/g, '\n> ')}`
      .split('\n')
      .map(write),
    ...(difference(step) === undefined ? step.shown : step.printed.map(cut)).map(write),
  ])
  return [...lines.slice(0, line - 1), ...renewed, ...lines.slice(end)].join('\n')
}

/** Between words, so that no id is cut in two. */
function cut(line: string): string {
  if (line.length <= widest) return line.trimEnd()
  return `${line.slice(0, line.lastIndexOf(' ', widest - 2)).trimEnd()} …`
}
