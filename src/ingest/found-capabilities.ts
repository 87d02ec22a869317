// Capabilities that a package provides by what it holds, where its paths and contents prove it:
//
//   soname(libz.so.1()(64bit))             libraries in folders that the loader searches; 32-bit ones without a mark
//   interpreter(/lib64/ld-linux-x86-64.so.2)  the loader, by the path that programs ask for
//   binary(bash), sysbinary(useradd)       programs in usr/bin and usr/sbin
//   pkgconfig(zlib) = 1.2.13               with the version that its file gives in plain
//   python(six)                            modules that Python 3 finds without being told
//
// Of a package that moss has built, what its ELF files need becomes requirements: sonames and the loader. Of others it does
// not: their own dependencies say it, with versions.
import { compareText } from '../base/bytes.ts'
import { type Capability, checkCapability, isBoundVersion } from '../manifest/capability.ts'
import { ElfReader } from './elf.ts'
import { licencesOf } from './licence.ts'

/** Watches one file's bytes pass by. */
export interface Watcher {
  add(piece: Uint8Array): void
  /** After the last piece. */
  finish(): void
}

const triplet = '[a-z0-9_]+-linux-[a-z0-9_]+'
const library = new RegExp(`^usr/lib(?:64)?/(?:${triplet}/)?[^/]+\\.so(?:\\.[^/]*)?$`)
const loader = /^usr\/(lib(?:64)?\/ld[^/]*\.so(?:\.[^/]*)?)$/
const program = /^usr\/(bin|sbin)\/([^/]+)$/
const pkgconfig = new RegExp(`^usr/(?:share|lib(?:64)?(?:/${triplet})?)/pkgconfig/([^/]+)\\.pc$`)
const pythonModule =
  /^usr\/lib\/python3(?:\.[0-9]+)?\/(?:dist|site)-packages\/([A-Za-z_]\w*)(?:\/__init__)?(?:\.py|(?:\.cpython-[^/]*|\.abi3)?\.so)$/
const copyright = /^usr\/share\/doc\/([^/]+)\/copyright$/

/** Symbols kept apart repeat headers of what they are of. */
const debugFolder = 'usr/lib/debug/'

/** Texts that are read whole; longer ones only so far. */
const longestText = 256 * 1024

export class FoundCapabilities {
  readonly #package: string
  readonly #isBuilt: boolean
  readonly #found = new Map<string, Capability>()
  readonly #needed = new Map<string, Capability>()
  readonly #problems: string[] = []
  #licence = ''

  constructor(packageName: string, { isBuilt = false }: { readonly isBuilt?: boolean } = {}) {
    this.#package = packageName
    this.#isBuilt = isBuilt
  }

  /** In one order, whatever the package's. */
  get provides(): readonly Capability[] {
    return sorted(this.#found.values())
  }

  /** What it does not provide itself, in one order; nothing unless it was built here. */
  get requires(): readonly Capability[] {
    return sorted(this.#needed.values()).filter(({ kind, name }) => !this.#found.has(`${kind}(${name})`))
  }

  /** What could not be read, for the report. */
  get problems(): readonly string[] {
    return this.#problems
  }

  /** Empty when the package does not say it in a form that can be read. */
  get licence(): string {
    return this.#licence
  }

  addSymlink(path: string, target: string): void {
    if (target.startsWith('/etc/alternatives/')) return
    this.#addByPath(path, 0o111)
  }

  /** Undefined when nothing in the file's bytes is of interest. */
  watchFile(path: string, mode: number): Watcher | undefined {
    this.#addByPath(path, mode)
    if (library.test(path)) return this.#watchElf(path, true)
    const [, pc] = pkgconfig.exec(path) ?? []
    if (pc !== undefined) return watchText((text) => this.#addPkgconfig(pc, text))
    if (copyright.exec(path)?.[1] === this.#package)
      return watchText((text) => void (this.#licence = licencesOf(text)))
    return this.#isBuilt && !path.startsWith(debugFolder) ? this.#watchElf(path, false) : undefined
  }

  #addByPath(path: string, mode: number): void {
    const [, folder, name] = program.exec(path) ?? []
    if (name !== undefined && (mode & 0o111) !== 0)
      this.#add({ kind: folder === 'bin' ? 'binary' : 'sysbinary', name })
    const [, loaderPath] = loader.exec(path) ?? []
    if (loaderPath !== undefined) this.#add({ kind: 'interpreter', name: `/${loaderPath}` })
    const [, module] = pythonModule.exec(path) ?? []
    if (module !== undefined) this.#add({ kind: 'python', name: module })
  }

  #watchElf(path: string, isLibrary: boolean): Watcher {
    const reader = new ElfReader()
    return {
      add: (piece) => reader.add(piece),
      finish: () => {
        const facts = reader.finish()
        const problem = facts?.problem ?? (this.#isBuilt ? facts?.neededProblem : undefined)
        if (problem !== undefined) this.#problems.push(`${path}: ${problem}`)
        const soname = (name: string) => ({
          kind: 'soname',
          name: facts?.bits === 64 ? `${name}()(64bit)` : name,
        })
        if (isLibrary && facts?.soname !== undefined) this.#add(soname(facts.soname))
        if (!this.#isBuilt || facts === undefined) return
        for (const name of facts.needed ?? []) this.#need(soname(name))
        if (facts.interpreter !== undefined) this.#need({ kind: 'interpreter', name: facts.interpreter })
      },
    }
  }

  #addPkgconfig(name: string, text: string): void {
    const version = /^Version:[ \t]*(\S+)[ \t]*$/m.exec(text)?.[1]
    const isPlain = version !== undefined && isBoundVersion(version)
    this.#add(isPlain ? { kind: 'pkgconfig', name, version } : { kind: 'pkgconfig', name })
  }

  #need(capability: Capability): void {
    if (checkCapability(capability) === undefined)
      this.#needed.set(`${capability.kind}(${capability.name})`, capability)
  }

  #add(capability: Capability): void {
    if (checkCapability(capability) === undefined)
      this.#found.set(`${capability.kind}(${capability.name})`, capability)
  }
}

const sorted = (capabilities: Iterable<Capability>): readonly Capability[] =>
  [...capabilities].sort((a, b) => compareText(a.kind, b.kind) || compareText(a.name, b.name))

function watchText(take: (text: string) => void): Watcher {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  return {
    add: (piece) => {
      const kept = piece.subarray(0, Math.max(0, longestText - sizeBytes))
      sizeBytes += kept.length
      if (kept.length > 0) pieces.push(kept)
    },
    finish: () => take(Buffer.concat(pieces).toString('utf8')),
  }
}
