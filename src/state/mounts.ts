// What is mounted below usr goes away with the tree that is replaced, into states/, and comes into a tree that is to be
// removed. So nothing is replaced by hand while there is such a mount. Going back by itself does not wait for one: what
// is mounted stays in the tree that failed, which is not taken apart until it is gone.
import { isMossError, MossError } from '../base/error.ts'
import { problemOf } from '../host/problem.ts'
import type { StateParts } from './parts.ts'

/** Throws STATE_MOUNTED. */
export function assertNothingMounted({ outside, places }: Pick<StateParts, 'outside' | 'places'>): void {
  const [path] = outside.disk.mountsBelow(places.usr)
  if (path !== undefined) throw new MossError('STATE_MOUNTED', { path })
}

/** A tree that was moved aside. What has a mount in it stays until the next time. */
export function dropTree({ outside: { disk } }: Pick<StateParts, 'outside'>, path: string): void {
  try {
    disk.removeTree(path)
  } catch (error) {
    if (!isMossError(error, 'HOST_IO') || problemOf(error) !== 'EBUSY') throw error
  }
}
