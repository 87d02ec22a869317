// Where an ELF file for x86-64 refers to other places of itself: calls, jumps and addresses relative to the instruction,
// relocations, symbols, tables for unwinding. Such fields differ in every build, since what they point at has
// moved; predict-references.ts tells from how it moved what they became. What is found is a hint: a wrong one costs bytes, never
// truth. Both sides must find the same, so every rule here is part of the format; moss-bundle(5) has them.
import type { BaseBytes } from './base-bytes.ts'
import { Addresses } from './elf-addresses.ts'
import { type Elf, type ElfSection, elfMachine, readElf, sectionFlag, sectionType } from './elf.ts'

/** A field is 32 bits, little-endian, and rises by (how far its target moved − how far its origin moved) / scale. */
export interface ReferenceKind {
  /** An offset in the file; or what stays where it is, such as an address; or the field itself. */
  readonly origin: number | 'nothing' | 'field'
  readonly scale: number
}

/** Sorted by field; fields do not overlap. */
export interface References {
  readonly count: number
  /** Offsets of fields, and of what they point at. */
  readonly fields: Uint32Array
  readonly targets: Uint32Array
  /** Index of each one's kind. */
  readonly kindOf: Uint8Array
  readonly kinds: readonly ReferenceKind[]
}

const mostReferences = 4 * 1024 * 1024
const mostKinds = 256
const longestFile = 0xffff_ffff

/** Undefined of anything but a well-formed ELF file for x86-64. */
export function findReferences(base: BaseBytes): References | undefined {
  if (base.sizeBytes > longestFile) return undefined
  const elf = readElf(base)
  if (elf === undefined || elf.machine !== elfMachine.x86_64) return undefined
  const found = new ReferenceList()
  const scan = new Scan(base, elf, found)
  for (const section of sectionsInOrder(elf)) scan.section(section)
  return found.finish()
}

/** Of one of no type nothing else is known to be true. */
const hasBytes = ({ type }: ElfSection): boolean => type !== sectionType.none && type !== sectionType.noBytes

const isTable = ({ type }: ElfSection): boolean =>
  type === sectionType.relocations || type === sectionType.symbols || type === sectionType.dynamicSymbols

