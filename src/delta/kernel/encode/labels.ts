// Labels the references of a file for finding out how it lies along another: each is replaced by a label of what it points
// at, so that the same code is the same bytes wherever it stands and whatever stands where. Done in place, since files are
// long; the fields are put back afterwards. Only the encoder needs it.

/** So many bytes at a target make its label. */
const labelBytes: u32 = 16

/** Of a reference: the offset of its field, and of what it points at. */
const offsetMask: u64 = (1 << 28) - 1

/** Bytes of memory for each reference, for what stood in the field and for its label. */
export const keptBytes: u32 = 8

/** `references` as references.ts finds them. */
export function labelFields(file: usize, fileBytes: u32, references: usize, count: u32, kept: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(file, references, i)
    store<u32>(kept + 8 * i, load<u32>(field))
    store<u32>(field, 0)
  }
  // Of fields that are empty, all of them: so no label depends on another.
  for (let i: u32 = 0; i < count; i++) {
    const to = <u32>((load<u64>(references + 8 * i) >> 28) & offsetMask)
    store<u32>(kept + 8 * i, labelAt(file, fileBytes, to), 4)
  }
  for (let i: u32 = 0; i < count; i++) store<u32>(fieldAt(file, references, i), load<u32>(kept + 8 * i, 4))
}

/** Puts a file back as it was. */
export function restoreFields(file: usize, references: usize, count: u32, kept: usize): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(fieldAt(file, references, i), load<u32>(kept + 8 * i))
}

function fieldAt(file: usize, references: usize, n: u32): usize {
  return file + <usize>(load<u64>(references + 8 * n) & offsetMask)
}

function labelAt(file: usize, fileBytes: u32, offset: u32): u32 {
  if (offset + labelBytes > fileBytes) return 0
  const at = file + offset
  let label: u32 = load<u32>(at) * 0x85ebca6b
  label = (label ^ load<u32>(at, 4)) * 0x85ebca6b
  label = (label ^ load<u32>(at, 8)) * 0x85ebca6b
  label = (label ^ load<u32>(at, 12)) * 0x85ebca6b
  return (label ^ (label >> 15)) * 0x9e3779b1
}
