// The Release file of a Debian archive, as gpgv gives it back: which suite it is, until when it may be believed, and the
// digests of the indexes. Indexes are unpacked here too.
import { concatBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { parseParagraph } from './deb/control.ts'
import { decompress } from './deb/decompress.ts'

export interface DebianRelease {
  readonly suite: string
  readonly codename: string
  /** Milliseconds since 1970; absent where the archive sets no end. */
  readonly validUntilMs?: number
  /** Each file that is signed is also found in by-hash/SHA256 beside it, under its digest. */
  readonly hasDigestNames: boolean
  /** Below the suite's folder. */
  readonly files: ReadonlyMap<string, { readonly sha256: string; readonly sizeBytes: number }>
}

/** `path` names the text in errors. Throws PACKAGE_UNREADABLE. */
export function parseRelease(text: string, path: string): DebianRelease {
  const refuse = (problem: string): never => {
    throw new MossError('PACKAGE_UNREADABLE', { path, problem })
  }
  const fields = parseParagraph(text) ?? refuse('it is not one paragraph of fields')
  const files = new Map<string, { sha256: string; sizeBytes: number }>()
  for (const line of (fields['sha256'] ?? '').split('\n')) {
    if (line.trim() === '') continue
    const [, sha256, size, name] = /^\s*([0-9a-f]{64})\s+([0-9]{1,12})\s+(\S+)$/.exec(line) ?? []
    if (sha256 === undefined || name === undefined) return refuse('a line of its digests is malformed')
    files.set(name, { sha256, sizeBytes: Number(size) })
  }
  const until = fields['valid-until']
  const validUntilMs = until === undefined ? undefined : Date.parse(until)
  if (Number.isNaN(validUntilMs)) refuse(`it is valid until ${until}, which is no date`)
  return {
    suite: fields['suite'] ?? '',
    codename: fields['codename'] ?? '',
    ...(validUntilMs !== undefined && { validUntilMs }),
    hasDigestNames: fields['acquire-by-hash'] === 'yes',
    files,
  }
}

/** The ways in which an archive packs an index, the smallest first. */
export const indexEndings = ['.xz', '.gz', ''] as const

const mostIndexBytes = 512 * 1024 * 1024

/** Throws PACKAGE_UNREADABLE. */
export async function unpackIndex(
  packed: Uint8Array,
  { path, ending }: { readonly path: string; readonly ending: (typeof indexEndings)[number] },
): Promise<Uint8Array> {
  if (ending === '') return packed
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of decompress(once(packed), { name: `Packages${ending}`, path })) {
    sizeBytes += piece.length
    if (sizeBytes > mostIndexBytes)
      throw new MossError('PACKAGE_UNREADABLE', { path, problem: `more than ${mostIndexBytes} bytes` })
    pieces.push(Uint8Array.from(piece))
  }
  return concatBytes(pieces)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
