// A signature by a key that moss does not see: ssh-keygen asks the agent, or the token, that holds it.
import type { AgentSignature } from './outside.ts'

const programFolders = '/usr/local/bin:/usr/bin:/bin'
/** Where the agent listens, and what speaks to a token. */
const handedOn = ['HOME', 'SSH_AUTH_SOCK', 'SSH_SK_PROVIDER', 'SSH_ASKPASS', 'DISPLAY'] as const
/** Somebody has to find the token and touch it. */
const timeoutMs = 2 * 60_000
const longestBlock = 4096

export function signWithAgent(publicFile: string, message: Uint8Array): AgentSignature {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const env = Object.fromEntries(handedOn.map((name) => [name, process.env[name]]))
  const { status, stdout, stderr, error } = spawnSync(
    'ssh-keygen',
    ['-q', '-Y', 'sign', '-n', 'moss', '-f', publicFile],
    { input: message, env: { ...env, PATH: programFolders, LC_ALL: 'C' }, timeout: timeoutMs },
  )
  if (error !== undefined) return { problem: error.message }
  const said = stderr.toString('utf8').trim()
  if (status !== 0 || stdout.length > longestBlock) return { problem: said || 'ssh-keygen made no signature' }
  return { block: stdout.toString('latin1') }
}
