// The section headers of a 64-bit little-endian ELF file (System V ABI), read as a hint about what its bytes mean: on
// anything unexpected there are none. What is given lies inside the file.
import type { BaseBytes } from './base-bytes.ts'

export interface ElfSection {
  readonly name: string
  readonly type: number
  readonly flags: number
  /** Where it is loaded; 0 in relocatable files. */
  readonly address: number
  readonly offset: number
  /** In memory; a section of type `noBytes` has none in the file. */
  readonly sizeBytes: number
  readonly link: number
  readonly info: number
  readonly entryBytes: number
}

export interface Elf {
  readonly isRelocatable: boolean
  readonly machine: number
  readonly sections: readonly ElfSection[]
}

export const elfMachine = { x86_64: 62 } as const
export const sectionType = {
  none: 0,
  program: 1,
  symbols: 2,
  relocations: 4,
  noBytes: 8,
  dynamicSymbols: 11,
} as const
export const sectionFlag = { writable: 1, loaded: 2, executable: 4, threadLocal: 0x400 } as const

const headerBytes = 64
const mostSections = 4096
/** Of the table of names, as much as is read, and of one name. */
const mostNameBytes = 64 * 1024
const longestName = 32

export function readElf(base: BaseBytes): Elf | undefined {
  if (base.sizeBytes < headerBytes) return undefined
  const view = viewOf(base.read(0, headerBytes))
  if (view.getUint32(0) !== 0x7f454c46 || view.getUint16(4) !== 0x0201) return undefined
  const header = {
    type: view.getUint16(0x10, true),
    machine: view.getUint16(0x12, true),
    table: u64(view, 0x28),
    entryBytes: view.getUint16(0x3a, true),
    count: view.getUint16(0x3c, true),
    names: view.getUint16(0x3e, true),
  }
  const { table, count } = header
  if (header.entryBytes !== headerBytes || count > mostSections || header.names >= count) return undefined
  if (table + count * headerBytes > base.sizeBytes) return undefined
  const entries = viewOf(Uint8Array.from(base.read(table, count * headerBytes)))
  const names = readNames(base, entries, header.names * headerBytes)
  const sections: ElfSection[] = []
  for (let at = 0; at < count * headerBytes; at += headerBytes) {
    const section: ElfSection = {
      name: nameAt(names, entries.getUint32(at, true)),
      type: entries.getUint32(at + 4, true),
      flags: entries.getUint32(at + 8, true),
      address: u64(entries, at + 0x10),
      offset: u64(entries, at + 0x18),
      sizeBytes: u64(entries, at + 0x20),
      link: entries.getUint32(at + 0x28, true),
      info: entries.getUint32(at + 0x2c, true),
      entryBytes: u64(entries, at + 0x38),
    }
    if (!isInside(section, base.sizeBytes)) return undefined
    sections.push(section)
  }
  return { isRelocatable: header.type === 1, machine: header.machine, sections }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** Exact below 2^53; what is larger lies in no file. */
const u64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32

function isInside({ type, offset, sizeBytes, address }: ElfSection, fileBytes: number): boolean {
  if (type === sectionType.none) return true
  const inFile = type === sectionType.noBytes ? 0 : sizeBytes
  return Number.isSafeInteger(address + sizeBytes) && offset + inFile <= fileBytes
}

function readNames(base: BaseBytes, entries: DataView, at: number): Uint8Array {
  const offset = u64(entries, at + 0x18)
  const length = Math.min(u64(entries, at + 0x20), mostNameBytes)
  return offset + length > base.sizeBytes ? new Uint8Array(0) : Uint8Array.from(base.read(offset, length))
}

function nameAt(names: Uint8Array, at: number): string {
  let name = ''
  for (let i = at; i < names.length && names[i] !== 0 && name.length < longestName; i++)
    name += String.fromCharCode(names[i]!)
  return name
}
