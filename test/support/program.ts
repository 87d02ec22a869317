// The built program in a clean environment, as a transcript: the command, what it printed, what it said beside that
// (behind a bar), and its exit code. What differs from run to run (ids, sizes, dates, paths) is made alike by one
// function, so that a transcript can be compared to the letter.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const top = join(import.meta.dirname, '../..')
const launcher = join(top, 'dist/moss')

if (!existsSync(launcher)) {
  const built = spawnSync(process.execPath, [join(top, 'test/tools/build.ts')], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`the build failed: ${built.stdout}${built.stderr}`)
}

export interface Ran {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Program {
  /** Commands run here, so that names of files are short. */
  readonly folder: string
  run(args: readonly string[], how?: RunHow): Ran
  /** One that must succeed, unasked. */
  well(...args: readonly string[]): Ran
  /** The code of the error that it must end with. */
  code(...args: readonly string[]): string | undefined
  /** A normalised transcript of one command. */
  text(...args: readonly string[]): string
  /** The same command with --json: its exit code and the shape of its one object. */
  shape(...args: readonly string[]): string
  /** The object itself, of a command that must succeed. */
  json<T>(...args: readonly string[]): T
  transcript(args: readonly string[], ran: Ran): string
}

export interface RunHow {
  /** Open descriptors from 3 on. */
  readonly descriptors?: readonly number[]
  readonly environment?: Readonly<Record<string, string>>
}

export function programIn(folder: string): Program {
  const run = (args: readonly string[], { descriptors = [], environment = {} }: RunHow = {}): Ran => {
    const { status, stdout, stderr } = spawnSync(launcher, args, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C', ...environment },
    })
    return { exit: status, stdout, stderr }
  }
  const transcript = (args: readonly string[], { exit, stdout, stderr }: Ran): string => {
    // A machine that is slow says how far it is.
    const said = stderr.replaceAll(/^moss: (?!error|hint|note)[a-z ]+: .*( %|\d s\b).*\n/gm, '')
    const beside = said.replace(/\n$/, '').replaceAll(/^/gm, '| ')
    const all = [
      `$ moss ${args.map(quote).join(' ')}`,
      ...(said === '' ? [] : [beside]),
      ...(stdout === '' ? [] : [stdout.replace(/\n$/, '')]),
      `[exit ${exit}]`,
    ]
    return normalise(all.join('\n'), folder)
  }
  return {
    folder,
    run,
    well: (...args) => {
      const ran = run([...args, '-y'])
      if (ran.exit !== 0) throw new Error(`moss ${args.join(' ')}: exit ${ran.exit}\n${ran.stderr}`)
      return ran
    },
    code: (...args) => / \[([A-Z_]+)\]$/m.exec(run([...args, '-y']).stderr)?.[1],
    transcript,
    text: (...args) => transcript(args, run(args)),
    shape: (...args) => {
      const { exit, stdout } = run([...args, '--json'])
      return `exit ${exit} ${shapeOf(onlyObject(stdout))}`
    },
    json: <T>(...args: readonly string[]): T => {
      const { exit, stdout, stderr } = run([...args, '--json', '-y'])
      if (exit !== 0) throw new Error(`moss ${args.join(' ')}: exit ${exit}\n${stderr}`)
      return onlyObject(stdout) as T
    },
  }
}

const quote = (word: string): string => (/^[\w./:=+-]+$/.test(word) ? word : `'${word}'`)

/** Standard output under --json is exactly one object on one line. */
export function onlyObject(stdout: string): object {
  const lines = stdout.split('\n')
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one line: ${stdout.slice(0, 400)}`)
  const value = JSON.parse(lines[0] ?? '') as unknown
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`not an object: ${stdout.slice(0, 400)}`)
  return value
}

const volatile: readonly (readonly [RegExp, string])[] = [
  [/(fingerprint\n(?:\| )? *)([a-z]{3,8} ){7}[a-z]{3,8}$/gm, '$1<words>'],
  [/\b([0-9a-f]{4} ){7}[0-9a-f]{4}([\s|]+([0-9a-f]{4} ){7}[0-9a-f]{4})/g, '<fingerprint>'],
  [/([a-z]{3,8} ){7}[a-z]{3,8} (?=\(<fingerprint>\))/g, '<words> '],
  [/\b[0-9a-f]{64}\b/g, '<id>'],
  [/\b[0-9a-f]{16}\b/g, '<id>'],
  [/([ _])[0-9a-f]{12}\b/g, '$1<id>'],
  [/-[0-9a-f]{8}\.moss\b/g, '-<id>.moss'],
  [/^RW\S{50,}$/gm, '<minisign key>'],
  // minisign writes it without leading zeros.
  [/\bpublic key [0-9A-F]{1,16}\b/g, 'public key <minisign id>'],
  [/\b[0-9A-F]{16}\b/g, '<minisign id>'],
  [/\b\d{4}-\d{2}-\d{2}\b/g, '<date>'],
  [/\b\d+ (days|hours|minutes) ago\b|\bjust now\b/g, '<age>'],
]
/** Where the width of these changes, so does the padding beside them. */
const unevenly: readonly (readonly [RegExp, string])[] = [
  [/\b\d+(\.\d+)? [kMGT]?B(?![\w])/g, '<size>'],
  [/\b\d+(\.\d+)? of \d+(\.\d+)? bytes\b/g, '<n> of <n> bytes'],
  [/\b\d+ bytes\b/g, '<n> bytes'],
  [/\b\d+\.\d s\b/g, '<n> s'],
  [/\bat \d+\b/g, 'at <n>'],
  [/ -c (\+?)\d+/g, ' -c $1<n>'],
]

/** Puts a name in place of whatever another run, machine or day would print otherwise. */
export function normalise(text: string, folder: string): string {
  let out = text.replaceAll(folder, 'FOLDER')
  for (const [pattern, name] of volatile) out = out.replace(pattern, name)
  return out
    .split('\n')
    .map((line) => {
      const done = unevenly.reduce((left, [pattern, name]) => left.replace(pattern, name), line)
      return done === line ? line : done.replace(/(\S) {2,}/g, '$1  ')
    })
    .join('\n')
}

/** A value as a type: `{host: string, kept: number[]}`; a list shows each shape that occurs in it. */
export function shapeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) {
    const shapes = [...new Set(value.map(shapeOf))]
    return shapes.length === 1 && !shapes[0]?.includes(' ') ? `${shapes[0]}[]` : `[${shapes.join(' | ')}]`
  }
  if (typeof value !== 'object') return typeof value
  const fields = Object.entries(value).map(([name, each]) => `${name}: ${shapeOf(each)}`)
  return `{${fields.join(', ')}}`
}
