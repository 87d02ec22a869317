// A word of whoever makes a bundle to whoever applies it, such as an approval: under the exporter's signature, and decided
// by nothing.
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { record, text } from '../base/shape.ts'

export const longestNote = 1000

const shape = record({ text: text(longestNote, 1) })

/** One line that can be read. */
export const isNote = (note: string): boolean =>
  note.trim() !== '' && note.length <= longestNote && !/[\p{Cc}\ufffd]/u.test(note)

export const encodeNote = (note: string): Uint8Array => encodeCbor({ text: note })

/** Throws CBOR_INVALID, SHAPE_INVALID. */
export const decodeNote = (bytes: Uint8Array): string =>
  shape(decodeCbor(bytes, 'section notes'), 'notes').text
