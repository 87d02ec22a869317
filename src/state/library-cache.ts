// The cache of libraries at etc/ld.so.cache names what is in usr. States of moss have their own in their tree, to which a link
// leads; a system that was taken over has a file, which is of state 0 alone. While another state is current the file lies in
// `.moss/adopted`, and comes back with state 0. Each step can be cut short and done again.
import type { Disk } from '../host/disk.ts'
import { moveIntoPlace, writeDurably } from '../host/durable.ts'
import { isAdopted, type StateParts } from './parts.ts'
import { adoptedRecord, type Places } from './places.ts'

export const cacheLink = '../usr/lib/ld.so.cache'
const cacheBytes = 64 * 1024 * 1024

export function settleLibraryCache({ outside, places }: Pick<StateParts, 'outside' | 'places'>): void {
  const { disk } = outside
  if (disk.lstat(adoptedRecord(places)) === undefined) return
  const cache = `${places.etc}/ld.so.cache`
  const kept = `${places.adopted}/ld.so.cache`
  if (isAdopted({ outside, places }, places.usr)) {
    if (disk.lstat(kept) === undefined) return
    if (isOurLink(disk, cache)) copyFile(disk, kept, cache)
    disk.remove(kept)
    disk.syncFolder(places.adopted)
    return
  }
  if (disk.lstat(cache)?.kind !== 'file' || !hasOwnCache(disk, places)) return
  if (disk.lstat(kept) === undefined) copyFile(disk, cache, kept)
  const link = `${cache}.moss-new`
  if (disk.lstat(link) !== undefined) disk.remove(link)
  disk.makeSymlink(cacheLink, link)
  moveIntoPlace(disk, [{ from: link, to: cache, replaces: true }])
}

const hasOwnCache = (disk: Disk, { usr }: Places): boolean =>
  disk.lstat(`${usr}/lib/ld.so.cache`)?.kind === 'file'

const isOurLink = (disk: Disk, path: string): boolean =>
  disk.lstat(path)?.kind === 'symlink' && disk.readLink(path) === cacheLink

function copyFile(disk: Disk, from: string, to: string): void {
  const stat = disk.lstat(from)
  writeDurably(disk, to, disk.readFile(from, cacheBytes), { mode: stat?.mode ?? 0o644, replace: true })
  if (stat !== undefined) disk.setModified(to, stat.mtimeMs)
}
