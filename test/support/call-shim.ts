// The built program with every-call.c preloaded: counts what it changes below a root, and ends it before one of those
// calls, by SIGKILL or, where the root is a filesystem of its own, by a power cut.
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtMoss } from './sample-trip.ts'

export interface CallShim {
  readonly library: string
  readonly note: string
}

/** What of the unsynced is lost: everything, or the bytes alone, whose names the filesystem's journal keeps. */
export type PowerCut = 'everything' | 'bytes'

export interface Moment {
  /** Counted and killed are calls below it. */
  readonly root: string
  /** The changing call that does not happen any more, from 1; without it the run is undisturbed. */
  readonly at?: number
  /** The filesystem of `root` is shut down at that call, as when the power fails. */
  readonly cut?: PowerCut
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
  { root, at, cut }: Moment,
  args: readonly string[],
  program = builtMoss,
): Promise<Shimmed> {
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
      ...(at === undefined ? {} : { MOSS_SHIM_AT: `${at}` }),
      ...(cut === undefined ? {} : { MOSS_SHIM_CUT: cut === 'bytes' ? '1' : '2' }),
    },
  })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => output.push(bytes))
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { exit: exit ?? undefined, output: Buffer.concat(output).toString(), calls: readNote(note) }
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
