// What is mounted where, as the kernel tells it to this process. Nothing where it tells nothing.
import { readFileSync, realpathSync } from 'node:fs'
import { attempt } from './linux-file.ts'

const table = '/proc/self/mountinfo'

/** Mount points inside the folder, not the folder itself; a file may be one as well. Sorted. */
export function mountsBelow(folder: string): readonly string[] {
  const inside = `${attempt('look at', folder, () => realpathSync(folder)).replace(/\/$/, '')}/`
  const points = new Set(mounts().map(({ point }) => point))
  return [...points].filter((point) => point.startsWith(inside)).toSorted()
}

/** What kind of filesystem is mounted at this folder itself, such as `ext4`, the last if several are; undefined where none is. */
export function mountedAt(folder: string): string | undefined {
  const place = attempt('look at', folder, () => realpathSync(folder))
  return mounts().findLast(({ point }) => point === place)?.kind
}

interface Mount {
  readonly point: string
  readonly kind: string
}

function mounts(): readonly Mount[] {
  try {
    return readFileSync(table, 'utf8').trimEnd().split('\n').map(mountOf)
  } catch {
    return []
  }
}

/** The fifth word of a line, and the first behind the dash; blanks and backslashes are written as octal numbers. */
function mountOf(line: string): Mount {
  const [before = '', after = ''] = line.split(' - ')
  const point = (before.split(' ')[4] ?? '').replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
  return { point, kind: after.split(' ')[0] ?? '' }
}
