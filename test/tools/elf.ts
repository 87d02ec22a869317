// Two small changes to an executable of Linux (ELF, 64 bits, little-endian) of any processor, so that the Node that moss
// brings needs neither binutils nor an environment: what no program needs is cut off, and the loader is told where the
// shared libraries beside it are. Nothing else moves, so the same file always becomes the same file.

const programHeader = { load: 1, dynamic: 2 } as const
const sectionOfSymbols = 11
const tags = {
  end: 0,
  needed: 1,
  stringTable: 5,
  stringBytes: 10,
  soname: 14,
  rpath: 15,
  runpath: 29,
} as const
const verneed = 0x6ffffffe
const verneedCount = 0x6fffffff
const verdef = 0x6ffffffc

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
const number = (view: DataView, at: number): number => Number(view.getBigUint64(at, true))

interface Segment {
  readonly kind: number
  readonly at: number
  readonly address: number
  readonly sizeBytes: number
}

function segmentsOf(view: DataView): readonly Segment[] {
  if (view.getUint32(0, false) !== 0x7f454c46 || view.getUint8(4) !== 2 || view.getUint8(5) !== 1)
    throw new Error('not an ELF file of 64 bits')
  const [start, size, count] = [number(view, 32), view.getUint16(54, true), view.getUint16(56, true)]
  return Array.from({ length: count }, (_, n) => {
    const at = start + n * size
    return {
      kind: view.getUint32(at, true),
      at: number(view, at + 8),
      address: number(view, at + 16),
      sizeBytes: number(view, at + 32),
    }
  })
}

/** Without symbols for debuggers and linkers, and without the table of sections: no loader reads them. */
export function cutElf(bytes: Uint8Array): Uint8Array {
  const end = Math.max(...segmentsOf(viewOf(bytes)).map(({ at, sizeBytes }) => at + sizeBytes))
  const out = new Uint8Array(bytes.subarray(0, end))
  const view = viewOf(out)
  view.setBigUint64(40, 0n, true)
  for (const at of [58, 60, 62]) view.setUint16(at, 0, true)
  return out
}

interface Dynamic {
  readonly at: number
  readonly entries: readonly { readonly tag: number; readonly value: number }[]
  readonly capacity: number
  readonly place: (address: number) => number
  readonly value: (tag: number) => number | undefined
}

function dynamicOf(view: DataView): Dynamic {
  const segments = segmentsOf(view)
  const found = segments.find(({ kind }) => kind === programHeader.dynamic)
  if (found === undefined) throw new Error('an executable without shared libraries')
  const capacity = found.sizeBytes / 16
  const all = Array.from({ length: capacity }, (_, n) => ({
    tag: number(view, found.at + n * 16),
    value: number(view, found.at + n * 16 + 8),
  }))
  const entries = all.slice(
    0,
    all.findIndex(({ tag }) => tag === tags.end),
  )
  return {
    at: found.at,
    entries,
    capacity,
    place: (address) => {
      const load = segments.find(
        (each) =>
          each.kind === programHeader.load &&
          address >= each.address &&
          address < each.address + each.sizeBytes,
      )
      if (load === undefined) throw new Error(`nothing is loaded at ${address}`)
      return address - load.address + load.at
    },
    value: (tag) => entries.find((each) => each.tag === tag)?.value,
  }
}

interface SymbolName {
  /** In the table of strings. */
  readonly at: number
  readonly isDefined: boolean
}

function symbolsOf(view: DataView): readonly SymbolName[] {
  const [start, size, count] = [number(view, 40), view.getUint16(58, true), view.getUint16(60, true)]
  const headers = Array.from({ length: count }, (_, n) => start + n * size)
  const table = headers.find((at) => view.getUint32(at + 4, true) === sectionOfSymbols)
  if (table === undefined) throw new Error('an executable whose sections are cut off already')
  const [at, sizeBytes] = [number(view, table + 24), number(view, table + 32)]
  return Array.from({ length: sizeBytes / 24 }, (_, n) => ({
    at: view.getUint32(at + n * 24, true),
    isDefined: view.getUint16(at + n * 24 + 6, true) !== 0,
  }))
}

