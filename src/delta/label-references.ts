// Labels the references of a file for finding out how it lies along another: each is replaced by a label of what it points
// at, so that the same code is the same bytes wherever it stands and whatever stands where. Done in place, since files are
// long; the fields are put back afterwards. Only the encoder needs it.
import type { References } from './references.ts'

/** So many bytes at a target make its label. */
const labelBytes = 16

/** Gives what puts the file back as it was. */
export function labelReferences(
  file: Uint8Array,
  { count, fields, targets }: Pick<References, 'count' | 'fields' | 'targets'>,
): () => void {
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const values = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    values[i] = view.getInt32(fields[i]!, true)
    view.setInt32(fields[i]!, 0, true)
  }
  const labels = new Int32Array(count)
  for (let i = 0; i < count; i++) labels[i] = labelAt(view, targets[i]!)
  for (let i = 0; i < count; i++) view.setInt32(fields[i]!, labels[i]!, true)
  return () => {
    for (let i = 0; i < count; i++) view.setInt32(fields[i]!, values[i]!, true)
  }
}

function labelAt(bytes: DataView, at: number): number {
  if (at + labelBytes > bytes.byteLength) return 0
  let label = 0
  for (let i = at; i < at + labelBytes; i += 4) label = Math.imul(label ^ bytes.getInt32(i, true), 0x85ebca6b)
  return Math.imul(label ^ (label >>> 15), 0x9e3779b1)
}
