// Labels the references of a file for finding out how it lies along another: each is replaced by a label of what it points
// at, so that the same code is the same bytes wherever it stands and whatever stands where. Done in place, since files are
// long; the fields are put back afterwards. Only the encoder needs it.

/** So many bytes at a target make its label. */
const labelBytes: i32 = 16

/** `fields` and `targets` are offsets in the file; what stood in the fields goes to `values`. All are of 32 bits. */
export function labelFields(
  file: usize,
  fileBytes: i32,
  fields: usize,
  targets: usize,
  count: i32,
  values: usize,
): void {
  const end = (<usize>count) << 2
  for (let i: usize = 0; i < end; i += 4) {
    const field = file + load<u32>(fields + i)
    store<u32>(values + i, load<u32>(field))
    store<u32>(field, 0)
  }
  // Of fields that are empty, all of them: so no label depends on another.
  const labels = values + end
  for (let i: usize = 0; i < end; i += 4)
    store<u32>(labels + i, labelAt(file, fileBytes, load<u32>(targets + i)))
  for (let i: usize = 0; i < end; i += 4) store<u32>(file + load<u32>(fields + i), load<u32>(labels + i))
}

/** Puts a file back as it was. */
export function restoreFields(file: usize, fields: usize, count: i32, values: usize): void {
  const end = (<usize>count) << 2
  for (let i: usize = 0; i < end; i += 4) store<u32>(file + load<u32>(fields + i), load<u32>(values + i))
}

function labelAt(file: usize, fileBytes: i32, offset: u32): u32 {
  if (<u64>offset + labelBytes > <u64>fileBytes) return 0
  const at = file + offset
  let label: u32 = load<u32>(at) * 0x85ebca6b
  label = (label ^ load<u32>(at, 4)) * 0x85ebca6b
  label = (label ^ load<u32>(at, 8)) * 0x85ebca6b
  label = (label ^ load<u32>(at, 12)) * 0x85ebca6b
  return (label ^ (label >> 15)) * 0x9e3779b1
}