/** Those with bytes, by offset; one that overlaps those before is left out, so that each byte is looked at once. */
function sectionsInOrder({ sections }: Elf): readonly ElfSection[] {
  let end = 0
  return sections
    .filter((section) => hasBytes(section) && section.sizeBytes > 0)
    .toSorted((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)
    .filter(({ offset, sizeBytes }) => {
      if (offset < end) return false
      end = offset + sizeBytes
      return true
    })
}

class ReferenceList {
  #fields = new Uint32Array(1024)
  #targets = new Uint32Array(1024)
  #kindOf = new Uint8Array(1024)
  #count = 0
  /** Of the last field. */
  #end = 0
  readonly #kinds: ReferenceKind[] = []

  /** Undefined where there are too many. */
  kind(origin: ReferenceKind['origin'], scale: number): number {
    const known = this.#kinds.findIndex((kind) => kind.origin === origin && kind.scale === scale)
    if (known >= 0 || this.#kinds.length === mostKinds) return known
    return this.#kinds.push({ origin, scale }) - 1
  }

  /** Fields come in order; one that begins inside the one before, as in records that are too short, is left out. */
  add(field: number, target: number, kind: number): void {
    if (target < 0 || kind < 0 || field < this.#end || this.#count === mostReferences) return
    this.#end = field + 4
    if (this.#count === this.#fields.length) this.#grow()
    this.#fields[this.#count] = field
    this.#targets[this.#count] = target
    this.#kindOf[this.#count++] = kind
  }

  finish(): References {
    return {
      count: this.#count,
      fields: this.#fields,
      targets: this.#targets,
      kindOf: this.#kindOf,
      kinds: this.#kinds,
    }
  }

  #grow(): void {
    const length = 2 * this.#fields.length
    const [fields, targets, kindOf] = [
      new Uint32Array(length),
      new Uint32Array(length),
      new Uint8Array(length),
    ]
    fields.set(this.#fields)
    targets.set(this.#targets)
    kindOf.set(this.#kindOf)
    this.#fields = fields
    this.#targets = targets
    this.#kindOf = kindOf
  }
}

/** Bytes of a section looked at together; a multiple of the 24 bytes of a relocation or symbol. */
const pieceBytes = 24 * 2 ** 13
const entryBytes = 24
/** The longest instruction prefix and field that are looked at together, and a record of unwinding. */
const lookAhead = 32

/** What a byte of code may begin: a call or jump, a jump with a condition, an operand. */
const [none, jump, longJump, operand] = [0, 1, 2, 3]
const starts = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0xe8 || byte === 0xe9) return jump
  if (byte === 0x0f) return longJump
  return (byte & 0xc7) === 0x05 ? operand : none
})

class Scan {
  readonly #base: BaseBytes
  readonly #elf: Elf
  readonly #found: ReferenceList
  readonly #addresses: Addresses
  readonly #toField: number
  readonly #absolute: number
  readonly #fromField: number
  readonly #symbolTable: ElfSection | undefined
  #symbolView: DataView | undefined

  constructor(base: BaseBytes, elf: Elf, found: ReferenceList) {
    this.#base = base
    this.#elf = elf
    this.#found = found
    this.#addresses = new Addresses(elf)
    this.#symbolTable = elf.sections.find(({ type }) => type === sectionType.symbols)
    this.#toField = found.kind('field', 1)
    this.#absolute = found.kind('nothing', 1)
    this.#fromField = found.kind('field', -1)
  }

  section(section: ElfSection): void {
    const { type, flags, name } = section
    const isLoaded = (flags & sectionFlag.loaded) !== 0
    if (isTable(section)) {
      if (section.entryBytes !== entryBytes) return
      const isRelocations = type === sectionType.relocations
      this.#eachEntry(section, isRelocations ? this.#relocations(section) : this.#symbols(section))
    } else if (this.#elf.isRelocatable) return
    else if (type === sectionType.program && (flags & sectionFlag.executable) !== 0) this.#code(section)
    else if (name === '.eh_frame_hdr') this.#unwindTable(section)
    else if (name === '.eh_frame') this.#unwindRecords(section)
    else if (isLoaded && (flags & sectionFlag.writable) !== 0) this.#pointers(section)
  }

  /** Calls, jumps, and operands relative to the next instruction. */
  #code({ offset, sizeBytes, address }: ElfSection): void {
    const end = offset + sizeBytes
    const bias = address - offset
    const addresses = this.#addresses
    let at = offset
    for (let from = offset; from < end; from += pieceBytes) {
      const length = Math.min(pieceBytes + lookAhead, end - from)
      const bytes = this.#base.read(from, length)
      at = Math.max(at, from) - from
      const stop = Math.min(pieceBytes, length - 5)
      while (at < stop) {
        const start = starts[bytes[at]!]!
        if (start === none) {
          at++
          continue
        }
        // Of the two bytes that begin a jump with a condition, the second says so.
        if (start === longJump && (bytes[at + 1]! & 0xf0) !== 0x80) {
          at++
          continue
        }
        const field = at + (start === longJump ? 2 : 1)
        if (field + 4 > length) break
        const value =
          bytes[field]! | (bytes[field + 1]! << 8) | (bytes[field + 2]! << 16) | (bytes[field + 3]! << 24)
        const place = from + field + bias + 4 + value
        const target = start === operand ? addresses.offsetOf(place) : addresses.codeAt(place)
        if (target < 0) at++
        else {
          this.#found.add(from + field, target, this.#toField)
          at = field + 4
        }
      }
      at += from
    }
  }

  #eachEntry(
    section: ElfSection,
    look: ((view: DataView, at: number, offset: number) => void) | undefined,
  ): void {
    if (look === undefined) return
    const end = section.offset + section.sizeBytes
    for (let from = section.offset; from + entryBytes <= end; from += pieceBytes) {
      const length = Math.min(pieceBytes, end - from)
      const view = viewOf(this.#base.read(from, length))
      for (let at = 0; at + entryBytes <= length; at += entryBytes) look(view, at, from + at)
    }
  }

  /** Place, symbol and addend. In relocatable files places and addends count from the start of a section. */
  #relocations(section: ElfSection): ((view: DataView, at: number, offset: number) => void) | undefined {
    const { sections, isRelocatable } = this.#elf
    const symbols = sections[section.link]
    if (isRelocatable) return this.#sectionRelocations(sections[section.info], symbols)
    const hasSymbols = symbols?.type === sectionType.dynamicSymbols
    const symbolKind = hasSymbols ? this.#found.kind(symbols.offset, entryBytes) : -1
    return (view, at, offset) => {
      this.#found.add(offset, this.#addresses.offsetOf(view.getUint32(at, true)), this.#absolute)
      const symbol = view.getUint32(at + 12, true)
      if (hasSymbols && symbol > 0 && (symbol + 1) * entryBytes <= symbols.sizeBytes)
        this.#found.add(offset + 12, symbols.offset + symbol * entryBytes, symbolKind)
      if (view.getUint32(at + 20, true) === 0)
        this.#found.add(offset + 16, this.#addresses.offsetOf(view.getUint32(at + 16, true)), this.#absolute)
    }
  }

  /** A file has one table of symbols, and it is read once however many sections name it. */
  #sectionRelocations(place: ElfSection | undefined, symbols: ElfSection | undefined) {
    if (place === undefined || symbols === undefined || symbols !== this.#symbolTable) return undefined
    if (symbols.sizeBytes > mostSymbolBytes) return undefined
    if (!hasBytes(place)) return undefined
    this.#symbolView ??= viewOf(Uint8Array.from(this.#base.read(symbols.offset, symbols.sizeBytes)))
    const symbolView = this.#symbolView
    const placeKind = this.#found.kind(place.offset, 1)
    const symbolKind = this.#found.kind(symbols.offset, entryBytes)
    return (view: DataView, at: number, offset: number): void => {
      const placeAt = view.getUint32(at, true)
      if (placeAt <= place.sizeBytes) this.#found.add(offset, place.offset + placeAt, placeKind)
      const symbol = view.getUint32(at + 12, true)
      if (symbol === 0 || (symbol + 1) * entryBytes > symbols.sizeBytes) return
      this.#found.add(offset + 12, symbols.offset + symbol * entryBytes, symbolKind)
      const isSection = symbolView.getUint8(symbol * entryBytes + 4) % 16 === 3
      if (!isSection) return
      const into = this.#elf.sections[symbolView.getUint16(symbol * entryBytes + 6, true)]
      // A place relative to the next instruction has an addend that is four bytes short of what is meant.
      const type = view.getUint32(at + 8, true)
      const addend = view.getInt32(at + 16, true) + (type === 2 || type === 4 ? 4 : 0)
      this.#addInSection(offset + 16, into, addend)
    }
  }

  /** Name and value. */
  #symbols({ link }: ElfSection): (view: DataView, at: number, offset: number) => void {
    const { sections, isRelocatable } = this.#elf
    const linked = sections[link]
    const names = linked !== undefined && hasBytes(linked) ? linked : undefined
    const nameKind = names === undefined ? -1 : this.#found.kind(names.offset, 1)
    return (view, at, offset) => {
      const name = view.getUint32(at, true)
      if (names !== undefined && name > 0 && name < names.sizeBytes)
        this.#found.add(offset, names.offset + name, nameKind)
      const index = view.getUint16(at + 6, true)
      const value = view.getUint32(at + 8, true)
      if (isRelocatable) this.#addInSection(offset + 8, sections[index], value)
      else if (index > 0 && index < firstReservedIndex)
        this.#found.add(offset + 8, this.#addresses.offsetOf(value), this.#absolute)
    }
  }

  #addInSection(field: number, section: ElfSection | undefined, at: number): void {
    if (section === undefined || !hasBytes(section)) return
    if (at >= 0 && at <= section.sizeBytes)
      this.#found.add(field, section.offset + at, this.#found.kind(section.offset, 1))
  }

  /** Of .eh_frame_hdr: where the records start, then pairs relative to the section, all as 32-bit numbers. */
  #unwindTable({ offset, sizeBytes, address }: ElfSection): void {
    const tableAt = 12
    if (sizeBytes < tableAt) return
    const start = viewOf(this.#base.read(offset, tableAt))
    if (start.getUint32(0) !== 0x011b033b) return
    const recordsAt = address + 4 + start.getInt32(4, true)
    this.#found.add(offset + 4, this.#addresses.offsetOf(recordsAt), this.#toField)
    const kind = this.#found.kind(offset, 1)
    for (let from = offset + tableAt; from < offset + sizeBytes; from += pieceBytes) {
      const length = Math.min(pieceBytes, offset + sizeBytes - from)
      const view = viewOf(this.#base.read(from, length))
      for (let at = 0; at + 4 <= length; at += 4)
        this.#found.add(from + at, this.#addresses.offsetOf(address + view.getInt32(at, true)), kind)
    }
  }

  /** Of .eh_frame: each record's distance from the one it shares, its code, and its language's data. */
  #unwindRecords({ offset, sizeBytes, address }: ElfSection): void {
    const end = offset + sizeBytes
    let at = offset
    while (at + lookAhead <= end) {
      const from = at
      const length = Math.min(pieceBytes, end - from)
      const view = viewOf(this.#base.read(from, length))
      for (; at + lookAhead <= from + length;) {
        const record = at - from
        const recordBytes = view.getUint32(record, true)
        if (recordBytes === 0 || recordBytes > end - at - 4) return
        const shared = view.getUint32(record + 4, true)
        if (shared !== 0) {
          if (shared <= at + 4 - offset) this.#found.add(at + 4, at + 4 - shared, this.#fromField)
          this.#addRelative(at + 8, view.getInt32(record + 8, true), address - offset)
          if (view.getUint8(record + 16) === 4)
            this.#addRelative(at + 17, view.getInt32(record + 17, true), address - offset)
        }
        at += 4 + recordBytes
      }
    }
  }

  #addRelative(field: number, value: number, bias: number): void {
    this.#found.add(field, this.#addresses.offsetOf(field + bias + value), this.#toField)
  }

  /** Of writable data: words of 64 bits, aligned, that are addresses. */
  #pointers({ offset, sizeBytes }: ElfSection): void {
    const end = offset + sizeBytes
    for (let from = Math.ceil(offset / 8) * 8; from < end; from += pieceBytes) {
      const length = Math.min(pieceBytes, end - from)
      const view = viewOf(this.#base.read(from, length))
      for (let at = 0; at + 8 <= length; at += 8) {
        const value = view.getUint32(at, true)
        if (value >= lowestPointer && view.getUint32(at + 4, true) === 0)
          this.#found.add(from + at, this.#addresses.offsetOf(value), this.#absolute)
      }
    }
  }
}

const mostSymbolBytes = 16 * 1024 * 1024
const firstReservedIndex = 0xff00
/** Smaller numbers are more often sizes. */
const lowestPointer = 4096

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
