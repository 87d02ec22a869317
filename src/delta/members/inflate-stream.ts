// Unpacks one raw deflate stream out of a file, within a bound, and says where it ended.
import { inflateRawSync } from 'node:zlib'
import type { OpenedStream } from './packed-stream.ts'

const mostStepBytes = 1024 * 1024

/** The stream at the beginning of `packed`; undefined if there is none or it holds more than `mostBytes`. */
export function inflateStream(packed: Uint8Array, mostBytes: number): OpenedStream | undefined {
  try {
    const found: unknown = inflateRawSync(packed, {
      info: true,
      maxOutputLength: Math.max(1, mostBytes),
      chunkSize: Math.max(64, Math.min(4 * packed.length, mostBytes + 1, mostStepBytes)),
    })
    const { buffer, engine } = found as { buffer: Uint8Array; engine: { bytesWritten: number } }
    return buffer.length > mostBytes ? undefined : { content: buffer, packedBytes: engine.bytesWritten }
  } catch {
    return undefined
  }
}
