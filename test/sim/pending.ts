// What was done and not yet synced, in order; and what a power cut makes of it: for each inode a prefix of its
// operations survives, an operation that touches two folders (rename, exchange) survives in both or in neither, and
// the first lost write may be torn.
import { connectInMemory } from '../../src/host/database.ts'
import {
  apply,
  copyImage,
  done,
  nowTarget,
  safeTarget,
  touchedBy,
  type Done,
  type Inode,
  type Operation,
  type Target,
} from './inode.ts'
import type { Random } from './random.ts'

export class Pending {
  #operations: Done[] = []

  /** Does it now; it is durable when one of the inodes it touches is synced. */
  perform(operation: Operation): void {
    const performed = done(operation)
    apply(performed, nowTarget)
    this.#operations.push(performed)
  }

  /** The sync of one file or folder: its operations, and whatever had to come before them. */
  sync(inode: Inode): void {
    this.#settle(this.#closureOf(inode))
  }

  /** The sync of a filesystem. */
  syncDevice(device: number): void {
    this.#settle(new Set(this.#operations.filter((operation) => touchedBy(operation)[0]?.device === device)))
  }

  /**
   * A sync that failed: of the data it should have written a prefix is there, the rest is forgotten, so that the
   * next sync succeeds without having written it. Names and attributes stay pending.
   */
  failSync(which: Inode | number, random: Random): void {
    const covered =
      typeof which === 'number'
        ? new Set(this.#operations.filter((operation) => touchedBy(operation)[0]?.device === which))
        : this.#closureOf(which)
    const data = this.#operations.filter((one) => covered.has(one) && isData(one))
    for (const operation of choose(data, random, 0.5)) apply(operation, safeTarget)
    const lost = new Set(data)
    this.#operations = this.#operations.filter((operation) => !lost.has(operation))
  }

  #closureOf(inode: Inode): Set<Done> {
    const touched = new Set([inode])
    const found = new Set<Done>()
    for (const operation of this.#operations.toReversed()) {
      const inodes = touchedBy(operation)
      if (!inodes.some((one) => touched.has(one))) continue
      found.add(operation)
      for (const one of inodes) touched.add(one)
    }
    return found
  }

  #settle(durable: ReadonlySet<Done>): void {
    for (const operation of this.#operations) if (durable.has(operation)) apply(operation, safeTarget)
    this.#operations = this.#operations.filter((operation) => !durable.has(operation))
  }

  /** The disk as it may be found after a power cut; what is here stays as it is. */
  afterPowerCut(root: Inode, random: Random): Inode {
    const { target, rootCopy } = copyTree(root, 'safe')
    const rate = random.pick([0, 0.3, 0.8, 0.97, 1])
    for (const operation of choose(this.#operations, random, rate)) apply(operation, target)
    forEachInode(rootCopy, 'safe', (inode) => (inode.now = copyImage(inode.safe)))
    return rootCopy
  }
}

const isData = (operation: Operation): boolean => operation.kind === 'write' || operation.kind === 'truncate'

/** Of each inode a prefix; the first lost write of a file perhaps in part. */
function* choose(operations: readonly Done[], random: Random, rate: number): Iterable<Done> {
  const broken = new Set<Inode>()
  for (const operation of operations) {
    const inodes = touchedBy(operation)
    const isReachable = !inodes.some((inode) => broken.has(inode))
    if (isReachable && random.next() < rate) {
      yield operation
      continue
    }
    if (isReachable && rate > 0 && operation.kind === 'write')
      yield { ...operation, bytes: operation.bytes.subarray(0, random.below(operation.bytes.length + 1)) }
    for (const inode of inodes) broken.add(inode)
  }
}

/** A copy of the tree whose both images are this image of the original. */
export function copyTree(
  root: Inode,
  which: 'now' | 'safe',
): { readonly target: Target; readonly rootCopy: Inode } {
  const copies = new Map<Inode, Inode>()
  const copyOf = (inode: Inode): Inode => {
    const known = copies.get(inode)
    if (known !== undefined) return known
    const copy: Inode = { ...inode }
    copies.set(inode, copy)
    copy.safe = copyImage(inode[which], copyOf)
    copy.now = copyImage(copy.safe)
    if (inode.database !== undefined) {
      copy.database = connectInMemory()
      copy.database.deserialize(inode.database.serialize())
    }
    return copy
  }
  const rootCopy = copyOf(root)
  return { rootCopy, target: { inode: copyOf, image: (inode) => copyOf(inode).safe } }
}

export function forEachInode(root: Inode, which: 'now' | 'safe', visit: (inode: Inode) => void): void {
  const seen = new Set<Inode>()
  const walk = (inode: Inode): void => {
    if (seen.has(inode)) return
    seen.add(inode)
    visit(inode)
    for (const child of inode[which].entries.values()) walk(child)
  }
  walk(root)
}
