// What is mounted where, as the kernel tells it to this process. Nothing where it tells nothing.
import { readFileSync, realpathSync } from 'node:fs'
import { attempt } from './linux-file.ts'

const table = '/proc/self/mountinfo'

/** Mount points inside the folder, not the folder itself; a file may be one as well. Sorted. */
export function mountsBelow(folder: string): readonly string[] {
  const inside = `${attempt('look at', folder, () => realpathSync(folder)).replace(/\/$/, '')}/`
  return [...new Set(mountPoints())].filter((point) => point.startsWith(inside)).toSorted()
}

function mountPoints(): readonly string[] {
  try {
    return readFileSync(table, 'utf8').split('\n').map(pointOf)
  } catch {
    return []
  }
}

/** The fifth word of a line; blanks and backslashes in it are written as octal numbers. */
const pointOf = (line: string): string =>
  (line.split(' ')[4] ?? '').replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
