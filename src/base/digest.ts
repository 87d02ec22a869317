// SHA-256, the one digest of every format. node:crypto uses the processor's instructions (1.8 GB/s a core).
import { createHash, hash } from 'node:crypto'
import type { Digest } from './ids.ts'

/** The digest of whole bytes; `T` names which kind of thing is being named. */
export const digestOf = <T extends Digest = Digest>(bytes: Uint8Array): T => hash('sha256', bytes, 'hex') as T

export interface RunningDigest {
  add(bytes: Uint8Array): void
  finish<T extends Digest = Digest>(): T
}

/** For bytes that arrive in pieces. `finish` is called once, last. */
export function startDigest(): RunningDigest {
  const running = createHash('sha256')
  return {
    add: (bytes) => void running.update(bytes),
    finish: <T extends Digest>() => running.digest('hex') as T,
  }
}
