// Whether the current tree still is what its state says: each entry of the packages' layouts in its place and of its
// kind, files with the content they had, and nothing that no package owns. It reads all of usr and changes nothing.
import type { Report } from '../base/progress.ts'
import type { StateRecord } from '../state/record.ts'
import { digestOfFile, walkTree } from '../state/tree-digest.ts'
import { manifestsPath, recordPath } from '../state/places.ts'
import { mergeLayouts } from '../manifest/merged-layout.ts'
import type { LayoutEntry } from '../manifest/manifest.ts'
import type { HostSession } from './host.ts'
import { readInstalled } from './installed.ts'

/** One sentence each. */
export async function findInTree(
  { outside, places }: HostSession,
  record: StateRecord,
  report: Report,
): Promise<readonly string[]> {
  const packages = readInstalled(outside, { tree: places.usr, record })
  const wanted = new Map(mergeLayouts(packages).entries.map(({ entry }) => [entry.path, entry]))
  const made = new Map(record.made.map((file) => [file.path, file]))
  const totalItems = wanted.size
  const findings: string[] = []
  let doneItems = 0
  for (const below of walkTree(outside.disk, places.usr)) {
    const path = `usr${below}`
    const entry = wanted.get(path) ?? made.get(path)
    wanted.delete(path)
    const problem = isOwn(path) ? undefined : problemOf(outside, `${places.usr}${below}`, entry)
    if (problem !== undefined) findings.push(`/${path} ${problem}`)
    if (++doneItems % 256 === 0) {
      report({ phase: 'check state', doneItems: Math.min(doneItems, totalItems), totalItems })
      await outside.turn()
    }
  }
  for (const path of wanted.keys()) findings.push(`/${path} is missing`)
  return findings.sort()
}

/** What moss itself keeps in a tree. */
const isOwn = (path: string): boolean =>
  `usr/${manifestsPath}/`.startsWith(`${path}/`) ||
  path === `usr/${recordPath}` ||
  path.startsWith(`usr/${manifestsPath}/`)

interface Made {
  readonly kind?: undefined
  readonly content: string
  readonly sizeBytes: number
}

function problemOf(
  { disk }: HostSession['outside'],
  path: string,
  entry: LayoutEntry | Made | undefined,
): string | undefined {
  const stat = disk.lstat(path)
  if (stat === undefined) return 'vanished while being checked'
  if (entry === undefined) return `is a ${stat.kind} that no package owns`
  if (stat.kind !== (entry.kind ?? 'file')) return `is a ${stat.kind}, not a ${entry.kind ?? 'file'}`
  if (entry.kind === 'folder') return undefined
  if (entry.kind === 'symlink')
    return disk.readLink(path) === entry.target ? undefined : `points elsewhere than to ${entry.target}`
  const isSame = stat.sizeBytes === entry.sizeBytes && digestOfFile(disk, path) === entry.content
  return isSame ? undefined : 'has been changed'
}
