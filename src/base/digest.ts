// SHA-256, the one digest of every format. node:crypto uses the processor's instructions (1.8 GB/s a core).
import type * as Crypto from 'node:crypto'
import type { Digest } from './ids.ts'

/** Loaded at the first digest: a start that digests nothing is 5 ms shorter. */
let loaded: typeof Crypto | undefined
const crypto = () => (loaded ??= process.getBuiltinModule('node:crypto'))

/** The digest of whole bytes; `T` names which kind of thing is being named. */
export const digestOf = <T extends Digest = Digest>(bytes: Uint8Array): T =>
  crypto().hash('sha256', bytes, 'hex') as T

/** Of no bytes at all; written out so that nothing is digested at start. */
export const emptyDigest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' as Digest

export interface RunningDigest {
  add(bytes: Uint8Array): void
  finish<T extends Digest = Digest>(): T
}

/** For bytes that arrive in pieces. `finish` is called once, last. */
export function startDigest(): RunningDigest {
  const running = crypto().createHash('sha256')
  return {
    add: (bytes) => void running.update(bytes),
    finish: <T extends Digest>() => running.digest('hex') as T,
  }
}