/** Offsets in the table of strings of what the loader needs of each library. */
function versionNames(view: DataView, { value, place }: Dynamic): readonly number[] {
  const names: number[] = []
  const first = value(verneed)
  let at = first === undefined ? 0 : place(first)
  for (let left = first === undefined ? 0 : (value(verneedCount) ?? 0); left > 0; left--) {
    names.push(view.getUint32(at + 4, true))
    let version = at + view.getUint32(at + 8, true)
    for (let more = view.getUint16(at + 2, true); more > 0; more--) {
      names.push(view.getUint32(version + 8, true))
      version += view.getUint32(version + 12, true)
    }
    at += view.getUint32(at + 12, true)
  }
  return names
}

/** The libraries that it asks for, by name, and the newest version of the C library among what it needs of them. */
export function needsOf(bytes: Uint8Array): {
  readonly libraries: readonly string[]
  readonly glibc: string
} {
  const view = viewOf(bytes)
  const dynamic = dynamicOf(view)
  const strings = dynamic.place(dynamic.value(tags.stringTable) ?? 0)
  const text = (at: number): string => {
    const start = strings + at
    return Buffer.from(bytes.subarray(start, bytes.indexOf(0, start))).toString('latin1')
  }
  const versions = versionNames(view, dynamic)
    .map(text)
    .flatMap((name) => /^GLIBC_(\d+)\.(\d+)/.exec(name)?.slice(1, 3) ?? [])
  const minors = versions.filter((_, n) => n % 2 === 1).map(Number)
  return {
    libraries: dynamic.entries.filter(({ tag }) => tag === tags.needed).map(({ value }) => text(value)),
    glibc: `2.${Math.max(0, ...minors)}`,
  }
}

/**
 * Has the loader look for shared libraries there first, before LD_LIBRARY_PATH; `$ORIGIN` is the executable's own folder. The
 * text takes the place of the name of a function that only native addons would look for, and moss loads none.
 */
export function setLibraryPath(bytes: Uint8Array, path: string): Uint8Array {
  const out = new Uint8Array(bytes)
  const view = viewOf(out)
  const dynamic = dynamicOf(view)
  const { entries, value, place } = dynamic
  if (value(tags.rpath) !== undefined || value(tags.runpath) !== undefined || value(verdef) !== undefined)
    throw new Error('an executable that has a path of its own, or versions')
  if (entries.length + 1 >= dynamic.capacity) throw new Error('no room for one entry more')
  const strings = place(value(tags.stringTable) ?? 0)
  const text = Buffer.from(`${path}\0`, 'latin1')
  const symbols = symbolsOf(view)
  const ofLoader = entries.filter(({ tag }) => tag === tags.needed || tag === tags.soname)
  const used = new Set([
    ...symbols.map(({ at }) => at),
    ...ofLoader.map((each) => each.value),
    ...versionNames(view, dynamic),
  ])
  const isFree = ({ at, isDefined }: SymbolName): boolean => {
    const name = Buffer.from(out.subarray(strings + at, strings + at + text.length)).toString('latin1')
    return (
      isDefined &&
      /^_ZN?K?2v8/.test(name) &&
      !name.includes('\0') &&
      out[strings + at - 1] === 0 &&
      text.every((_, n) => n === 0 || !used.has(at + n))
    )
  }
  const chosen = symbols.find(isFree)
  if (chosen === undefined) throw new Error('no name to spare')
  if (symbols.filter(({ at }) => at === chosen.at).length > 1) throw new Error('a name of two functions')
  out.set(text, strings + chosen.at)
  const slot = dynamic.at + entries.length * 16
  view.setBigUint64(slot, BigInt(tags.rpath), true)
  view.setBigUint64(slot + 8, BigInt(chosen.at), true)
  return out
}
