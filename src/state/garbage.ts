// What lies in staging/ and is no state: trees that were let go, and what was cut short. Nothing waits for it: what cannot
// be removed, because something is mounted in it, somebody made it immutable or the disk is rotten there, is told,
// keeps its name, and goes when it can.
import { isMossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import { problemOf } from '../host/problem.ts'
import type { StateParts } from './parts.ts'

type Parts = Pick<StateParts, 'outside' | 'places'>

/** A place in staging/ where nothing is. */
export function freePlace({ outside: { disk }, places }: Parts, name: string): string {
  const first = `${places.staging}/${name}`
  let path = first
  for (let n = 2; disk.lstat(path) !== undefined; n++) path = `${first}-${n}`
  return path
}

export function dropTree({ outside: { disk } }: Parts, path: string, report: Report): void {
  try {
    disk.removeTree(path)
  } catch (error) {
    if (!isMossError(error, 'HOST_IO') && !isMossError(error, 'HOST_NO_SPACE')) throw error
    if (problemOf(error) !== 'EBUSY')
      report({
        phase: 'recover',
        warning: `${error.message}; it is garbage, and goes when it can be removed`,
      })
  }
}

/** Only with no import open: called by recovery, before anything else is begun. */
export function sweepStaging(parts: Parts, report: Report): void {
  const { outside, places } = parts
  for (const { name } of outside.disk.list(places.staging))
    dropTree(parts, `${places.staging}/${name}`, report)
}
