// What the machine refused, or has no room for.
import { display } from '../display.ts'
import { exits } from '../exits.ts'
import { formatBytes, formatCount, plural } from '../format.ts'
import { type Entry, entry } from './entry.ts'

export const machineCodes = {
  HOST_IO: entry<{ action: string; path: string; problem: string }>(
    exits.failed,
    (d) => `cannot ${d.action} ${display(d.path)}: ${display(d.problem)}`,
    () =>
      'nothing is lost: see that it is there and may be read and written, then try again; what was begun is finished or undone first',
  ),
  HOST_NO_SPACE: entry<{
    path: string
    neededBytes?: number
    freeBytes?: number
    neededInodes?: number
    freeInodes?: number
  }>(
    exits.noRoom,
    (d) =>
      d.neededBytes !== undefined
        ? `${display(d.path)} needs ${formatBytes(d.neededBytes)}, ${formatBytes(d.freeBytes ?? 0)} are free`
        : d.neededInodes !== undefined
          ? `${display(d.path)} needs ${plural(d.neededInodes, 'inode')}, ${formatCount(d.freeInodes ?? 0)} are free`
          : `no space left for ${display(d.path)}`,
    () =>
      'nothing is lost: free some space there and run the same command again; moss gc gives back what the store no longer needs, and if it says this itself, remove a file of yours first',
  ),
  NETWORK_FAILED: entry<{ address: string; problem: string; isFinal?: boolean }>(
    exits.failed,
    (d) => `cannot fetch ${display(d.address)}: ${display(d.problem)}`,
    () =>
      'see that the address is right and this machine reaches it, then run the same command again: it goes on from what came',
  ),
  HOST_UNSUPPORTED: entry<{ path: string; problem: string; remedy?: string }>(
    exits.failed,
    (d) => `${display(d.path)} cannot be managed: ${display(d.problem)}`,
    (d) =>
      d.remedy ??
      'use a folder on a local filesystem such as ext4, XFS, btrfs or tmpfs, that is not a lower layer of an overlay and has no mount at usr',
  ),
  STATE_MOUNTED: entry<{ path: string }>(
    exits.failed,
    (d) => `something is mounted at ${display(d.path)}, and would go away with the tree that is replaced`,
    () => 'nothing was changed: unmount it, and mount it outside /usr, or again afterwards',
  ),
  STATE_LOCKED: entry<{ path: string }>(
    exits.busy,
    (d) =>
      d.path.endsWith('/.pwd.lock')
        ? `another program is changing the users in ${display(d.path.replace(/\.pwd\.lock$/, 'passwd'))}`
        : `another moss is changing ${display(d.path.replace(/\/(\.moss\/)?lock$/, ''))}`,
    () => 'wait until it has finished, then run the same command again',
  ),
} as const satisfies Record<string, Entry<never>>
