// How long the built program takes to start, against the bare runtime in the same run: `--version` and
// `status --json` on a fresh root, each the median of 20, turn by turn. Bar: 1.5 × `node -e 0`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const top = join(import.meta.dirname, '../..')
const moss = join(top, 'dist/moss')
const folder = mkdtempSync(join(tmpdir(), 'moss-start-'))
const [home, root] = [join(folder, 'station'), join(folder, 'host')]

function run(program: string, args: readonly string[]): number {
  const started = performance.now()
  const ran = spawnSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (ran.status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${ran.status}`)
  return performance.now() - started
}

run(moss, ['key', 'generate', '--no-passphrase', '--home', home])
run(moss, ['init', '--root', root, '--trust', join(home, 'root.moss-root')])
const cases = {
  'node -e 0': () => run(join(top, 'node_modules/.bin/node'), ['-e', '0']),
  'moss --version': () => run(moss, ['--version']),
  'moss status --json': () => run(moss, ['status', '--json', '--root', root]),
} as const
const times = Object.keys(cases).map((): number[] => [])
for (let turn = 0; turn < 20; turn++) Object.values(cases).forEach((one, index) => times[index]?.push(one()))
const medians = times.map((list) => list.toSorted((a, b) => a - b)[10] ?? 0)
const bare = medians[0] ?? 1
Object.keys(cases).forEach((name, index) => {
  const median = medians[index] ?? 0
  console.log(`${name.padEnd(20)} ${median.toFixed(1)} ms  ${(median / bare).toFixed(2)} ×`)
})
rmSync(folder, { recursive: true, force: true })
