// Keys that moss does not see: ssh-add tells which ones the agent has, ssh-keygen asks it, or the token, for a signature.
import type { AgentSignature } from './outside.ts'
import { isTerminal } from './terminal.ts'

const programFolders = '/usr/local/bin:/usr/bin:/bin'
/** Where the agent listens, and what speaks to a token. */
const handedOn = ['HOME', 'SSH_AUTH_SOCK', 'SSH_SK_PROVIDER', 'SSH_ASKPASS', 'DISPLAY'] as const
/** Somebody has to find the token and touch it. */
const touchMs = 2 * 60_000
const listMs = 10_000
const longestBlock = 4096

function run(program: string, args: readonly string[], input: Uint8Array, timeout: number) {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const environment = Object.fromEntries(handedOn.map((name) => [name, process.env[name]]))
  return spawnSync(program, args, {
    input,
    env: { ...environment, PATH: programFolders, LC_ALL: 'C' },
    // It asks for the touch itself, where somebody can read that.
    stdio: ['pipe', 'pipe', isTerminal(2) ? 'inherit' : 'pipe'],
    timeout,
  })
}

export function agentKeys(): readonly string[] {
  if (process.env['SSH_AUTH_SOCK'] === undefined) return []
  const { status, stdout } = run('ssh-add', ['-L'], new Uint8Array(0), listMs)
  if (status !== 0) return []
  return stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line.split(' ').slice(0, 2).join(' '))
}

export function signWithAgent(publicFile: string, message: Uint8Array): AgentSignature {
  const ran = run('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'moss', '-f', publicFile], message, touchMs)
  const { status, stdout, stderr, error } = ran
  const code = error !== undefined && 'code' in error ? error.code : undefined
  const said = stderr?.toString('utf8').trim() ?? ''
  if (status === 0 && stdout.length <= longestBlock) return { block: stdout.toString('latin1') }
  if (code === 'ENOENT') return { problem: 'this system has no ssh-keygen' }
  if (code === 'ETIMEDOUT') return { problem: 'no signature came within two minutes' }
  return { problem: said || 'ssh-keygen made no signature' }
}
