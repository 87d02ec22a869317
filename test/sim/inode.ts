// What the simulated disk is made of. Every inode has two images: `now` is what programs see, `safe` is what a
// power cut leaves for certain. A change is an Operation as data: applied to `now` at once, to `safe` when synced.
import type { DatabaseSync } from 'node:sqlite'
import type { FileKind, Xattrs } from '../../src/host/disk.ts'

export interface Inode {
  readonly number: number
  readonly device: number
  readonly kind: FileKind
  readonly target: string
  now: Image
  safe: Image
  /** Set for a database file: its commits are durable in themselves. */
  database?: DatabaseSync
  /** The database's first commit made its name durable too. */
  hasCommitted?: boolean
  /** The root of a medium that was pulled. */
  isGone?: boolean
}

export interface Attributes {
  mode: number
  uid: number
  gid: number
  mtimeMs: number
  xattrs: Xattrs
}

export interface Image extends Attributes {
  body: Body
  readonly entries: Map<string, Inode>
  /** How many names a file has. */
  links: number
  /** Another number after each change, as a ctime is another time. */
  changed: number
}

/** Bytes of a file, shared between images until one of them is written. */
export interface Body {
  bytes: Uint8Array
  sizeBytes: number
  isShared: boolean
}

export type Operation =
  | { readonly kind: 'enter'; readonly folder: Inode; readonly name: string; readonly inode: Inode }
  | { readonly kind: 'leave'; readonly folder: Inode; readonly name: string; readonly inode: Inode }
  | {
      readonly kind: 'move'
      readonly from: Inode
      readonly fromName: string
      readonly to: Inode
      readonly toName: string
      readonly inode: Inode
      readonly replaced: Inode | undefined
    }
  | {
      readonly kind: 'exchange'
      readonly a: Inode
      readonly aName: string
      readonly aInode: Inode
      readonly b: Inode
      readonly bName: string
      readonly bInode: Inode
    }
  | { readonly kind: 'write'; readonly file: Inode; readonly bytes: Uint8Array; readonly at: number }
  | { readonly kind: 'truncate'; readonly file: Inode; readonly sizeBytes: number }
  | { readonly kind: 'attributes'; readonly inode: Inode; readonly change: Partial<Attributes> }

const foldersOf = (...inodes: readonly (Inode | undefined)[]): Inode[] =>
  inodes.filter((inode) => inode?.kind === 'folder') as Inode[]

/** Operations on one inode become durable in their order; a folder that moves is touched too. */
export function touchedBy(operation: Operation): readonly Inode[] {
  const { kind } = operation
  if (kind === 'enter') return [operation.folder]
  if (kind === 'leave') return [operation.folder, ...foldersOf(operation.inode)]
  if (kind === 'move')
    return [operation.from, operation.to, ...foldersOf(operation.inode, operation.replaced)]
  if (kind === 'exchange') return [operation.a, operation.b, ...foldersOf(operation.aInode, operation.bInode)]
  return [kind === 'attributes' ? operation.inode : operation.file]
}

/** Which image of which inode an operation changes: `now`, `safe`, or those of a copy. */
export interface Target {
  image(inode: Inode): Image
  inode(inode: Inode): Inode
}

export const nowTarget: Target = { image: (inode) => inode.now, inode: (inode) => inode }
export const safeTarget: Target = { image: (inode) => inode.safe, inode: (inode) => inode }

/** An operation as it was done. No two have one serial, on whatever machine. */
export type Done = Operation & { readonly serial: number }

let serials = 0
export const done = (operation: Operation): Done => ({ ...operation, serial: ++serials })

/** Whose ctime would be another. */
function changedBy(operation: Operation): readonly (Inode | undefined)[] {
  const { kind } = operation
  if (kind === 'enter' || kind === 'leave') return [operation.folder, operation.inode]
  if (kind === 'move') return [operation.from, operation.to, operation.inode, operation.replaced]
  if (kind === 'exchange') return [operation.a, operation.b, operation.aInode, operation.bInode]
  return [kind === 'attributes' ? operation.inode : operation.file]
}

export function apply(operation: Done, target: Target): void {
  change(operation, target)
  for (const inode of changedBy(operation))
    if (inode !== undefined) target.image(inode).changed = operation.serial
}

function change(operation: Operation, target: Target): void {
  switch (operation.kind) {
    case 'enter':
      return enter(target, operation.folder, operation.name, operation.inode)
    case 'leave':
      return leave(target, operation.folder, operation.name)
    case 'move':
      leave(target, operation.from, operation.fromName)
      leave(target, operation.to, operation.toName)
      return enter(target, operation.to, operation.toName, operation.inode)
    case 'exchange':
      target.image(operation.a).entries.set(operation.aName, target.inode(operation.bInode))
      target.image(operation.b).entries.set(operation.bName, target.inode(operation.aInode))
      return
    case 'write':
      return writeBody(target.image(operation.file).body, operation.bytes, operation.at)
    case 'truncate':
      return truncateBody(target.image(operation.file).body, operation.sizeBytes)
    case 'attributes':
      Object.assign(target.image(operation.inode), operation.change)
      return
  }
}

function enter(target: Target, folder: Inode, name: string, inode: Inode): void {
  target.image(folder).entries.set(name, target.inode(inode))
  target.image(inode).links++
}

function leave(target: Target, folder: Inode, name: string): void {
  const { entries } = target.image(folder)
  const gone = entries.get(name)
  entries.delete(name)
  // In a copy, entries already are the copies.
  if (gone !== undefined) (target === nowTarget ? gone.now : gone.safe).links--
}

function writeBody(body: Body, bytes: Uint8Array, at: number): void {
  makeRoom(body, Math.max(body.sizeBytes, at + bytes.length))
  body.bytes.set(bytes, at)
}

function truncateBody(body: Body, sizeBytes: number): void {
  makeRoom(body, Math.max(body.sizeBytes, sizeBytes))
  body.bytes.fill(0, sizeBytes)
  body.sizeBytes = sizeBytes
}

function makeRoom(body: Body, sizeBytes: number): void {
  if (body.isShared || body.bytes.length < sizeBytes) {
    const bytes = new Uint8Array(
      body.bytes.length < sizeBytes ? Math.max(sizeBytes, body.sizeBytes * 2) : sizeBytes,
    )
    bytes.set(body.bytes.subarray(0, body.sizeBytes))
    body.bytes = bytes
    body.isShared = false
  }
  body.sizeBytes = sizeBytes
}

export function copyImage(image: Image, copyInode: (inode: Inode) => Inode = (inode) => inode): Image {
  image.body.isShared = true
  const entries = new Map([...image.entries].map(([name, inode]) => [name, copyInode(inode)]))
  return { ...image, body: { ...image.body }, entries }
}

export interface NewInode {
  readonly number: number
  readonly device: number
  readonly kind: FileKind
  readonly target?: string
  readonly attributes: Attributes
}

/** Its first image is durable together with its name, and empty. */
export function makeInode({ number, device, kind, target = '', attributes }: NewInode): Inode {
  const image = (): Image => ({
    ...attributes,
    body: { bytes: new Uint8Array(0), sizeBytes: 0, isShared: false },
    entries: new Map(),
    links: 0,
    changed: 0,
  })
  return { number, device, kind, target, now: image(), safe: image() }
}
