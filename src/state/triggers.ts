// Runs the staged state's own programs over the staged tree, in private namespaces, on an overlay whose lower is
// that tree: it cannot be changed. What appears in the upper becomes assets and is recorded in the state; changing or
// removing what a package owns aborts. The overlay's /etc is the packages' factory, never the machine's own.
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { CommandResult } from '../host/outside.ts'
import { type TreeSite, placeFile } from './build-tree.ts'
import { factoryPath } from './places.ts'
import type { MadeFile, TriggerResult } from './record.ts'
import { walkTree } from './tree-digest.ts'
import { type TreePlan, planMade } from './tree-plan.ts'

export interface TriggersRun {
  readonly results: readonly TriggerResult[]
  readonly made: readonly MadeFile[]
}

/** Where ldconfig may lie; the plain program before a wrapper around it. */
const programs = ['usr/sbin/ldconfig.real', 'usr/sbin/ldconfig', 'usr/bin/ldconfig']

const madeBytes = 256 * 1024 * 1024

/** The script's own exit codes: nothing could be run here, or the trigger itself failed. */
const notPossible = 90

const prepare = `
possible() { "$@" 2>&1 || { echo "cannot run: $*"; exit ${notPossible}; }; }
possible mkdir -p trigger made
possible mount -t tmpfs -o mode=0755 moss trigger
cd trigger || exit ${notPossible}
possible mkdir upper work root root/usr
possible mount -t overlay -o lowerdir=../usr,upperdir=upper,workdir=work,redirect_dir=off,metacopy=off moss root/usr
for name in bin sbin lib lib64; do possible ln -s "usr/$name" "root/$name"; done
possible ln -s usr/${factoryPath}/etc root/etc
`
const runLdconfig = `
chroot root "/$1" -X -i -C /usr/lib/ld.so.cache 2>&1 || exit 91
cp -a upper/. ../made/ || exit 92
`

/** Makes and places what the triggers of this tree make. Throws TRIGGER_FAILED. */
export async function runTriggers(site: TreeSite, plan: TreePlan, report: Report): Promise<TriggersRun> {
  const present = new Set(plan.files.map(({ path }) => path))
  const program = programs.find((path) => present.has(path))
  if (program === undefined) return { results: [], made: [] }
  report({ phase: 'triggers', item: 'ldconfig' })
  const skipped = await attempt(site, program)
  if (skipped !== undefined) {
    report({ phase: 'triggers', item: 'ldconfig', warning: `ldconfig was skipped: ${skipped}` })
    return { results: [{ name: 'ldconfig', outcome: 'skipped', note: skipped }], made: [] }
  }
  const made = collectMade(site, plan, 'ldconfig')
  await takeIn(site, made)
  for (const { file } of made) placeFile(site, planMade(file))
  clearWork(site)
  return { results: [{ name: 'ldconfig', outcome: 'done', note: '' }], made: made.map(({ file }) => file) }
}

/** Why it could not be run here; undefined when it ran well. */
async function attempt(site: TreeSite, program: string): Promise<string | undefined> {
  if (site.outside.userId !== 0) return 'it needs root'
  const result = await runScript(site, program)
  if (result.unsupported !== undefined) return result.unsupported
  if (result.exitCode === 0) return undefined
  clearWork(site)
  const output = result.output.trim()
  if (result.exitCode === notPossible) return lastLine(output)
  throw new MossError('TRIGGER_FAILED', {
    trigger: 'ldconfig',
    output: output === '' ? `exit code ${result.exitCode ?? 'none'}` : lastLine(output),
  })
}

const runScript = ({ outside, folder }: TreeSite, program: string): Promise<CommandResult> =>
  outside.run({
    program: '/bin/sh',
    arguments: ['-c', prepare + runLdconfig, 'sh', program],
    folder,
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    isolated: true,
    timeoutMs: 120_000,
  })

const lastLine = (output: string): string => output.slice(output.lastIndexOf('\n') + 1).slice(0, 1000)

interface Found {
  readonly file: MadeFile
  readonly bytes: Uint8Array
}

/** What the upper holds. Folders appear there because something in them did. */
function collectMade(site: TreeSite, plan: TreePlan, trigger: string): readonly Found[] {
  const { disk } = site.outside
  const from = `${site.folder}/made`
  const folders = new Set(plan.folders.map(({ path }) => path))
  const packaged = new Set([...plan.files, ...plan.symlinks].map(({ path }) => path))
  const found: Found[] = []
  for (const below of walkTree(disk, from)) {
    const path = `usr${below}`
    const stat = disk.lstat(`${from}${below}`)
    if (stat?.kind === 'folder' && folders.has(path)) continue
    if (stat?.kind !== 'file' || packaged.has(path))
      throw new MossError('TRIGGER_FAILED', { trigger, output: `it changes or removes ${path}` })
    const bytes = disk.readFile(`${from}${below}`, madeBytes)
    const content = digestOf<ContentDigest>(bytes)
    const mode = stat.mode & 0o755
    found.push({ file: { path, trigger, content, sizeBytes: bytes.length, mode }, bytes })
  }
  return found
}

async function takeIn({ store }: TreeSite, made: readonly Found[]): Promise<void> {
  const wanted = made.map(({ file, bytes }) => ({ file: planMade(file), bytes }))
  const lacking = wanted.filter(({ file, bytes }) => bytes.length > 0 && !store.hasAsset(file.asset))
  if (lacking.length === 0) return
  using intake = store.beginImport('triggers')
  for (const { file, bytes } of lacking) {
    const { content, sizeBytes } = file.description
    if (!intake.hasContent(content)) {
      intake.create(content, sizeBytes).write(bytes, 0)
      await intake.finish(content)
    }
    intake.addAsset(file.description)
  }
  intake.commit()
}

function clearWork({ outside: { disk }, folder }: TreeSite): void {
  disk.removeTree(`${folder}/made`)
  disk.removeTree(`${folder}/trigger`)
}
