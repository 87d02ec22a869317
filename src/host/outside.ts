// Everything outside the program, as one value that is handed down: so a test can hand down another.
import type { Database } from './database.ts'
import type { Disk } from './disk.ts'
import type { Download } from './http.ts'
import type { Pool } from './pool.ts'

export interface Outside {
  readonly disk: Disk
  readonly pool: Pool
  /** Milliseconds since 1970 by this machine's clock, which may be wrong. */
  nowMs(): number
  randomBytes(count: number): Uint8Array
  /** The file is made if absent. Durable commits (WAL off, synchronous=FULL). */
  openDatabase(path: string, how: 'read' | 'write'): Database
  /** Runs a program to its end, with nothing on its standard input and a bounded output. */
  run(command: Command): Promise<CommandResult>
  /** The lines of the public files of those keys that the agent has, without their comments; none where there is no agent. */
  agentKeys(): readonly string[]
  /** By the key of this public file of OpenSSH, which an agent or a token holds: an SSH signature for the namespace `moss`. */
  signWithAgent(publicFile: string, message: Uint8Array): AgentSignature
  /** Everything from a pipe or file handed over as an open descriptor; longer than the limit is refused. */
  readDescriptor(descriptor: number, limitBytes: number): Uint8Array
  /** Who runs this process: root may set owners and attributes. */
  readonly userId: number
  readonly groupId: number
  /** The name this machine calls itself, for display. */
  readonly machineName: string
  /** As Debian calls it, such as amd64. */
  readonly machineArchitecture: string
  /** The folder that the running program is, if it was packaged; undefined where nobody said. */
  readonly programFolder: string | undefined
  /** What is at an http:// or https:// address, from this byte on; undefined where nothing is. Throws NETWORK_FAILED. */
  download(address: string, fromByte: number, cancelled: AbortSignal): Promise<Download | undefined>
  pause(milliseconds: number): Promise<void>
  /** Lets other work (a repaint, a signal) happen in a long loop; cheap to call often. */
  turn(): Promise<void>
}

export type AgentSignature = { readonly block: string } | { readonly problem: string }

export interface Command {
  readonly program: string
  readonly arguments: readonly string[]
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
  /** New mount, PID and network namespaces around it; needs root. */
  readonly isolated?: boolean
  /** With `isolated`, for ordinary users too: a user namespace in which they are root, and one for the host's name. */
  readonly mapsUser?: boolean
  /** The file that all output goes to as well, as far as `limitBytes`; it must not be there. */
  readonly log?: { readonly path: string; readonly limitBytes: number }
  /** Changes the root folder first; needs root. `folder` is meant outside of it. */
  readonly root?: string
  /** Default ten minutes. */
  readonly timeoutMs?: number
}

export interface CommandResult {
  /** Undefined when it was killed by a signal or the timeout. */
  readonly exitCode: number | undefined
  /** Standard output and error together, the last 64 KiB. */
  readonly output: string
  /** Set when the program was never started, because this machine cannot do what was asked: why. */
  readonly unsupported?: string
}
