// The built program with every-call.c preloaded: counts what it changes below a root, and at one of those calls
// kills it, cuts the power of the root's filesystem, or lets the call fail.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { builtMoss } from './sample-trip.ts'

export interface CallShim {
  readonly library: string
  readonly note: string
}

/**
 * What happens at a call: the program is killed before it; the power fails, and everything that was not synced is lost or
 * only the bytes of files, whose names the filesystem's journal keeps; a write is cut short, or from there on every
 * reading and writing is; the disk is full from there on; the call fails with one of the kernel's words; or the program stops before it and then goes on. The longer words
 * are mutants: trees are exchanged in several steps, nothing is synced, or no lock is taken.
 */
export type Mishap =
  | 'kill'
  | 'kill, no exchange'
  | 'all lost'
  | 'bytes lost'
  | 'bytes lost, nothing synced'
  | 'short write'
  | 'short'
  | 'disk full'
  | 'stop'
  | 'stop without locks'
  | KernelWord
export type KernelWord = 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EROFS' | 'EMLINK' | 'EINTR' | 'EMFILE'

export interface Moment {
  /** Counted are calls below it. */
  readonly root: string
  /** The changing call at which it happens, from 1; without it the run is undisturbed. */
  readonly at?: number
  readonly mishap?: Mishap
  /** Done while the program stands still. */
  readonly whileStopped?: () => Promise<void>
}

export interface Shimmed {
  /** Undefined where it was killed. */
  readonly exit: number | undefined
  readonly output: string
  /** The changing calls, each by its name and its path below the root; it was killed before the last. */
  readonly calls: readonly string[]
}

/** Needs `cc`. */
export function compileShim(folder: string): CallShim {
  const library = join(folder, 'every-call.so')
  const source = join(import.meta.dirname, 'every-call.c')
  execFileSync('cc', [
    '-shared',
    '-fPIC',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-o',
    library,
    source,
    '-ldl',
  ])
  return { library, note: join(folder, 'every-call.note') }
}

const noteBytes = 2 ** 20
const noteFront = 16

/** Runs `moss ARGS`, or another program. */
export async function runShimmed(
  { library, note }: CallShim,
  { root, at = 0, mishap = 'kill', whileStopped }: Moment,
  args: readonly string[],
  program = builtMoss,
): Promise<Shimmed> {
  const [how, number] = orderOf(mishap)
  writeFileSync(note, '')
  truncateSync(note, noteBytes)
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      LC_ALL: 'C',
      LD_PRELOAD: library,
      MOSS_SHIM_ROOT: root,
      MOSS_SHIM_NOTE: note,
      MOSS_SHIM_AT: `${at}`,
      MOSS_SHIM_HOW: how,
      MOSS_SHIM_WITH: `${number}`,
    },
  })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => output.push(bytes))
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (whileStopped !== undefined && (await isStopped(child))) {
    try {
      await whileStopped()
    } finally {
      child.kill('SIGCONT')
    }
  }
  const exit = await ended
  return { exit: exit ?? undefined, output: Buffer.concat(output).toString(), calls: readNote(note) }
}

/** False where it ended first. */
async function isStopped(child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    if (/\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) return true
    await setTimeout(2)
  }
  return false
}

/** As every-call.c has it. */
function orderOf(mishap: Mishap): readonly [string, number] {
  switch (mishap) {
    case 'kill':
      return ['kill', 0]
    case 'kill, no exchange':
      return ['kill', 1]
    case 'all lost':
      return ['cut', 2]
    case 'bytes lost':
      return ['cut', 1]
    case 'bytes lost, nothing synced':
      return ['cut', 1 + 4]
    case 'short write':
      return ['fail', 0]
    case 'short':
      return ['short', 0]
    case 'stop':
      return ['stop', 0]
    case 'stop without locks':
      return ['stop', 1]
    case 'disk full':
      return ['full', constants.errno.ENOSPC]
    default:
      return ['fail', constants.errno[mishap]]
  }
}

function readNote(note: string): readonly string[] {
  const bytes = readFileSync(note)
  const [count, length] = [Number(bytes.readBigUInt64LE(0)), Number(bytes.readBigUInt64LE(8))]
  const calls = bytes
    .toString('utf8', noteFront, noteFront + length)
    .split('\n')
    .slice(0, -1)
  if (calls.length !== count) throw new Error(`${count} calls were counted, ${calls.length} are noted`)
  return calls
}
