// Extended headers of a pax tar: records `LENGTH KEY=VALUE\n`. Values are UTF-8 except those of extended
// attributes, which are bytes.
import { decodeUtf8 } from '../../base/bytes.ts'

export interface PaxRecords {
  readonly texts: Readonly<Record<string, string>>
  /** Absent when there are none. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>
}

const xattrPrefix = 'SCHILY.xattr.'

export function readPax(bytes: Uint8Array, refuse: (problem: string) => never): PaxRecords {
  const texts: Record<string, string> = Object.create(null) as Record<string, string>
  const xattrs: Record<string, Uint8Array> = Object.create(null) as Record<string, Uint8Array>
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at)
    const digits =
      space < 0 || space - at > 8 ? '' : Buffer.from(bytes.subarray(at, space)).toString('latin1')
    const end = at + (/^[1-9][0-9]*$/.test(digits) ? Number(digits) : 0)
    if (end <= space || end > bytes.length || bytes[end - 1] !== 0x0a)
      refuse('the tar has a broken pax record')
    const equals = bytes.indexOf(0x3d, space)
    if (equals < 0 || equals >= end) refuse('the tar has a broken pax record')
    const key =
      decodeUtf8(bytes.subarray(space + 1, equals)) ?? refuse('the tar has a pax key that is not UTF-8')
    const value = bytes.subarray(equals + 1, end - 1)
    if (key.startsWith(xattrPrefix)) xattrs[key.slice(xattrPrefix.length)] = Uint8Array.from(value)
    else texts[key] = decodeUtf8(value) ?? refuse(`the tar has a pax record ${key} that is not UTF-8`)
    at = end
  }
  return Object.keys(xattrs).length === 0 ? { texts } : { texts, xattrs }
}
