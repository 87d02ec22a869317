// A `Packages` index of a Debian archive: what each package says about itself, where its file is and what its digest
// is. A package is named by the digest of its file, for nobody has made a manifest of it yet.
import { decodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { PackageId } from '../base/ids.ts'
import { describeControl, parseParagraph } from './deb/control.ts'
import type { ForeignArchitecture } from './deb/relations.ts'
import type { Description } from './source.ts'

export interface IndexedPackage {
  /** SHA-256 of the .deb. */
  readonly id: PackageId
  readonly manifest: Description
  /** Of its files when they are installed. */
  readonly sizeBytes: number
  /** Below the archive's top. */
  readonly file: string
  readonly fileBytes: number
  /** Multi-Arch: foreign. */
  readonly servesAllArchitectures: boolean
}

/** `path` names the bytes in errors. Throws PACKAGE_UNREADABLE. */
export function* readDebianIndex(
  bytes: Uint8Array,
  path: string,
  foreignArchitecture?: ForeignArchitecture,
): Generator<IndexedPackage> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let from = 0
  while (from < whole.length) {
    const found = whole.indexOf('\n\n', from)
    const to = found < 0 ? whole.length : found
    const paragraph = decodeUtf8(whole.subarray(from, to))
    if (paragraph === undefined)
      throw new MossError('PACKAGE_UNREADABLE', { path, problem: `byte ${from} and after are not UTF-8` })
    // More than one empty line may stand between two.
    if (paragraph.trim() !== '') yield readParagraph(paragraph.replace(/^\n+/, ''), path, foreignArchitecture)
    from = to + 2
  }
}

function readParagraph(
  text: string,
  path: string,
  foreignArchitecture?: ForeignArchitecture,
): IndexedPackage {
  const manifest = describeControl(text, path, foreignArchitecture)
  const refuse = (problem: string): never => {
    throw new MossError('PACKAGE_UNREADABLE', { path, problem: `${manifest.name}: ${problem}` })
  }
  const fields = parseParagraph(text) ?? {}
  const number = (key: string): number =>
    /^[0-9]{1,12}$/.test(fields[key] ?? '') ? Number(fields[key]) : refuse(`no ${key}`)
  const digest = fields['sha256'] ?? ''
  const file = fields['filename'] ?? ''
  if (!/^[0-9a-f]{64}$/.test(digest)) refuse('no SHA256')
  if (!/^[A-Za-z0-9][A-Za-z0-9+._~:/-]*$/.test(file) || file.split('/').includes('..')) refuse('no Filename')
  return {
    id: digest as PackageId,
    manifest,
    sizeBytes: fields['installed-size'] === undefined ? 0 : 1024 * number('installed-size'),
    file,
    fileBytes: number('size'),
    servesAllArchitectures: fields['multi-arch'] === 'foreign',
  }
}
