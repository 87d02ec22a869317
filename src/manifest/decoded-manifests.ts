// Manifests that were decoded lately, by the digest of their bytes. A verb reads the manifests of a state again and again,
// from the bundle, the store and the tree; each copy is digested, and decoded and checked once. Manifests are never
// changed once they are made, so one value serves all. Bounded: the longest unused go first.
import type { PackageId } from '../base/ids.ts'
import type { Manifest } from './manifest.ts'

/** Of its canonical form. */
export interface MeasuredManifest {
  readonly id: PackageId
  readonly sizeBytes: number
}

/** In canonical form; in memory it is about twice as much. Two versions of a package of 80,000 files are 18 MiB. */
const keptBytes = 24 * 1024 * 1024

export class DecodedManifests {
  /** In the order of last use. */
  readonly #known = new Map<PackageId, Manifest>()
  readonly #measured = new WeakMap<Manifest, MeasuredManifest>()
  #bytes = 0

  get(id: PackageId): Manifest | undefined {
    const found = this.#known.get(id)
    if (found === undefined) return undefined
    this.#known.delete(id)
    this.#known.set(id, found)
    return found
  }

  /** Of a manifest that was decoded, whether or not it is still kept here. */
  measured(manifest: Manifest): MeasuredManifest | undefined {
    return this.#measured.get(manifest)
  }

  add(manifest: Manifest, measured: MeasuredManifest): void {
    this.#known.set(measured.id, manifest)
    this.#measured.set(manifest, measured)
    this.#bytes += measured.sizeBytes
    for (const [oldest, old] of this.#known) {
      if (this.#bytes <= keptBytes) return
      this.#known.delete(oldest)
      this.#bytes -= this.#measured.get(old)?.sizeBytes ?? 0
    }
  }
}
