// The lines of a folder such as sysusers.d: of the state's own files in usr/lib, of the machine's in run and etc. A file
// in etc hides the one of the same name in run and in usr/lib, one in run the one in usr/lib; a link to /dev/null hides it
// and says nothing. Files come in the order of their names, whichever folder they lie in.
import { compareText, decodeUtf8 } from '../base/bytes.ts'
import { inRoot, isForeign, isReachable, type Reach } from './reach.ts'

export interface ConfigLine {
  /** For messages: `usr/lib/sysusers.d/foo.conf:3`. */
  readonly place: string
  /** Neither empty nor a comment, without white space around it. */
  readonly text: string
}

export interface DropIns {
  readonly lines: readonly ConfigLine[]
  /** What was not read, a sentence each. */
  readonly problems: readonly string[]
}

const mostBytes = 1024 * 1024

/** The first one wins. */
const homes = ['etc', 'run', 'usr/lib']

export function readDropIns(reach: Reach, name: 'sysusers.d' | 'tmpfiles.d'): DropIns {
  const { disk } = reach.outside
  const problems: string[] = []
  const pathOf = new Map<string, string>()
  for (const folder of homes.map((home) => `${home}/${name}`)) {
    const kind = disk.lstat(inRoot(reach, folder))?.kind
    if (kind === undefined) continue
    if (kind !== 'folder' || !isReachable(reach, `${folder}/-`)) {
      problems.push(`${folder} is not read: it is no folder that only root can change`)
      continue
    }
    for (const entry of disk.list(inRoot(reach, folder)))
      if (entry.name.endsWith('.conf') && !pathOf.has(entry.name))
        pathOf.set(entry.name, `${folder}/${entry.name}`)
  }
  const lines: ConfigLine[] = []
  for (const [, path] of [...pathOf].toSorted(([a], [b]) => compareText(a, b))) {
    const text = readText(reach, path)
    if (text === undefined)
      problems.push(`${path} is not read: it is no text file of at most 1 MiB that only root can change`)
    else lines.push(...linesOf(path, text))
  }
  return { lines, problems }
}

function readText(reach: Reach, path: string): string | undefined {
  const { disk } = reach.outside
  const at = inRoot(reach, path)
  const stat = disk.lstat(at)
  if (stat?.kind === 'symlink') return disk.readLink(at) === '/dev/null' ? '' : undefined
  if (stat?.kind !== 'file' || stat.sizeBytes > mostBytes || isForeign(reach, stat)) return undefined
  const text = decodeUtf8(disk.readFile(at, mostBytes))
  return text?.includes('\0') === true ? undefined : text
}

const linesOf = (path: string, text: string): readonly ConfigLine[] =>
  text
    .split('\n')
    .map((line, index) => ({ place: `${path}:${index + 1}`, text: line.replace(/^[ \t\r]+|[ \t\r]+$/g, '') }))
    .filter(({ text: line }) => line !== '' && !line.startsWith('#'))
