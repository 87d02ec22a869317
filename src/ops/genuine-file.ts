// Signatures of packages that this station found genuine, in HOME/genuine: one digest of 32 bytes behind the other. Packages
// are judged when they come in or are published; without it each verb that reads hundreds of them would judge them all again, which is most
// of what a plan costs. Who can write into the home could give it another trust root, too. What is lost of the file, or
// spoiled, costs time alone: no signature has a digest that was made up.
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import { isMossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import type { Disk } from '../host/disk.ts'
import type { GenuineClaims } from '../trust/signatures.ts'

export interface GenuineFile extends GenuineClaims {
  /** Adds what was found since it was read. For whoever holds the home's lock. */
  write(): void
}

const claimBytes = 32
/** Two MiB; then only the newer half is kept. */
const mostClaims = 65_536

class OpenGenuineFile implements GenuineFile {
  readonly #disk: Disk
  readonly #path: string
  #claims: Set<Digest> | undefined
  #fresh: Digest[] = []

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  has(claim: Digest): boolean {
    return this.#known().has(claim)
  }

  add(claim: Digest): void {
    if (this.#known().has(claim)) return
    this.#known().add(claim)
    this.#fresh.push(claim)
  }

  write(): void {
    if (this.#fresh.length === 0) return
    try {
      this.#append()
    } catch (error) {
      // The verb's own work is done, and does not depend on this.
      if (!isMossError(error)) throw error
    }
    this.#fresh = []
  }

  #known(): Set<Digest> {
    this.#claims ??= new Set(this.#read())
    return this.#claims
  }

  *#read(): Generator<Digest> {
    const stat = this.#disk.lstat(this.#path)
    if (stat?.kind !== 'file' || stat.sizeBytes > mostClaims * claimBytes) return
    const bytes = this.#disk.readFile(this.#path, mostClaims * claimBytes)
    for (let at = 0; at + claimBytes <= bytes.length; at += claimBytes)
      yield toHex(bytes.subarray(at, at + claimBytes)) as Digest
  }

  #append(): void {
    const isThere = this.#disk.lstat(this.#path) !== undefined
    using file = this.#disk.open(this.#path, isThere ? 'update' : 'create', 0o600)
    const count = Math.floor(file.stat().sizeBytes / claimBytes)
    const isFull = count + this.#fresh.length > mostClaims
    const kept = isFull ? [...this.#known()].slice(-mostClaims / 2) : this.#fresh
    const start = isFull ? 0 : count * claimBytes
    file.write(concatBytes(kept.map(fromHex)), start)
    if (isFull) file.truncate(kept.length * claimBytes)
  }
}

const opened = new WeakMap<Disk, Map<string, GenuineFile>>()

/** One for a path: what planning found genuine is written by what executes the plan. */
export function genuineFile(disk: Disk, path: string): GenuineFile {
  const files = opened.get(disk) ?? new Map<string, GenuineFile>()
  opened.set(disk, files)
  const file = files.get(path) ?? new OpenGenuineFile(disk, path)
  files.set(path, file)
  return file
}
