// A copy of a file for finding out how it lies along another: every reference is replaced by a label of what it points
// at, so that the same code is the same bytes wherever it stands and whatever stands where. Only the encoder needs it.
import type { References } from './references.ts'

/** So many bytes at a target make its label. */
const labelBytes = 16

export function labelReferences(
  file: Uint8Array,
  { count, fields, targets }: Pick<References, 'count' | 'fields' | 'targets'>,
): Uint8Array {
  const labelled = new Uint8Array(file)
  for (let i = 0; i < count; i++) {
    const at = fields[i]!
    labelled[at] = labelled[at + 1] = labelled[at + 2] = labelled[at + 3] = 0
  }
  const labels = new Int32Array(count)
  const view = new DataView(labelled.buffer)
  for (let i = 0; i < count; i++) labels[i] = labelAt(view, targets[i]!)
  for (let i = 0; i < count; i++) {
    const at = fields[i]!
    const label = labels[i]!
    labelled[at] = label >>> 24
    labelled[at + 1] = label >>> 16
    labelled[at + 2] = label >>> 8
    labelled[at + 3] = label
  }
  return labelled
}

function labelAt(bytes: DataView, at: number): number {
  if (at + labelBytes > bytes.byteLength) return 0
  let label = 0
  for (let i = at; i < at + labelBytes; i += 4) label = Math.imul(label ^ bytes.getInt32(i, true), 0x85ebca6b)
  return Math.imul(label ^ (label >>> 15), 0x9e3779b1)
}
