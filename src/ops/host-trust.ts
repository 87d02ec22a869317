// The trust root that a host has, and how a newer one takes its place: the root's file first, then the counters under it,
// then what is told. Each can be cut short: what is missing is made up for when the host is opened next.
import { openKind, type OpenedContainer } from '../container/read.ts'
import type { SignedRoot } from '../container/root-chain.ts'
import { claimedRoot } from '../container/verify.ts'
import { bytesSource } from '../host/byte-source.ts'
import type { Disk } from '../host/disk.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { appendAudit } from '../state/audit-file.ts'
import { raiseCounters, readCounters } from '../state/counters-file.ts'
import type { Places } from '../state/places.ts'
import { countersUnder } from '../trust/counters.ts'
import { fingerprintOf } from '../trust/fingerprint.ts'
import { type Root, rootDigest } from '../trust/root.ts'
import { trustRootPath } from './host-keys.ts'
import { encodeIdentity, identityFile, readIdentity } from './identity.ts'
import { readRootFile } from './station.ts'

/**
 * Its signatures were judged when it was taken in, and would prove nothing now: whoever can write here can write all. Its
 * digests still tell what is damaged.
 */
export const readHostRoot = (disk: Disk, places: Places): Root => claimedRoot(openHostRoot(disk, places))

function openHostRoot(disk: Disk, places: Places): OpenedContainer {
  const path = trustRootPath(places)
  return openKind(bytesSource(path, readRootFile(disk, path)), 'root')
}

export class HostTrust {
  readonly #outside: Outside
  readonly #places: Places
  #root: Root

  constructor(outside: Outside, places: Places) {
    this.#outside = outside
    this.#places = places
    this.#root = readHostRoot(outside.disk, places)
    this.#settle()
  }

  get root(): Root {
    return this.#root
  }

  /** Takes the last of them, all of which were followed from the root that is here. Durable when it returns. */
  follow(roots: readonly SignedRoot[]): void {
    const newest = roots.at(-1)
    if (newest === undefined) return
    const { disk } = this.#outside
    writeDurably(disk, trustRootPath(this.#places), newest.bytes, { mode: 0o644, replace: true })
    this.#root = newest.root
    this.#settle(roots)
  }

  /** Of the roots between only their floors and epochs count. */
  #settle(roots: readonly Pick<SignedRoot, 'root'>[] = [{ root: this.#root }]): void {
    const { disk } = this.#outside
    const before = readCounters(disk, this.#places)
    const under = roots.reduce((counters, { root }) => countersUnder(counters, root), before)
    raiseCounters(disk, this.#places, under)
    const told = readIdentity(disk, this.#places)
    const fingerprint = fingerprintOf(rootDigest(this.#root))
    if (told.fingerprint !== fingerprint)
      writeDurably(disk, `${this.#places.keys}/${identityFile}`, encodeIdentity({ ...told, fingerprint }), {
        mode: 0o644,
        replace: true,
      })
    this.#record()
  }

  #record(): void {
    const { disk } = this.#outside
    const { signers } = openHostRoot(disk, this.#places).head
    const { version, epoch } = this.#root
    appendAudit(disk, this.#places, {
      at: Math.floor(this.#outside.nowMs() / 1000),
      kind: 'root',
      outcome: 'accepted',
      subject: rootDigest(this.#root),
      signers,
      detail: `trust root ${version}, epoch ${epoch}`,
    })
  }
}
