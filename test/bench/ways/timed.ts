// Runs whole programs and says what they cost: user and system seconds of every process and thread of a script, and
// the largest resident size of any one of its processes, both as GNU time reports them after the last has ended. A
// script that fails ends the bench: a figure of half a run is worse than none.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Cost {
  /** User and system seconds. */
  readonly cpu: number
  readonly peakBytes: number
}

/** Also how long it took, in seconds. */
export interface TimedCost extends Cost {
  readonly wall: number
}

const quiet = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }

const mostWarmBytes = 8 * 2 ** 30

/**
 * Free memory that a virtual machine has handed back to its host is fetched anew page by page, at the cost of whoever
 * touches it first (note 0021): so it is touched here, by processes that end and leave it free.
 */
function warmMemory(warmBytes: number): void {
  const processes = availableParallelism()
  const mebibytes = Math.floor(Math.min(warmBytes, process.availableMemory() / 2) / 2 ** 20)
  const count = Math.ceil(mebibytes / 256 / processes)
  const touch = `'const kept = Array.from({ length: ${count} }, () => Buffer.alloc(2 ** 28, 1))'`
  const each = `${quote(process.execPath)} -e ${touch} &`
  spawnSync('bash', ['-c', `${Array.from({ length: processes }, () => each).join('\n')}\nwait`])
}

/** The same as `timed`, on memory that is this machine's own: so much of it. */
export function timedWarm(script: string, folder: string, warmBytes = mostWarmBytes): TimedCost {
  warmMemory(Math.min(warmBytes, mostWarmBytes))
  return timed(script, folder)
}

/** Runs a bash script in `folder`, its output thrown away. */
export function timed(script: string, folder: string): TimedCost {
  const place = mkdtempSync(join(tmpdir(), 'moss-timed-'))
  const figures = join(place, 'figures')
  const args = ['-q', '-f', '%U %S %M %e', '-o', figures, 'bash', '-euo', 'pipefail', '-c', script]
  try {
    const ran = spawnSync('/usr/bin/time', args, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: quiet,
    })
    if (ran.error !== undefined)
      throw new Error('the bench needs /usr/bin/time (GNU time)', { cause: ran.error })
    if (ran.status !== 0)
      throw new Error(`exit ${ran.status}: ${script.slice(0, 400)}\n${ran.stderr.slice(-4000)}`)
    const [user = NaN, system = NaN, kibibytes = NaN, wall = NaN] = readFileSync(figures, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
    return { cpu: user + system, peakBytes: kibibytes * 1024, wall }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

const rounds = 3

/**
 * What takes seconds is done three times, each time from the same beginning, and the least cost counts: what else the
 * machine does, and memory that it fetches anew, only adds. Nothing may be removed between: for a minute ext4 passes over
 * inodes that were freed, one by one, and the second round of an apply took twice as long as the first.
 */
export function leastOf(measure: (round: number) => Cost): Cost {
  const costs = Array.from({ length: rounds }, (_, round) => measure(round))
  return costs.reduce((least, cost) => (cost.cpu < least.cpu ? cost : least))
}

/** Runs a bash script in `folder` that is not counted; what it printed. */
export function run(script: string, folder: string): string {
  const ran = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: quiet,
  })
  if (ran.status !== 0)
    throw new Error(
      `exit ${ran.status}: ${script.slice(0, 400)}\n${ran.stdout.slice(-2000)}\n${ran.stderr.slice(-4000)}`,
    )
  return ran.stdout
}

export const isInstalled = (...programs: readonly string[]): boolean =>
  programs.every((program) => spawnSync('bash', ['-c', `command -v ${program}`]).status === 0)

/** For a shell, whatever the text holds. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
