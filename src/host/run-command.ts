// Runs a program to its end: nothing on its standard input, an output that is bounded, a time limit, an
// environment of its own, and where wanted a world of its own: namespaces, an overlay, another root folder.
import { accessSync, constants } from 'node:fs'
import type { Command, CommandResult } from './outside.ts'

const outputBytes = 64 * 1024
const programFolders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const
const ownEnvironment = { PATH: programFolders.join(':'), LC_ALL: 'C.UTF-8', HOME: '/' }

/**
 * Says on descriptor 3 that the world around the program stands, so that a failure before is known from one of the
 * program itself. `$1` lower, `$2` upper, `$3` work, `$4` mount, all empty without overlay; `$5` folder; then the command.
 */
const prepareWorld = `set -e
if [ -n "$4" ]; then
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3,redirect_dir=off,index=off,metacopy=off" "$4"
fi
cd "$5"
shift 5
printf ready >&3
exec 3>&-
exec "$@"`

export async function runCommand(command: Command): Promise<CommandResult> {
  const world = command.isolated === true || command.overlay !== undefined
  const missing = whatIsMissing(command, world)
  if (missing !== undefined) return refused(missing)
  const [program = '', ...args] = world ? worldLine(command) : plainLine(command)
  const ran = await start(program, args, command, world)
  return world && !ran.isReady && ran.exitCode !== undefined
    ? refused(ran.output.trim() || 'namespaces cannot be made here')
    : { exitCode: ran.exitCode, output: ran.output }
}

const refused = (unsupported: string): CommandResult => ({ exitCode: undefined, output: '', unsupported })

function whatIsMissing(command: Command, world: boolean): string | undefined {
  const isRoot = process.getuid?.() === 0
  if ((world || command.root !== undefined) && !isRoot) return 'only the root user can do this'
  const needed = [
    ...(world ? ['unshare', 'sh'] : []),
    ...(command.overlay === undefined ? [] : ['mount']),
    ...(command.root === undefined ? [] : ['chroot']),
  ]
  const absent = needed.filter((name) => findProgram(name) === undefined)
  if (absent.length > 0) return `this system has no ${absent.join(', ')}`
  const overlay = command.overlay
  const paths = overlay === undefined ? [] : [overlay.lower, overlay.upper, overlay.work]
  // Mount options have no quoting that every version understands.
  return paths.some((path) => /[,:\\"]/.test(path)) ? 'an overlay cannot be made of such a path' : undefined
}

function plainLine(command: Command): readonly string[] {
  const line = [command.program, ...command.arguments]
  return command.root === undefined ? line : [findProgram('chroot') ?? 'chroot', command.root, ...line]
}

function worldLine(command: Command): readonly string[] {
  const { overlay } = command
  const namespaces = [
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--net',
    '--ipc',
    '--fork',
    '--kill-child=KILL',
  ]
  return [
    findProgram('unshare') ?? 'unshare',
    ...(command.isolated === true ? namespaces : namespaces.slice(0, 3)),
    '--',
    findProgram('sh') ?? 'sh',
    '-c',
    prepareWorld,
    'sh',
    overlay?.lower ?? '',
    overlay?.upper ?? '',
    overlay?.work ?? '',
    overlay?.mount ?? '',
    command.folder ?? '/',
    ...plainLine(command),
  ]
}

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

function start(program: string, args: readonly string[], command: Command, world: boolean): Promise<Ran> {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const { promise, resolve } = Promise.withResolvers<Ran>()
  const child = spawn(program, args, {
    cwd: world ? '/' : (command.folder ?? '/'),
    env: { ...ownEnvironment, ...command.environment },
    stdio: world ? ['ignore', 'pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const output = boundedText()
  let isReady = false
  child.stdout?.on('data', output.add)
  child.stderr?.on('data', output.add)
  child.stdio[3]?.on('data', () => (isReady = true))
  const timer = setTimeout(() => killGroup(child.pid), command.timeoutMs ?? 10 * 60_000)
  child.on('error', (error) => {
    clearTimeout(timer)
    resolve({ exitCode: 127, output: error.message, isReady })
  })
  child.on('exit', () => {
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

function boundedText(): { readonly add: (piece: Buffer) => void; readonly text: () => string } {
  const pieces: Buffer[] = []
  let size = 0
  return {
    add(piece) {
      const kept = piece.subarray(0, outputBytes - size)
      size += kept.length
      if (kept.length > 0) pieces.push(kept)
    },
    text: () => Buffer.concat(pieces).toString('utf8'),
  }
}
