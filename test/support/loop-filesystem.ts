// A filesystem in a file, mounted through a loop device, for power cuts: made once, filled, then copied for each cut.
// Needs root and loop devices.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export type LoopKind = 'ext4' | 'xfs'

/** Sparse: what is written counts. XFS is no smaller. */
const sizes: Readonly<Record<LoopKind, string>> = { ext4: '48M', xfs: '300M' }

const quietly = (program: string, ...args: readonly string[]): void =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })

/** Why there can be none here; undefined where there can. */
export function loopProblem(kind: LoopKind, folder: string): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root'
  try {
    using _ = new LoopFilesystem(kind, join(folder, 'tried'))
    return undefined
  } catch (error) {
    return String(error).trim()
  }
}

export class LoopFilesystem implements Disposable {
  readonly mount: string
  readonly #image: string
  #isMounted = false

  /** A fresh one, mounted; everything in `folder` is its own. */
  constructor(kind: LoopKind, folder: string) {
    mkdirSync(folder, { recursive: true })
    this.mount = join(folder, 'mount')
    this.#image = join(folder, 'image')
    mkdirSync(this.mount, { recursive: true })
    quietly('truncate', '-s', sizes[kind], this.#image)
    quietly(`mkfs.${kind}`, kind === 'ext4' ? '-Fq' : '-fq', this.#image)
    this.remount()
  }

  /** Mounted again, as after a reboot: the filesystem recovers what its journal has. */
  remount(): void {
    this.unmount()
    quietly('mount', '-o', 'loop', this.#image, this.mount)
    this.#isMounted = true
  }

  unmount(): void {
    if (!this.#isMounted) return
    quietly('umount', this.mount)
    this.#isMounted = false
    // A mount namespace that others have just made holds the filesystem too: mounted again it would still be the old one.
    const startedMs = Date.now()
    while (execFileSync('losetup', ['-j', this.#image], { encoding: 'utf8' }) !== '') {
      if (Date.now() - startedMs > 60_000) throw new Error(`${this.mount} is still held by a mount namespace`)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }

  /** What it holds now, as it is on the device, to come back to. */
  keep(): void {
    this.unmount()
    quietly('cp', '--sparse=always', this.#image, `${this.#image}.kept`)
    this.remount()
  }

  comeBack(): void {
    this.unmount()
    quietly('cp', '--sparse=always', `${this.#image}.kept`, this.#image)
    this.remount()
  }

  [Symbol.dispose](): void {
    this.unmount()
    rmSync(this.#image, { force: true })
    rmSync(`${this.#image}.kept`, { force: true })
  }
}
