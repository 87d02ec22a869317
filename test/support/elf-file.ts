// ELF files for x86-64 made section by section for tests, true or lying: what elf-program.ts never makes, such as
// records of unwinding that overlap, or thousands of sections that all name one table.

export interface TestSection {
  readonly name: string
  readonly type: number
  readonly flags?: number
  readonly bytes: Uint8Array
  readonly link?: number
  readonly info?: number
  readonly entryBytes?: number
}

const headerBytes = 64
/** Loaded sections stand this much above their place in the file. */
const bias = 0x1000

/** Sections are numbered from 1 in their order; the table of names is the last. */
export function elfFile(sections: readonly TestSection[], isRelocatable = false): Uint8Array {
  const names = new TextEncoder().encode(`\0${sections.map(({ name }) => name).join('\0')}\0.shstrtab\0`)
  const all: readonly TestSection[] = [...sections, { name: '.shstrtab', type: 3, bytes: names }]
  let end = headerBytes
  const offsets = all.map(({ bytes }) => {
    const at = Math.ceil(end / 8) * 8
    end = at + bytes.length
    return at
  })
  const tableAt = Math.ceil(end / 8) * 8
  const file = new Uint8Array(tableAt + headerBytes * (all.length + 1))
  const view = new DataView(file.buffer)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(0x10, isRelocatable ? 1 : 3, true)
  view.setUint16(0x12, 62, true)
  view.setUint32(0x28, tableAt, true)
  view.setUint16(0x3a, headerBytes, true)
  view.setUint16(0x3c, all.length + 1, true)
  view.setUint16(0x3e, all.length, true)
  let nameAt = 1
  for (const [index, section] of all.entries()) {
    const { name, type, flags = 0, bytes, link = 0, info = 0, entryBytes = 24 } = section
    const offset = offsets[index] ?? 0
    const at = tableAt + headerBytes * (index + 1)
    file.set(bytes, offset)
    view.setUint32(at, nameAt, true)
    view.setUint32(at + 4, type, true)
    view.setUint32(at + 8, flags, true)
    view.setUint32(at + 0x10, (flags & 2) !== 0 && !isRelocatable ? offset + bias : 0, true)
    view.setUint32(at + 0x18, offset, true)
    view.setUint32(at + 0x20, bytes.length, true)
    view.setUint32(at + 0x28, link, true)
    view.setUint32(at + 0x2c, info, true)
    view.setUint32(at + 0x38, entryBytes, true)
    nameAt += name.length + 1
  }
  return file
}
