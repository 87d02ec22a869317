// inspect: what a container is, read from prelude to summary; nothing is unpacked and nothing judged, since whoever
// inspects may hold no keys. What it shows is what the file claims.
import { decodeAbout } from '../bundle/about.ts'
import { decodeNote } from '../bundle/note.ts'
import { decodeSummary } from '../bundle/summary.ts'
import type { CborValue } from '../base/cbor.ts'
import { display } from '../base/display.ts'
import { formatVersion, preludeBytes } from '../container/prelude.ts'
import { type OpenedContainer, openVolume } from '../container/read.ts'
import { sayVolume } from '../container/volume.ts'
import { peekSection } from '../container/peek.ts'
import { fileSource } from '../host/byte-source.ts'
import { formatBytes, plural } from '../base/format.ts'
import type { Outside } from '../host/outside.ts'
import { isSshSignature } from '../trust/sshsig.ts'
import { checkIsFile } from './named-file.ts'

/** Where a bundle's bytes went. */
export interface SpentBytes {
  /** Plain: what changed and is not carried, since the hosts have its chunks or it repeats. */
  readonly shared: number
  /** Plain: what is carried. */
  readonly chunks: number
  /** As they are stored: frames of deltas, frames of whole chunks, and all that is before the frames. */
  readonly deltas: number
  readonly whole: number
  readonly metadata: number
}

interface Part {
  readonly name: string
  readonly offset: number
  readonly storedBytes: number
  readonly note: string
}

export async function inspectContainer(outside: Outside, request: { readonly file: string }) {
  checkIsFile(outside, request.file)
  using source = fileSource(outside.disk, request.file)
  const opened = openVolume(source)
  const { head } = opened
  const { volume } = opened.prelude
  const presentBytes = outside.disk.lstat(request.file)?.sizeBytes ?? 0
  // How long its frames are is in a table that nothing here unpacks.
  const fileBytes = volume === undefined ? opened.endOffset : Math.max(presentBytes, opened.framesOffset)
  return {
    file: request.file,
    fileBytes,
    presentBytes,
    ...(volume && { volume, volumeText: sayVolume(volume) }),
    kind: opened.kind,
    version: formatVersion,
    id: opened.id,
    created: head.created,
    signers: head.signers,
    about: aboutLines(opened),
    bytes: spentBytes(opened),
    parts: partsOf(opened, fileBytes),
    packages: packagesOf(opened),
    verifyCommands: verifyCommands(request.file, opened),
  }
}

function partsOf(opened: OpenedContainer, fileBytes: number): readonly Part[] {
  const { head, prelude } = opened
  const { volume } = prelude
  let at = opened.sectionsOffset
  const sections = head.sections.map((section) => {
    const part = {
      name: section.name,
      offset: at,
      storedBytes: section.storedBytes,
      note: noteOf(section),
    }
    at += section.storedBytes
    return part
  })
  return [
    {
      name: 'prelude',
      offset: 0,
      storedBytes: preludeBytes,
      note: volume === undefined ? 'volume 1' : `volume ${volume.number} of ${volume.count}`,
    },
    { name: 'head', offset: preludeBytes, storedBytes: prelude.headBytes, note: 'signed' },
    {
      name: 'signatures',
      offset: preludeBytes + prelude.headBytes,
      storedBytes: prelude.signaturesBytes,
      note: plural(opened.blocks.length, 'signature'),
    },
    ...sections,
    ...(head.frames.count > 0
      ? [
          {
            name: 'frames',
            offset: opened.framesOffset,
            storedBytes: volume === undefined ? head.frames.storedBytes : fileBytes - opened.framesOffset,
            note:
              volume === undefined
                ? plural(head.frames.count, 'frame')
                : `${volume.firstFrame} to ${volume.endFrame - 1} of ${plural(head.frames.count, 'frame')}`,
          },
        ]
      : []),
  ]
}

const noteOf = ({ codec, plainBytes }: OpenedContainer['head']['sections'][number]): string =>
  codec === 0 ? 'plain' : `zstd${codec === 3 ? ' with base' : ''}, ${plainBytes} bytes plain`

/** What the head says of itself, by kind, as label and text. */
function aboutLines(opened: OpenedContainer): readonly (readonly [string, string])[] {
  if (opened.kind === 'bundle') {
    const about = decodeAbout(opened.head.about)
    const summary = summaryOf(opened)
    const bytes = spentBytes(opened)
    const names = new Map(summary?.hosts.map((host) => [host.host, host.name]))
    return [
      ['channel', about.channel],
      ['serial', `${about.serial}`],
      ['hosts', about.hosts.map(({ host }) => `${names.get(host) ?? ''} ${host}`.trim()).join(', ')],
      ...noteLine(opened),
      ...(bytes === undefined ? [] : [['bytes', bytesText(bytes)] as const]),
    ]
  }
  return Object.entries(opened.head.about).map(([key, value]) => [key, aboutText(value ?? null)] as const)
}

function noteLine(opened: OpenedContainer): readonly (readonly [string, string])[] {
  const bytes = peekSection(opened, 'notes')
  return bytes === undefined ? [] : [['note', `“${decodeNote(bytes)}”`]]
}

/** Of a bundle; of the others nothing is shared. What the file says of itself, except for its metadata. */
function spentBytes(opened: OpenedContainer): SpentBytes | undefined {
  if (opened.kind !== 'bundle') return undefined
  const summary = summaryOf(opened)
  if (summary === undefined) return undefined
  const { shared, chunks, deltas, whole } = summary.bytes
  return { shared, chunks, deltas, whole, metadata: opened.framesOffset }
}

const bytesText = ({ shared, chunks, deltas, whole, metadata }: SpentBytes): string =>
  `deltas ${formatBytes(deltas)}, whole ${formatBytes(whole)}, metadata ${formatBytes(metadata)}; ${formatBytes(chunks)} before compression, ${formatBytes(shared)} shared and not carried`

const aboutText = (value: CborValue): string =>
  value instanceof Uint8Array ? value.toHex() : typeof value === 'string' ? value : JSON.stringify(value)

function summaryOf(opened: OpenedContainer) {
  const bytes = peekSection(opened, 'summary')
  return bytes === undefined ? undefined : decodeSummary(bytes)
}

const packagesOf = (
  opened: OpenedContainer,
): readonly { readonly name: string; readonly version: string }[] =>
  opened.kind === 'bundle'
    ? (summaryOf(opened)?.packages ?? []).map(({ name, version }) => ({ name, version }))
    : []

const quote = (path: string): string =>
  /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`

/** How to check each signature with head, tail and minisign or ssh-keygen alone. */
function verifyCommands(file: string, { prelude, blocks }: OpenedContainer): readonly string[] {
  // A name that a terminal would obey is not printed as it is, and escaped it would be another name.
  const name = display(file) === file ? quote(file) : 'FILE'
  const commands = [`tail -c +${preludeBytes + 1} ${name} | head -c ${prelude.headBytes} > head`]
  let at = preludeBytes + prelude.headBytes
  blocks.forEach((block, index) => {
    const size = new TextEncoder().encode(block).length
    const isSsh = isSshSignature(block)
    const to = `head.${index + 1}.${isSsh ? 'sig' : 'minisig'}`
    commands.push(
      `tail -c +${at + 4 + 1} ${name} | head -c ${size} > ${to}`,
      isSsh
        ? `ssh-keygen -Y verify -f ALLOWED_SIGNERS -I WHO -n moss -s ${to} < head`
        : `minisign -V -m head -x ${to} -p PUBLICKEY.pub`,
    )
    at += 4 + size
  })
  return commands
}
