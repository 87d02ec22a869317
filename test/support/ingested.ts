// Packages made from foreign ones in a scratch folder, and read back the way a channel reads them.
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { concatBytes } from '../../src/base/bytes.ts'
import { silent } from '../../src/base/progress.ts'
import { checkPackageFile, chunksOf, readPackageFile } from '../../src/channel/package-file.ts'
import { chunkReader, verifyWhole } from '../../src/container/read-frames.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { readDeb } from '../../src/ingest/deb.ts'
import { type MadePackage, makePackage, type MakeOptions } from '../../src/ingest/make-package.ts'
import type { PackageSource } from '../../src/ingest/source.ts'
import type { LayoutEntry, LayoutFile } from '../../src/manifest/manifest.ts'
import { keyFromSeed, signerOf } from '../../src/trust/keys.ts'
import { makeSoleRoot } from '../../src/trust/root.ts'
import { scratchFolder } from './scratch.ts'

const secret = keyFromSeed(new Uint8Array(32).fill(7), new Uint8Array(8).fill(7))
export const testSigner = signerOf(secret)
export const testRoot = makeSoleRoot(secret.publicKey, 1_700_000_000)

export class Workshop implements Disposable {
  readonly outside = linuxOutside()
  readonly folder = scratchFolder();

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  write(path: string, bytes: string | Uint8Array, mode = 0o644): string {
    const full = join(this.folder, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, bytes)
    chmodSync(full, mode)
    utimesSync(full, 1_700_000_000, 1_700_000_000)
    return full
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    symlinkSync(target, join(this.folder, path))
  }

  /** A new folder at every call, so that the same package can be made twice. */
  emptyFolder(): string {
    this.#folders++
    const folder = join(this.folder, `made-${this.#folders}`)
    mkdirSync(folder)
    return folder
  }
  #folders = 0

  async deb(bytes: Uint8Array, options: Partial<MakeOptions> = {}): Promise<MadePackage> {
    return this.make(await readDeb(this.outside, this.write('x.deb', bytes)), options)
  }

  make(source: PackageSource, options: Partial<MakeOptions> = {}): Promise<MadePackage> {
    const folder = options.folder ?? this.emptyFolder()
    return makePackage(this.outside, source, {
      signers: [testSigner],
      isWhole: () => true,
      report: silent,
      ...options,
      folder,
    })
  }

  /** Every file's bytes by path, from a container that was verified to its last byte. */
  async readBack(made: MadePackage): Promise<ReadonlyMap<string, Uint8Array>> {
    const file = readPackageFile(this.outside.disk, made.path, testRoot)
    if (file.id !== made.id) throw new Error('the container holds another package')
    await verifyWhole(file.container, this.outside.pool)
    checkPackageFile(file)
    const reader = chunkReader(file.container, this.outside.pool)
    const contents = new Map<string, Uint8Array>()
    for (const entry of file.manifest.layout) {
      if (entry.kind !== 'file') continue
      const chunks: Uint8Array[] = []
      for (const chunk of chunksOf(file, entry).chunks) chunks.push(await reader.get(chunk.id))
      contents.set(entry.path, concatBytes(chunks))
    }
    return contents
  }
}

export const entryAt = (made: MadePackage, path: string): LayoutEntry | undefined =>
  made.manifest.layout.find((entry) => entry.path === path)

export const fileAt = (made: MadePackage, path: string): LayoutFile => {
  const entry = entryAt(made, path)
  if (entry?.kind !== 'file') throw new Error(`${path} is not a file of the package`)
  return entry
}
