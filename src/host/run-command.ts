// Runs a program to its end: nothing on its standard input, an output that is bounded, a time limit, an
// environment of its own, and where wanted namespaces or another root folder.
import { accessSync, closeSync, constants, openSync, writeSync } from 'node:fs'
import { attempt } from './linux-file.ts'
import type { Command, CommandResult } from './outside.ts'

const outputBytes = 64 * 1024
const programFolders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const
const ownEnvironment = { PATH: programFolders.join(':'), LC_ALL: 'C.UTF-8', HOME: '/' }

/**
 * Says on descriptor 3 that the namespaces stand, so that a failure before is known from one of the program itself.
 * `$1` is the folder, then the command.
 */
const enterWorld = `cd "$1" && shift && printf ready >&3 && exec 3>&- && exec "$@"`

export async function runCommand(command: Command): Promise<CommandResult> {
  const missing = whatIsMissing(command)
  if (missing !== undefined) return refused(missing)
  const line = command.isolated === true ? isolatedLine(command) : plainLine(command)
  const ran = await start(line, command)
  return command.isolated === true && !ran.isReady && ran.exitCode !== undefined
    ? refused(ran.output.trim() || 'namespaces cannot be made here')
    : { exitCode: ran.exitCode, output: ran.output }
}

const refused = (unsupported: string): CommandResult => ({ exitCode: undefined, output: '', unsupported })

function whatIsMissing({ isolated, mapsUser, root }: Command): string | undefined {
  const needed = [
    ...(isolated === true ? ['unshare', 'sh'] : []),
    ...(mapsUser === true ? ['setpriv'] : []),
    ...(root === undefined ? [] : ['chroot']),
  ]
  if (needed.length > 0 && !isRoot() && mapsUser !== true) return 'only the root user can do this'
  const absent = needed.filter((name) => findProgram(name) === undefined)
  return absent.length > 0 ? `this system has no ${absent.join(', ')}` : undefined
}

function plainLine(command: Command): readonly string[] {
  const line = [command.program, ...command.arguments]
  return command.root === undefined ? line : [findProgram('chroot') ?? 'chroot', command.root, ...line]
}

const namespaces = ['--mount', '--pid', '--net', '--ipc', '--fork', '--kill-child=KILL'] as const

const isRoot = (): boolean => process.getuid?.() === 0

const isolatedLine = (command: Command): readonly string[] => [
  // Long work of others ends with us, also where we are killed.
  ...(command.mapsUser === true ? [findProgram('setpriv') ?? 'setpriv', '--pdeathsig', 'KILL'] : []),
  findProgram('unshare') ?? 'unshare',
  ...namespaces,
  ...(command.mapsUser === true ? ['--uts', ...(isRoot() ? [] : ['--user', '--map-root-user'])] : []),
  '--',
  findProgram('sh') ?? 'sh',
  '-c',
  enterWorld,
  'sh',
  command.folder ?? '/',
  ...plainLine(command),
]

function findProgram(name: string): string | undefined {
  return programFolders
    .map((folder) => `${folder}/${name}`)
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

interface Ran extends CommandResult {
  readonly isReady: boolean
}

function start([program = '', ...args]: readonly string[], command: Command): Promise<Ran> {
  const isIsolated = command.isolated === true
  const { spawn } = process.getBuiltinModule('node:child_process')
  const output = boundedText()
  const log = command.log === undefined ? undefined : openLog(command.log)
  const { promise, resolve: settle } = Promise.withResolvers<Ran>()
  const resolve = (ran: Ran): void => {
    log?.close()
    settle(ran)
  }
  const child = spawn(program, args, {
    cwd: isIsolated ? '/' : (command.folder ?? '/'),
    env: { ...ownEnvironment, ...command.environment },
    stdio: isIsolated ? ['ignore', 'pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let isReady = false
  const take = (piece: Buffer): void => {
    output.add(piece)
    log?.add(piece)
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  child.stdio[3]?.on('data', () => (isReady = true))
  let exitCode: number | undefined
  const timer = setTimeout(
    () => {
      killGroup(child.pid)
      // Whatever still holds our pipes, or cannot be killed, is not waited for.
      for (const stream of child.stdio) stream?.destroy()
      child.unref()
      resolve({ exitCode, output: output.text(), isReady })
    },
    command.timeoutMs ?? 10 * 60_000,
  )
  child.on('error', (error) => {
    clearTimeout(timer)
    resolve({ exitCode: 127, output: error.message, isReady })
  })
  child.on('exit', (code) => {
    exitCode = code ?? undefined
    // What it left behind must not hold our pipes open.
    killGroup(child.pid)
  })
  child.on('close', (code) => {
    clearTimeout(timer)
    resolve({ exitCode: code ?? undefined, output: output.text(), isReady })
  })
  return promise
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it is gone already
  }
}

interface Log {
  readonly add: (piece: Buffer) => void
  readonly close: () => void
}

/** A disk that is full must not end the program that is logged: the log is only short then. */
function openLog({ path, limitBytes }: NonNullable<Command['log']>): Log {
  const descriptor = attempt('make', path, () => openSync(path, 'wx', 0o644))
  let left = limitBytes
  let isOpen = true
  return {
    add(piece) {
      if (!isOpen || left <= 0) return
      try {
        left -= writeSync(descriptor, piece, 0, Math.min(piece.length, left))
      } catch {
        left = 0
      }
    },
    close() {
      if (isOpen) closeSync(descriptor)
      isOpen = false
    },
  }
}

/** The end is kept: it says how it went. */
function boundedText(): { readonly add: (piece: Buffer) => void; readonly text: () => string } {
  const pieces: Buffer[] = []
  let size = 0
  return {
    add(piece) {
      pieces.push(piece)
      size += piece.length
      while (size - (pieces[0]?.length ?? 0) >= outputBytes) size -= pieces.shift()?.length ?? 0
    },
    text: () => Buffer.concat(pieces).subarray(-outputBytes).toString('utf8'),
  }
}
