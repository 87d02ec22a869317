// The outer file of a .deb: a plain `ar` of a few members (deb(5)). Only what dpkg-deb writes is accepted:
// debian-binary first, then a control and a data tar, no other member unless its name begins with `_`.
import { MossError } from '../../base/error.ts'
import type { OpenFile } from '../../host/disk.ts'

export interface Member {
  readonly name: string
  readonly offset: number
  readonly sizeBytes: number
}

export interface DebMembers {
  readonly control: Member
  readonly data: Member
}

const magic = '!<arch>\n'
const headerBytes = 60
/** More members than any maker of packages writes. */
const mostMembers = 32

export function readMembers(file: OpenFile): DebMembers {
  const refuse = (problem: string): never => {
    throw new MossError('PACKAGE_UNREADABLE', { path: file.path, problem })
  }
  const total = file.stat().sizeBytes
  if (readText(file, 0, magic.length) !== magic) refuse('not a .deb: it does not start as an ar file')
  const members: Member[] = []
  let at = magic.length
  while (at < total) {
    if (members.length === mostMembers) refuse(`more than ${mostMembers} members`)
    const member = readHeader(file, at, refuse)
    if (member.offset + member.sizeBytes > total) refuse(`cut short in member ${member.name}`)
    members.push(member)
    at = member.offset + member.sizeBytes + (member.sizeBytes % 2)
  }
  return chooseMembers(file, members, refuse)
}

function chooseMembers(
  file: OpenFile,
  members: readonly Member[],
  refuse: (problem: string) => never,
): DebMembers {
  const [first, ...rest] = members.filter((member) => !member.name.startsWith('_'))
  if (first?.name !== 'debian-binary') return refuse('its first member is not debian-binary')
  const version = readText(file, first.offset, Math.min(first.sizeBytes, 16))
  if (!/^2\.[0-9]+\n/.test(version)) refuse('not format 2 of .deb')
  const [control, data, more] = rest
  if (control === undefined || !/^control\.tar(\.|$)/.test(control.name)) return refuse('no control.tar')
  if (data === undefined || !/^data\.tar(\.|$)/.test(data.name)) return refuse('no data.tar')
  if (more !== undefined) refuse(`member ${more.name} does not belong in a .deb`)
  return { control, data }
}

/** Name 16, date 12, owner 6, group 6, mode 8, size 10, end mark 2: text padded with blanks. */
function readHeader(file: OpenFile, at: number, refuse: (problem: string) => never): Member {
  const header = readText(file, at, headerBytes)
  if (header.length < headerBytes) refuse('cut short in a member header')
  if (!header.endsWith('`\n')) refuse(`no member header at byte ${at}`)
  const name = header.slice(0, 16).trimEnd().replace(/\/$/, '')
  const size = header.slice(48, 58).trimEnd()
  if (name === '' || !/^[0-9]+$/.test(size)) refuse(`a broken member header at byte ${at}`)
  return { name, offset: at + headerBytes, sizeBytes: Number(size) }
}

function readText(file: OpenFile, at: number, length: number): string {
  const bytes = new Uint8Array(length)
  const count = file.read(bytes, at)
  return Buffer.from(bytes.subarray(0, count)).toString('latin1')
}

const pieceBytes = 256 * 1024

/** The stored bytes of a member, in pieces. */
export async function* readMember(
  file: OpenFile,
  member: Member,
  turn: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let done = 0
  while (done < member.sizeBytes) {
    const piece = new Uint8Array(Math.min(pieceBytes, member.sizeBytes - done))
    if (file.read(piece, member.offset + done) < piece.length)
      throw new MossError('PACKAGE_UNREADABLE', {
        path: file.path,
        problem: `cut short in member ${member.name}`,
      })
    done += piece.length
    yield piece
    await turn()
  }
}
