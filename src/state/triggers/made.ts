// What a trigger made, as its overlay's upper shows it: new files, folders and links become entries of the state, files
// as assets. Anything else there is a change of what packages own, and stops the transaction.
import { MossError } from '../../base/error.ts'
import type { ContentDigest } from '../../base/ids.ts'
import type { FileStat } from '../../host/disk.ts'
import { windowsOf } from '../../host/windows.ts'
import { checkPath } from '../../manifest/path.ts'
import { placeFile, placeSymlink, type TreeSite } from '../build-tree.ts'
import type { MadeEntry } from '../record.ts'
import { digestOfFile } from '../../host/whole-files.ts'
import { walkTree } from '../tree-digest.ts'
import { planMade } from '../tree-plan.ts'

/** Of what a trigger makes neither setuid nor writing by others is kept. */
const keptMode = 0o755

const mostMade = 100_000

/** The folder in which world.ts leaves what was made. */
export const madeFolder = ({ folder }: TreeSite): string => `${folder}/made`

interface Asked {
  readonly trigger: string
  /** Attributes of the folders of the tree. */
  readonly folders: ReadonlyMap<string, FolderAttributes>
}

type FolderAttributes = Pick<FileStat, 'mode' | 'uid' | 'gid'>

/** Parents before children. Throws TRIGGER_FAILED. */
export function collectMade(site: TreeSite, asked: Asked): readonly MadeEntry[] {
  const { trigger } = asked
  const made: MadeEntry[] = []
  for (const below of walkTree(site.outside.disk, madeFolder(site))) {
    if (below === '') continue
    const entry = madeEntry(site, `usr${below}`, asked)
    if (entry !== undefined) made.push(entry)
    if (made.length > mostMade) refuse(trigger, `it makes more than ${mostMade} files`)
  }
  return made
}

/** Undefined for a folder of the tree in which something was made. */
function madeEntry(site: TreeSite, path: string, { trigger, folders }: Asked): MadeEntry | undefined {
  const { disk } = site.outside
  const from = `${madeFolder(site)}${path.slice('usr'.length)}`
  const stat = disk.lstat(from)
  const before = disk.lstat(`${site.folder}/${path}`)
  if (stat?.kind === 'folder' && before?.kind === 'folder') {
    if (![before, folders.get(path)].some((known) => hasAttributes(stat, known)))
      refuse(trigger, `it changes ${path}`)
    return undefined
  }
  if (before !== undefined) return refuse(trigger, `it changes or removes ${path}`)
  const problem = checkPath(path)
  if (problem !== undefined) refuse(trigger, `it makes ${path}, which ${problem}`)
  const mode = (stat?.mode ?? 0) & keptMode
  if (stat?.kind === 'folder') return { kind: 'folder', path, trigger, mode }
  if (stat?.kind === 'symlink') return { kind: 'symlink', path, trigger, target: disk.readLink(from) }
  if (stat?.kind !== 'file') return refuse(trigger, `it makes ${path}, which is no file, folder or link`)
  const content = digestOfFile<ContentDigest>(disk, from)
  return { kind: 'file', path, trigger, content, sizeBytes: stat.sizeBytes, mode }
}

const hasAttributes = ({ mode, uid, gid }: FileStat, known: FolderAttributes | undefined): boolean =>
  mode === known?.mode && uid === known.uid && gid === known.gid

/** Into the store, then into the tree. Made folders stay open to writing until the tree is finished. */
export async function placeMade(site: TreeSite, made: readonly MadeEntry[]): Promise<void> {
  await takeIn(site, made)
  const { disk } = site.outside
  for (const entry of made) {
    const path = `${site.folder}/${entry.path}`
    if (entry.kind === 'folder') disk.makeFolder(path, 0o700)
    else if (entry.kind === 'symlink') placeSymlink(site, entry)
    else placeFile(site, planMade(entry))
  }
}

async function takeIn(site: TreeSite, made: readonly MadeEntry[]): Promise<void> {
  const { store } = site
  const { disk } = site.outside
  const lacking = made.flatMap((entry) => {
    if (entry.kind !== 'file' || entry.sizeBytes === 0) return []
    const { asset, description } = planMade(entry)
    return store.hasAsset(asset)
      ? []
      : [{ description, from: `${madeFolder(site)}${entry.path.slice('usr'.length)}` }]
  })
  if (lacking.length === 0) return
  using intake = store.beginImport('triggers')
  for (const { description, from } of lacking) {
    const { content, sizeBytes } = description
    if (!intake.hasContent(content)) {
      const body = intake.create(content, sizeBytes)
      using file = disk.open(from, 'read')
      let at = 0
      for (const window of windowsOf(file)) {
        body.write(window, at)
        at += window.length
      }
      await intake.finish(content)
    }
    intake.addAsset(description)
  }
  intake.commit()
}

function refuse(trigger: string, output: string): never {
  throw new MossError('TRIGGER_FAILED', { trigger, output })
}
