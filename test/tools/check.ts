// npm run check: format, lint, types, layers, dead code. Each tool must prove that it looked at something:
// a check that passes because it saw nothing has failed.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkRooms, readSources } from './rooms.ts'

const top = join(import.meta.dirname, '../..')
const bin = join(top, 'node_modules/.bin')

interface Outcome {
  readonly name: string
  readonly passed: boolean
  readonly looked: number
  readonly output: string
}

function tool(
  name: string,
  program: string,
  args: readonly string[],
  count: (output: string) => number,
): Outcome {
  const ran = spawnSync(join(bin, program), args, {
    cwd: top,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  })
  const output = `${ran.stdout}${ran.stderr}`
  return { name, passed: ran.status === 0, looked: count(output), output }
}

function sourceCount(): number {
  return ['src', 'test']
    .flatMap((folder) => readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' }))
    .filter((path) => /\.tsx?$/.test(path)).length
}

const number = (pattern: RegExp) => (output: string) => Number(pattern.exec(output)?.[1] ?? 0)
const lines = (pattern: RegExp) => (output: string) =>
  output.split('\n').filter((line) => pattern.test(line)).length
const ours = (path: string): boolean => path.includes(`${top}/src/`) || path.includes(`${top}/test/`)

function layers(): Outcome {
  const sources = readSources(join(top, 'src'))
  const findings = checkRooms(sources)
  return {
    name: 'layers',
    passed: findings.length === 0,
    looked: sources.length,
    output: findings.join('\n'),
  }
}

const started = performance.now()
const outcomes: readonly Outcome[] = [
  tool(
    'format',
    'prettier',
    ['--check', '--log-level', 'debug', 'src', 'test', 'vitest.config.ts'],
    lines(/resolve config from/),
  ),
  tool('lint', 'oxlint', ['--deny-warnings'], number(/on (\d+) files/)),
  tool('types', 'tsc', ['-p', '.', '--listFiles'], (output) => output.split('\n').filter(ours).length),
  layers(),
  tool('dead code', 'knip', ['--no-progress', '--debug'], lines(/\.tsx?'?,?$/)),
]
for (const { name, passed, looked, output } of outcomes) {
  const isSound = passed && looked > 0
  console.log(`${isSound ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${looked} files`)
  if (!isSound)
    console.log(
      output
        .split('\n')
        .filter((line) => !line.startsWith('[debug]') && !/node_modules/.test(line))
        .slice(-80)
        .join('\n'),
    )
}
console.log(`check: ${sourceCount()} source files, ${((performance.now() - started) / 1000).toFixed(1)} s`)
if (!outcomes.every((outcome) => outcome.passed && outcome.looked > 0)) process.exitCode = 1
