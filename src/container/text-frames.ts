// Files of text that changed, as one zstd frame each with their old versions as its base (codec 3). Words that are new in a
// file mostly stand somewhere in the old ones, where byte differences do not look for them. Only for text: programs
// gain from differences, and a base costs memory.
import { concatBytes } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import { decodeZstd, encodeZstd } from './zstd.ts'

interface PairOfFiles {
  readonly base: Uint8Array
  readonly target: Uint8Array
}

const lookBytes = 4096

/** Without control characters other than those of lines. */
export function isText(bytes: Uint8Array): boolean {
  const end = Math.min(lookBytes, bytes.length)
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] as number
    if (byte < 0x20 && (byte < 0x09 || byte > 0x0d)) return false
  }
  return true
}

/** In their order; each group fits a frame. A file that fits none is left out. */
export function groupsOfText<T extends PairOfFiles>(files: readonly T[]): readonly (readonly T[])[] {
  const groups: T[][] = []
  let plainBytes = Infinity
  let baseBytes = Infinity
  for (const file of files) {
    const { base, target } = file
    if (target.length > limits.framePlainBytes || base.length > limits.zstdBaseBytes) continue
    if (
      plainBytes + target.length > limits.framePlainBytes ||
      baseBytes + base.length > limits.zstdBaseBytes
    ) {
      groups.push([])
      plainBytes = 0
      baseBytes = 0
    }
    groups.at(-1)?.push(file)
    plainBytes += target.length
    baseBytes += base.length
  }
  return groups
}

const basesOf = (files: readonly PairOfFiles[]): Uint8Array => concatBytes(files.map(({ base }) => base))

/** Higher levels take a GiB and more over a base of 24 MiB. */
const mostLevel = 12

/** The stored bytes. */
export const encodeTextFrame = (files: readonly PairOfFiles[], level: number): Uint8Array =>
  encodeZstd(concatBytes(files.map(({ target }) => target)), Math.min(level, mostLevel), basesOf(files))

/** The targets back to back. */
export function decodeTextFrame(stored: Uint8Array, files: readonly PairOfFiles[]): Uint8Array {
  const plainBytes = files.reduce((sum, { target }) => sum + target.length, 0)
  return decodeZstd(stored, plainBytes, 'a new frame of text', basesOf(files))
}
