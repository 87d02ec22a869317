// What moss asks of terminals and of descriptors that it was handed: whether there is a person, and a secret.
import { readdirSync, readlinkSync, readSync, writeSync } from 'node:fs'
import { ioError, ioErrorFrom, problemOf } from './problem.ts'

export const isTerminal = (descriptor: number): boolean =>
  process.getBuiltinModule('node:tty').isatty(descriptor)

/** Everything from a pipe or file that was handed over as an open descriptor; longer than the limit is refused. */
export function readDescriptor(descriptor: number, limitBytes: number): Uint8Array {
  const name = `descriptor ${descriptor}`
  if (isOurOwn(descriptor)) throw ioError('read', name, 'nothing was handed over there')
  const bytes = Buffer.alloc(limitBytes + 1)
  let done = 0
  while (done <= limitBytes) {
    const count = readSome(descriptor, bytes, done, name)
    if (count === 0) return Uint8Array.from(bytes.subarray(0, done))
    done += count
  }
  throw ioError('read', name, `it holds more than ${limitBytes} bytes`)
}

/**
 * Node holds descriptors of its own under low numbers, and reading one of them would wait for ever. They are event
 * objects, or pipes of which both ends are here.
 */
function isOurOwn(descriptor: number): boolean {
  const target = descriptorTarget(`${descriptor}`)
  if (target?.startsWith('anon_inode:') === true) return true
  if (target?.startsWith('pipe:') !== true) return false
  return readdirSync(descriptors).filter((other) => descriptorTarget(other) === target).length > 1
}

const descriptors = '/proc/self/fd'

function descriptorTarget(descriptor: string): string | undefined {
  try {
    return readlinkSync(`${descriptors}/${descriptor}`)
  } catch {
    return undefined
  }
}

/** All of it, now, also into a pipe that is full. A reader that went away has read enough: that is no error. */
export function writeText(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text)
  let done = 0
  while (done < bytes.length) {
    try {
      done += writeSync(descriptor, bytes, done)
    } catch (error) {
      const problem = ioErrorFrom('write', `descriptor ${descriptor}`, error)
      if (problemOf(problem) === 'EPIPE') return
      if (problemOf(problem) !== 'EAGAIN') throw problem
      waitAWhile()
    }
  }
}

/** For the other side of a pipe that somebody made non-blocking, without burning the processor. */
const waitAWhile = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)

function readSome(descriptor: number, into: Uint8Array, at: number, name: string): number {
  for (;;) {
    try {
      return readSync(descriptor, into, at, into.length - at, null)
    } catch (error) {
      const problem = ioErrorFrom('read', name, error)
      if (problemOf(problem) === 'EOF') return 0
      if (problemOf(problem) !== 'EAGAIN') throw problem
      waitAWhile()
    }
  }
}
