// The ways in which members of a .deb are compressed: none, gz, xz and zst, each as a stream of bounded memory.
// A stream that is cut, damaged or of another kind is PACKAGE_UNREADABLE with the member's name.
import { pipeline, Readable, type Transform } from 'node:stream'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { isMossError, MossError } from '../../base/error.ts'

/** dpkg writes windows of at most 128 MiB, at its highest level. */
const zstdWindowLog = 27

export async function* decompress(
  pieces: AsyncIterable<Uint8Array>,
  member: { readonly name: string; readonly path: string },
): AsyncGenerator<Uint8Array> {
  try {
    yield* plainPieces(pieces, member.name.endsWith('.tar') ? '' : (member.name.split('.').pop() ?? ''))
  } catch (error) {
    if (isMossError(error)) throw error
    const problem = error instanceof Error ? error.message : 'it cannot be decompressed'
    throw new MossError(
      'PACKAGE_UNREADABLE',
      { path: member.path, problem: `${member.name}: ${problem}` },
      error,
    )
  }
}

function plainPieces(pieces: AsyncIterable<Uint8Array>, suffix: string): AsyncIterable<Uint8Array> {
  switch (suffix) {
    case '':
      return pieces
    case 'gz':
      return through(pieces, createGunzip())
    case 'zst':
      return through(
        pieces,
        createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } }),
      )
    case 'xz':
      return throughXz(pieces)
    default:
      throw new Error(`compressed in a way moss does not know (.${suffix})`)
  }
}

async function* through(pieces: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(pieces, { objectMode: false })
  // A failure of either end destroys `transform`, and so is thrown by the loop below.
  pipeline(source, transform, () => {})
  try {
    for await (const piece of transform) yield piece as Uint8Array
  } finally {
    source.destroy()
    transform.destroy()
  }
}

/**
 * xz-decompress allows one decoder at a time in the whole program and frees it at the end, on failure, or when
 * cancelled; so it is cancelled whatever happens here, or the next .deb would wait for ever.
 */
async function* throughXz(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Loaded here: with it come the streams of the web, 20 ms for verbs that open no .deb.
  const { default: xz } = await import('xz-decompress')
  const iterator = pieces[Symbol.asyncIterator]()
  const compressed = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => void (await iterator.return?.()),
    },
    { highWaterMark: 0 },
  )
  const reader = new xz.XzReadableStream(compressed).getReader()
  let isEnded = false
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        isEnded = true
        throw new Error('damaged or cut short', { cause: error })
      })
      if (done) break
      yield value
    }
    isEnded = true
  } finally {
    if (!isEnded) await reader.cancel()
  }
}
