// The real program on a real disk, killed with SIGKILL at moments spread over each verb. The same verb again must
// reach the undisturbed end. (Power cuts at every single call are simulated in test/fault.)
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleDates, writeSample } from '../support/sample.ts'

const moss = join(import.meta.dirname, '../../dist/moss')
const folder = mkdtempSync(join(tmpdir(), 'moss-kill-'))
const home = join(folder, 'station')
const fresh = join(folder, 'fresh')
const bundle = (name: string): string => join(folder, `${name}.moss`)
const killsEach = 6

const run = (...args: readonly string[]): Record<string, unknown> =>
  JSON.parse(
    execFileSync(moss, [...args, '--json', '-y'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
  ) as Record<string, unknown>

/** Milliseconds until it ended by itself, or undefined where the kill came first. */
async function runAndKill(args: readonly string[], afterMs: number): Promise<number | undefined> {
  const started = performance.now()
  const child = spawn(moss, [...args, '--json', '-y'], { stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
  const signal = await new Promise((resolve) => child.once('exit', (_, by) => resolve(by)))
  clearTimeout(timer)
  return signal === null ? performance.now() - started : undefined
}

/** With its hard links, owners and dates. */
const copyTree = (from: string, to: string): void => void execFileSync('cp', ['-a', from, to])

const treeOf = (root: string): unknown => run('state', 'show', '--digest', '--root', root)['tree']

beforeAll(() => {
  run('key', 'generate', '--no-passphrase', '--home', home)
  run('channel', 'create', 'stable', '--home', home)
  run('init', '--root', fresh, '--trust', join(home, 'root.moss-root'), '--name', 'kill')
  run('subscribe', 'harbour', 'pilot-books', '--root', fresh)
  for (const version of ['first', 'second'] as const) {
    run('add', 'stable', ...writeSample(join(folder, version), version), '--home', home)
    run('channel', 'publish', 'stable', '--date', `${sampleDates[version]}`, '--home', home)
    const state = join(folder, `${version}.moss-state`)
    run('state', 'export', state, '--root', fresh)
    run('export', '--for', state, '-o', bundle(version), '--home', home)
    if (version === 'first') {
      run('import', bundle('first'), '--root', fresh)
      run('apply', '--root', fresh)
    }
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test(
  'T1 T4: import, apply and rollback, killed anywhere, reach their end when run again',
  { timeout: 180_000 },
  async () => {
    const root = join(folder, 'host')
    let kills = 0
    for (const verb of [['import', bundle('second')], ['apply'], ['rollback']] as const) {
      const before = join(folder, `before-${verb[0]}`)
      copyTree(verb[0] === 'import' ? fresh : root, before)
      const reset = (): void => {
        rmSync(root, { recursive: true, force: true })
        copyTree(before, root)
      }
      reset()
      const trees = [treeOf(root)]
      const wholeMs = (await runAndKill([...verb, '--root', root], 60_000)) ?? 0
      const end = treeOf(root)
      trees.push(end)
      for (let n = 1; n <= killsEach; n++) {
        reset()
        const ended = await runAndKill([...verb, '--root', root], (wholeMs * n) / (killsEach + 1))
        if (ended === undefined) kills++
        expect(trees).toContain(treeOf(root))
        if (verb[0] !== 'rollback' || treeOf(root) !== end) run(...verb, '--root', root)
        expect(treeOf(root)).toBe(end)
        expect(run('verify', '--root', root)['findings']).toEqual([])
      }
    }
    console.log(`${kills} kills, 0 violations`)
    expect(kills).toBeGreaterThanOrEqual(killsEach)
  },
)
