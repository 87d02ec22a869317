// Secrets come from the terminal without echo, or from a descriptor; never from arguments or the environment.
import { MossError } from '../base/error.ts'
import type { Outside } from '../ops/types.ts'

export async function readPassphrase(from: {
  readonly what: string
  readonly descriptor: string | undefined
  readonly mayAsk: boolean
  readonly outside: Outside
}): Promise<Uint8Array | undefined> {
  if (from.descriptor !== undefined) {
    if (!/^\d+$/.test(from.descriptor))
      throw new MossError('CLI_USAGE', { problem: '--passphrase-fd takes a number' })
    const bytes = from.outside.readDescriptor(Number(from.descriptor), 4096)
    const end = bytes.indexOf(10)
    return end < 0 ? bytes : bytes.subarray(0, end)
  }
  return from.mayAsk ? askHidden(`passphrase for ${from.what}: `) : undefined
}

async function askHidden(question: string): Promise<Uint8Array> {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true)
  const typed: number[] = []
  try {
    // The terminal stays open for the next question, and keeps what was typed after this one's end.
    for await (const piece of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      for (const [index, byte] of piece.entries()) {
        if (byte === 3) throw new MossError('INTERRUPTED', { during: 'the passphrase' })
        if (byte === 13 || byte === 10) {
          if (index + 1 < piece.length) stdin.unshift(piece.subarray(index + 1))
          return Uint8Array.from(typed)
        }
        if (byte === 127 || byte === 8) typed.pop()
        else typed.push(byte)
      }
    }
    return Uint8Array.from(typed)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
