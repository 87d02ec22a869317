// Removes a folder with all that is in it. Every step goes through an open descriptor of the folder above and
// never through a symlink: a tree that was /usr may hold folders that others own and could exchange meanwhile.
// Names are bytes here, so that what is not UTF-8 goes too.
import { closeSync } from 'node:fs'
import { statxBytes } from './folder-look.ts'
import { ioError } from './problem.ts'
import { currentFolder, systemCalls, type SystemCalls } from './system-calls.ts'

interface Item {
  /** Ends with a zero byte. */
  readonly name: Uint8Array
  readonly isFolder: boolean
}

/** `name` is relative to the open folder `above`; `path` is for messages. The item may be absent. */
export function removeItem(above: number, item: Item, path: string): void {
  const calls = systemCalls()
  if (!item.isFolder) {
    if (calls.removeAt(above, item.name, false) < 0) refuse(calls, path)
    return
  }
  emptyFolder(above, item.name, path)
  if (calls.removeAt(above, item.name, true) < 0) refuse(calls, path)
}

function emptyFolder(above: number, name: Uint8Array, path: string): void {
  const calls = systemCalls()
  const folder = openFolder(above, name, path)
  try {
    if (isMountPoint(above, folder, path)) throw ioError('remove', path, 'EBUSY')
    const items = readItems(folder, path)
    for (const item of items) {
      if (!item.isFolder && calls.removeAt(folder, item.name, false) >= 0) continue
      makeWritable(folder, item.name)
      removeItem(folder, item, `${path}/${nameOf(item)}`)
    }
  } finally {
    closeSync(folder)
  }
}

/** For messages. */
const nameOf = ({ name }: Item): string => Buffer.from(name.subarray(0, -1)).toString()

const itself = Uint8Array.of(0)
const attributesAt = 8
const knownAttributesAt = 56
const deviceAt = 136
/** STATX_ATTR_MOUNT_ROOT, of Linux 5.8; before it another device tells, which a folder mounted once more has not. */
const mountRoot = 0x2000

/** What is mounted here is somebody else's, whatever it is part of. */
function isMountPoint(above: number, folder: number, path: string): boolean {
  const look = (descriptor: number): Buffer => {
    const statx = Buffer.alloc(statxBytes)
    if (systemCalls().lookAt(descriptor, itself, statx) < 0) refuse(systemCalls(), path)
    return statx
  }
  const found = look(folder)
  if ((found.readUInt32LE(knownAttributesAt) & mountRoot) !== 0)
    return (found.readUInt32LE(attributesAt) & mountRoot) !== 0
  return above !== currentFolder && look(above).readDoubleLE(deviceAt) !== found.readDoubleLE(deviceAt)
}

const isRoot = (): boolean => process.getuid?.() === 0

function openFolder(above: number, name: Uint8Array, path: string): number {
  const calls = systemCalls()
  const first = calls.openFolderAt(above, name)
  if (first >= 0) return first
  // Root is never kept out by a mode: what does not open is no folder any more, and to change the mode of what stands
  // there now would follow a link.
  if (isRoot()) refuse(calls, path)
  calls.setModeAt(above, name, 0o700)
  const second = calls.openFolderAt(above, name)
  if (second < 0) refuse(calls, path)
  return second
}

/** An ordinary user must be able to write a folder to empty it. */
function makeWritable(folder: number, _name: Uint8Array): void {
  if (!isRoot()) systemCalls().setModeAt(folder, new Uint8Array([0x2e, 0]), 0o700)
}

const folderType = 4
const unknownType = 0

function readItems(folder: number, path: string): Item[] {
  const calls = systemCalls()
  const buffer = Buffer.allocUnsafe(65_536)
  const items: Item[] = []
  for (;;) {
    const size = calls.readFolder(folder, buffer)
    if (size < 0) refuse(calls, path)
    if (size === 0) return items
    for (let at = 0; at < size; at += buffer.readUInt16LE(at + 16)) {
      const end = buffer.indexOf(0, at + 19)
      const name = Uint8Array.from(buffer.subarray(at + 19, end + 1))
      if (
        (name.length === 2 && name[0] === 0x2e) ||
        (name.length === 3 && name[0] === 0x2e && name[1] === 0x2e)
      )
        continue
      const type = buffer[at + 18]
      items.push({
        name,
        isFolder: type === folderType || (type === unknownType && isFolderAt(folder, name)),
      })
    }
  }
}

function isFolderAt(folder: number, name: Uint8Array): boolean {
  const opened = systemCalls().openFolderAt(folder, name)
  if (opened >= 0) closeSync(opened)
  return opened >= 0
}

function refuse(calls: SystemCalls, path: string): never {
  throw ioError('remove', path, calls.problem())
}
