// Runs the staged state's own programs over the staged tree, in private namespaces, on an overlay whose lower is
// that tree: it cannot be changed. What appears in the upper is recorded in the state, files as assets; changing or
// removing what a package owns aborts. The overlay's /etc is the packages' factory, never the machine's own. States are
// stateless: what a trigger makes must be in each, so a trigger runs wherever the tree has what it is about.
import { isMossError, MossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import { comparePaths } from '../manifest/path.ts'
import type { TreeSite } from './build-tree.ts'
import type { MadeEntry, TriggerResult } from './record.ts'
import type { TriggerRun } from './tables.ts'
import type { TreePlan } from './tree-plan.ts'
import { isAbout, triggersOf } from './triggers/choose.ts'
import { collectMade, madeFolder, placeMade } from './triggers/made.ts'
import { tellTroubles } from './triggers/tell.ts'
import { runOverTree } from './triggers/world.ts'
import type { Trigger } from '../manifest/trigger.ts'

export interface TriggersRequest {
  readonly site: TreeSite
  readonly plan: TreePlan
  /** Seconds since 1970: of the state. */
  readonly created: number
  readonly report: Report
  /** Is told how they went, also when one of them failed. */
  readonly keep: (runs: readonly TriggerRun[]) => void
}

/** Of the state's record. */
const mostNote = 1024

export interface TriggersRun {
  /** None of them failed. */
  readonly results: readonly TriggerResult[]
  /** Sorted by path. */
  readonly made: readonly MadeEntry[]
}

/** Makes and places what the triggers of this tree make. Throws TRIGGER_INVALID, TRIGGER_FAILED. */
export async function runTriggers(request: TriggersRequest): Promise<TriggersRun> {
  const { site, plan, report, keep } = request
  const runs: TriggerRun[] = []
  const made: MadeEntry[] = []
  const triggers = triggersOf(site.outside.disk, site.folder).filter(({ scope }) => scope === 'transaction')
  try {
    for (const trigger of triggers) {
      if (!isAbout(trigger, pathsIn(plan, made))) continue
      report({ phase: 'triggers', item: trigger.name })
      const blocked = runs.find(({ outcome }) => outcome === 'skipped')
      if (blocked === undefined) made.push(...(await runOne(request, trigger, runs)))
      else runs.push({ ...blocked, name: trigger.name })
    }
  } finally {
    keep(runs)
  }
  tellTroubles(runs, report)
  const results = runs.map(({ name, outcome, note }) => ({
    name,
    outcome: outcome === 'skipped' ? outcome : ('done' as const),
    note: note.slice(0, mostNote).toWellFormed(),
  }))
  return { results, made: made.toSorted((a, b) => comparePaths(a.path, b.path)) }
}

function* pathsIn({ files, symlinks }: TreePlan, made: readonly MadeEntry[]): Generator<string> {
  for (const { path } of files) yield path
  for (const { path } of symlinks) yield path
  for (const { path, kind } of made) if (kind !== 'folder') yield path
}

/** What it made is in the tree when this returns. */
async function runOne(
  { site, plan, created }: TriggersRequest,
  trigger: Trigger,
  runs: TriggerRun[],
): Promise<readonly MadeEntry[]> {
  const { name } = trigger
  const end = await runOverTree(site.outside, site.folder, { trigger, created })
  const output = end.kind === 'impossible' ? '' : end.output
  const told = (outcome: TriggerRun['outcome'], note: string): void =>
    void runs.push({ name, scope: 'transaction', outcome, note, output })
  const folders = new Map(plan.folders.map((folder) => [folder.path, folder]))
  try {
    if (end.kind === 'failed') throw new MossError('TRIGGER_FAILED', { trigger: name, output: end.note })
    const made = end.kind === 'done' ? collectMade(site, { trigger: name, folders }) : []
    await placeMade(site, made)
    if (end.kind === 'impossible') told('skipped', end.note)
    else told('done', '')
    return made
  } catch (error) {
    if (isMossError(error, 'TRIGGER_FAILED')) told('failed', error.details.output)
    throw error
  } finally {
    clearWork(site)
  }
}

function clearWork(site: TreeSite): void {
  const { disk } = site.outside
  disk.removeTree(madeFolder(site))
  disk.removeTree(`${site.folder}/trigger`)
}
