// A small ELF library for x86-64 that has one of everything in which references are looked for: code with calls, jumps and
// operands, symbols and relocations that name them, both tables for unwinding, pointers, and a section without bytes.
import { elfFile, type TestSection } from './elf-file.ts'
import { knownBytes } from './known-bytes.ts'

const headerBytes = 64
const bias = 0x1000
const entryBytes = 24
const recordBytes = 32
/** In memory: more than the file has behind its place. */
const bssBytes = 0x4000
const names = [
  '.text',
  '.eh_frame_hdr',
  '.eh_frame',
  '.dynsym',
  '.dynstr',
  '.rela.plt',
  '.data',
  '.bss',
] as const

/** Functions named by numbers below 100, which decide their bytes; libraries of other functions differ as two builds do. */
export function elfLibrary(functions: readonly number[]): Uint8Array {
  const count = functions.length
  const functionSizes = functions.map((number) => 96 + 16 * ((number * 5) % 9))
  const starts = functionSizes.map((_, i) => functionSizes.slice(0, i).reduce((sum, size) => sum + size, 0))
  const sizes: Record<(typeof names)[number], number> = {
    '.text': functionSizes.reduce((sum, size) => sum + size, 0),
    '.eh_frame_hdr': 12 + 8 * count,
    '.eh_frame': recordBytes * (count + 1) + 4,
    '.dynsym': entryBytes * (count + 1),
    '.dynstr': 4 * count + 1,
    '.rela.plt': entryBytes * count,
    '.data': 8 * count,
    '.bss': 64,
  }
  const addresses = new Map<string, number>()
  let end = headerBytes
  for (const name of names) {
    const at = Math.ceil(end / 8) * 8
    addresses.set(name, at + bias)
    end = at + sizes[name]
  }
  const addressOf = (name: (typeof names)[number]): number => addresses.get(name)!
  const code = starts.map((start) => addressOf('.text') + start)
  const made = (name: (typeof names)[number], fill: (view: DataView) => void): Uint8Array => {
    const bytes = new Uint8Array(sizes[name])
    fill(new DataView(bytes.buffer))
    return bytes
  }

  const text = made('.text', (view) => {
    for (const [i, start] of starts.entries()) {
      for (const [k, byte] of knownBytes(functionSizes[i]!, functions[i]! + 1).entries())
        view.setUint8(start + k, byte | 0xc0)
      const field = (at: number, target: number): void =>
        view.setInt32(start + at, target - (code[i]! + at + 4), true)
      view.setUint8(start, 0xe8)
      field(1, code[(i + 1) % count]!)
      view.setUint16(start + 5, 0x840f, true)
      field(7, code[(i + count - 1) % count]!)
      view.setUint16(start + 11, 0x058b, true)
      field(13, i % 3 === 0 ? addressOf('.bss') + bssBytes - 16 - 16 * i : addressOf('.data') + 8 * (i % 8))
      // What looks like a call, but of no code: it stays as it is.
      view.setUint8(start + 17, 0xe8)
      view.setInt32(start + 18, sizes['.text'], true)
    }
  })
  const header = made('.eh_frame_hdr', (view) => {
    view.setUint32(0, 0x011b033b)
    view.setInt32(4, addressOf('.eh_frame') - (addressOf('.eh_frame_hdr') + 4), true)
    view.setUint32(8, count, true)
    for (const [i, address] of code.entries()) {
      view.setInt32(12 + 8 * i, address - addressOf('.eh_frame_hdr'), true)
      const record = addressOf('.eh_frame') + recordBytes * (i + 1)
      view.setInt32(16 + 8 * i, record - addressOf('.eh_frame_hdr'), true)
    }
  })
  const records = made('.eh_frame', (view) => {
    view.setUint32(0, recordBytes - 4, true)
    for (const [i, address] of code.entries()) {
      const at = recordBytes * (i + 1)
      view.setUint32(at, recordBytes - 4, true)
      view.setUint32(at + 4, at + 4, true)
      view.setInt32(at + 8, address - (addressOf('.eh_frame') + at + 8), true)
      view.setUint32(at + 12, functionSizes[i]!, true)
      view.setUint8(at + 16, 4)
      view.setInt32(at + 17, addressOf('.data') + 8 * i - (addressOf('.eh_frame') + at + 17), true)
    }
  })
  const symbols = made('.dynsym', (view) => {
    for (const [i, address] of code.entries()) {
      view.setUint32(entryBytes * (i + 1), 1 + 4 * i, true)
      view.setUint16(entryBytes * (i + 1) + 6, 1, true)
      view.setUint32(entryBytes * (i + 1) + 8, address, true)
    }
  })
  const relocations = made('.rela.plt', (view) => {
    for (const [i, address] of code.entries()) {
      view.setUint32(entryBytes * i, addressOf('.data') + 8 * i, true)
      view.setUint32(entryBytes * i + 12, i % 2 === 0 ? i + 1 : 0, true)
      view.setUint32(entryBytes * i + 16, i % 2 === 0 ? 0 : address, true)
    }
  })
  const pointers = made('.data', (view) => {
    for (const [i, address] of code.entries()) view.setUint32(8 * i, address, true)
  })
  const strings = new TextEncoder().encode(
    `\0${functions.map((number) => `f${String(number).padStart(2, '0')}\0`).join('')}`,
  )
  const sections: readonly TestSection[] = [
    { name: '.text', type: 1, flags: 6, bytes: text },
    { name: '.eh_frame_hdr', type: 1, flags: 2, bytes: header },
    { name: '.eh_frame', type: 1, flags: 2, bytes: records },
    { name: '.dynsym', type: 11, flags: 2, bytes: symbols, link: 5 },
    { name: '.dynstr', type: 3, flags: 2, bytes: strings },
    { name: '.rela.plt', type: 4, flags: 2, bytes: relocations, link: 4 },
    { name: '.data', type: 1, flags: 3, bytes: pointers },
    { name: '.bss', type: 8, flags: 3, bytes: new Uint8Array(sizes['.bss']) },
  ]
  const file = elfFile(sections)
  const view = new DataView(file.buffer)
  const headerOfBss = view.getUint32(0x28, true) + headerBytes * sections.length
  view.setUint32(headerOfBss + 0x20, bssBytes, true)
  return file
}
