// What is mounted below usr goes away with the tree that is replaced, into states/, and comes into a tree that is to be
// removed. So nothing is replaced by hand while there is such a mount. Going back by itself does not wait for one: what
// is mounted stays in the tree that failed, which is not taken apart until it is gone.
import { MossError } from '../base/error.ts'
import type { StateParts } from './parts.ts'

/** Throws STATE_MOUNTED. */
export function assertNothingMounted({ outside, places }: Pick<StateParts, 'outside' | 'places'>): void {
  const [path] = outside.disk.mountsBelow(places.usr)
  if (path !== undefined) throw new MossError('STATE_MOUNTED', { path })
}
