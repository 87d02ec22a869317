// Small ELF programs for x86-64 made for tests: functions that call each other, relocations, symbols, pointers and a
// table for unwinding that point at them. Two programs of the same functions in other places differ as two builds do.

export interface TestFunction {
  readonly name: string
  /** Without calls; each call is put before its bytes. */
  readonly body: Uint8Array
  readonly calls: readonly string[]
}

interface Relocation {
  readonly place: number
  readonly addend: number
}

interface Section {
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly bytes: Uint8Array
  readonly link?: number
  readonly entryBytes?: number
}

const headerBytes = 64
/** Sections are loaded this much above their place in the file. */
const bias = 0x1000

/** Functions stand in their order. `isRelocatable` gives a file like a kernel module's: fields in code are left to relocations. */
export function elfProgram(functions: readonly TestFunction[], isRelocatable = false): Uint8Array {
  const starts = new Map<string, number>()
  let end = 0
  for (const { name, body, calls } of functions) {
    starts.set(name, end)
    end = Math.ceil((end + 5 * calls.length + body.length) / 16) * 16
  }
  const textAt = headerBytes
  const addressOf = (name: string): number => (isRelocatable ? 0 : textAt + bias) + (starts.get(name) ?? 0)
  const text = new Uint8Array(end).fill(0x90)
  const textView = viewOf(text)
  const relocations: Relocation[] = []
  for (const { name, body, calls } of functions) {
    let at = starts.get(name) ?? 0
    for (const call of calls) {
      text[at] = 0xe8
      if (isRelocatable) relocations.push({ place: at + 1, addend: (starts.get(call) ?? 0) - 4 })
      else textView.setInt32(at + 1, (starts.get(call) ?? 0) - (at + 5), true)
      at += 5
    }
    text.set(body, at)
  }
  const names = [...starts.keys()]
  const strings = new TextEncoder().encode(`\0${names.join('\0')}\0`)
  const sections: Section[] = [
    { name: '.text', type: 1, flags: 6, bytes: text },
    { name: '.symtab', type: 2, flags: 0, bytes: symbols(names, addressOf), link: 3, entryBytes: 24 },
    { name: '.strtab', type: 3, flags: 0, bytes: strings },
    isRelocatable
      ? { name: '.rela.text', type: 4, flags: 0, bytes: relocationsOf(relocations), link: 2, entryBytes: 24 }
      : { name: '.rela.dyn', type: 4, flags: 2, bytes: relative(names, addressOf), entryBytes: 24 },
    {
      name: '.data',
      type: 1,
      flags: 3,
      bytes: isRelocatable ? new Uint8Array(64) : pointers(names, addressOf),
    },
  ]
  return layOut(sections, { textAt, isRelocatable })
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

function symbols(names: readonly string[], addressOf: (name: string) => number): Uint8Array {
  const bytes = new Uint8Array(24 * (names.length + 2))
  const view = viewOf(bytes)
  // The second symbol is the section of the code.
  view.setUint8(24 + 4, 3)
  view.setUint16(24 + 6, 1, true)
  let nameAt = 1
  for (const [index, name] of names.entries()) {
    const at = 24 * (index + 2)
    view.setUint32(at, nameAt, true)
    view.setUint8(at + 4, 2)
    view.setUint16(at + 6, 1, true)
    view.setUint32(at + 8, addressOf(name), true)
    nameAt += name.length + 1
  }
  return bytes
}

function relocationsOf(entries: readonly Relocation[]): Uint8Array {
  const bytes = new Uint8Array(24 * entries.length)
  const view = viewOf(bytes)
  for (const [index, { place, addend }] of entries.entries()) {
    view.setUint32(24 * index, place, true)
    view.setUint32(24 * index + 8, 2, true)
    view.setUint32(24 * index + 12, 1, true)
    view.setInt32(24 * index + 16, addend, true)
    view.setInt32(24 * index + 20, addend < 0 ? -1 : 0, true)
  }
  return bytes
}

function relative(names: readonly string[], addressOf: (name: string) => number): Uint8Array {
  const bytes = new Uint8Array(24 * names.length)
  const view = viewOf(bytes)
  for (const [index, name] of names.entries()) {
    view.setUint32(24 * index + 8, 8, true)
    view.setUint32(24 * index + 16, addressOf(name), true)
  }
  return bytes
}

function pointers(names: readonly string[], addressOf: (name: string) => number): Uint8Array {
  const bytes = new Uint8Array(8 * names.length)
  const view = viewOf(bytes)
  for (const [index, name] of names.entries()) view.setUint32(8 * index, addressOf(name), true)
  return bytes
}

function layOut(
  sections: readonly Section[],
  { textAt, isRelocatable }: { readonly textAt: number; readonly isRelocatable: boolean },
): Uint8Array {
  const sectionNames = new TextEncoder().encode(
    `\0${sections.map(({ name }) => name).join('\0')}\0.shstrtab\0`,
  )
  const all: Section[] = [...sections, { name: '.shstrtab', type: 3, flags: 0, bytes: sectionNames }]
  let end = textAt
  const offsets = all.map(({ bytes }) => {
    const at = Math.ceil(end / 8) * 8
    end = at + bytes.length
    return at
  })
  const tableAt = Math.ceil(end / 8) * 8
  const file = new Uint8Array(tableAt + headerBytes * (all.length + 1))
  const view = viewOf(file)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(0x10, isRelocatable ? 1 : 3, true)
  view.setUint16(0x12, 62, true)
  view.setUint32(0x28, tableAt, true)
  view.setUint16(0x3a, headerBytes, true)
  view.setUint16(0x3c, all.length + 1, true)
  view.setUint16(0x3e, all.length, true)
  let nameAt = 1
  for (const [index, { name, type, flags, bytes, link = 0, entryBytes = 0 }] of all.entries()) {
    const offset = offsets[index] ?? 0
    const at = tableAt + headerBytes * (index + 1)
    file.set(bytes, offset)
    view.setUint32(at, nameAt, true)
    view.setUint32(at + 4, type, true)
    view.setUint32(at + 8, flags, true)
    view.setUint32(at + 0x10, (flags & 2) === 0 || isRelocatable ? 0 : offset + bias, true)
    view.setUint32(at + 0x18, offset, true)
    view.setUint32(at + 0x20, bytes.length, true)
    view.setUint32(at + 0x28, link, true)
    view.setUint32(at + 0x2c, type === 4 && isRelocatable ? 1 : 0, true)
    view.setUint32(at + 0x38, entryBytes, true)
    nameAt += name.length + 1
  }
  return file
}
