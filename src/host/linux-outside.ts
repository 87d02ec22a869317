// The real outside: this machine. Made once, by main.ts; costs nothing until it is used.
import { openDatabase } from './database.ts'
import { download } from './http.ts'
import { linuxDisk } from './linux-disk.ts'
import type { Outside } from './outside.ts'
import { inlinePool, type Pool, workerPool, type WorkerModule } from './pool.ts'
import { runCommand } from './run-command.ts'
import { agentKeys, signWithAgent } from './ssh-agent.ts'
import { readDescriptor } from './terminal.ts'

export interface LinuxOutsideOptions {
  /** The module that serves the jobs; without it they run in this thread. */
  readonly worker?: WorkerModule
  /** Where the program and what belongs to it lies. */
  readonly folder?: string
  /** How many threads; by default as many as there are processors. */
  readonly width?: number
}

/** A long loop lets others run this often; in between `turn` costs next to nothing. */
const turnMs = 8

/** Debian's names for Node's. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: 'i386',
  arm: 'armhf',
  ppc64: 'ppc64el',
}

export function linuxOutside(options: LinuxOutsideOptions = {}): Outside & AsyncDisposable {
  const pool: Pool = options.worker === undefined ? inlinePool : workerPool(options.worker, options.width)
  const settled = Promise.resolve()
  let lastTurn = performance.now()
  return {
    disk: linuxDisk(pool),
    pool,
    nowMs: () => Date.now(),
    randomBytes: (count) => Uint8Array.from(process.getBuiltinModule('node:crypto').randomBytes(count)),
    openDatabase,
    run: runCommand,
    agentKeys,
    signWithAgent,
    readDescriptor,
    download,
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    userId: process.getuid?.() ?? 0,
    groupId: process.getgid?.() ?? 0,
    get machineName() {
      return process.getBuiltinModule('node:os').hostname()
    },
    machineArchitecture: architectures[process.arch] ?? process.arch,
    programFolder: options.folder,
    turn() {
      const now = performance.now()
      if (now - lastTurn < turnMs) return settled
      return new Promise((resolve) =>
        setImmediate(() => {
          lastTurn = performance.now()
          resolve()
        }),
      )
    },
    [Symbol.asyncDispose]: () => Promise.resolve(pool[Symbol.asyncDispose]()),
  }
}
