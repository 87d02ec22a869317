// A stick with one bundle on it that lies or goes away (odd-stick.c), as a mounted folder. Needs `cc`, root and /dev/fuse.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

export type StickWay = 'honest' | 'lies' | 'fails' | 'vanishes'

export interface StickUse {
  readonly bytesRead: number
  readonly bytesAgain: number
}

export function compileStick(folder: string): string {
  const program = join(folder, 'odd-stick')
  const source = join(import.meta.dirname, 'odd-stick.c')
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source])
  return program
}

export class OddStick {
  readonly bundle: string
  readonly #mount: string
  readonly #server: ChildProcess
  #output = ''

  private constructor(server: ChildProcess, mount: string) {
    this.#server = server
    this.#mount = mount
    this.bundle = join(mount, 'bundle.moss')
    server.stdout?.on('data', (bytes: Buffer) => (this.#output += bytes.toString()))
  }

  /** `afterBytes`: when what the way says begins; at once for a stick that lies. */
  static async insert(
    program: string,
    {
      file,
      way,
      afterBytes = 0,
    }: { readonly file: string; readonly way: StickWay; readonly afterBytes?: number },
  ): Promise<OddStick> {
    const mount = `${program}-mount`
    mkdirSync(mount, { recursive: true })
    const server = spawn(program, [mount, file, way, `${afterBytes}`], { stdio: ['ignore', 'pipe', 'pipe'] })
    const problem: Buffer[] = []
    server.stderr.on('data', (bytes: Buffer) => problem.push(bytes))
    const stick = new OddStick(server, mount)
    const started = await Promise.race([once(server.stdout, 'data').then(() => true), once(server, 'close')])
    if (started !== true) throw new Error(Buffer.concat(problem).toString().trim())
    return stick
  }

  /** Undefined where the stick went away by itself. */
  async pull(): Promise<StickUse | undefined> {
    const ended = this.#server.exitCode === null ? once(this.#server, 'close') : undefined
    execFileSync('umount', [this.#mount], { stdio: 'pipe' })
    await ended
    const [bytesRead, bytesAgain] = (this.#output.split('\n')[1] ?? '').split(' ').map(Number)
    return bytesRead === undefined || bytesAgain === undefined ? undefined : { bytesRead, bytesAgain }
  }
}
