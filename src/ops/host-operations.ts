// The host's verbs as one value for the screens: each reads or does one thing on one root. Loaded when first called,
// so that the first frame waits for none of them.
import { isMossError } from '../base/error.ts'
import type { acceptedBundles } from './accepted-bundles.ts'
import type { Applied, ApplyPlan, ImportedBundle } from './changes.ts'
import type { Diagnosis } from './doctor.ts'
import type { inspectContainer } from './inspect.ts'
import type { KeptCatalogue } from './kept-catalogues.ts'
import type { mediumScanner, MediumScan } from './medium-scan.ts'
import type { changeModel } from './model.ts'
import type { SearchResult } from './search.ts'
import type { exportState } from './state-export.ts'
import type { diffStates, listStates } from './states.ts'
import type { hostStatus } from './status.ts'
import type { showTrust } from './trust-show.ts'
import type { Outside, ReportEvent } from './types.ts'
import type { WhyNot } from './why-not.ts'

export type HostStatus = Awaited<ReturnType<typeof hostStatus>>
export type Inspection = Awaited<ReturnType<typeof inspectContainer>>
export type StateRow = Awaited<ReturnType<typeof listStates>>[number]
export type StateDiff = Awaited<ReturnType<typeof diffStates>>
export type ChangedModel = Awaited<ReturnType<typeof changeModel>>
export type ShownTrust = Awaited<ReturnType<typeof showTrust>>
export type ExportedState = Awaited<ReturnType<typeof exportState>>

export interface HostOperations {
  readonly root: string
  nowMs(): number
  status(): Promise<HostStatus>
  scan(named: readonly string[]): Promise<MediumScan>
  inspect(file: string): Promise<Inspection>
  /** For the bundle that waits, or for one that is not taken in yet. */
  plan(from: string | undefined): Promise<ApplyPlan>
  verify(file: string, report: ReportEvent): Promise<readonly string[]>
  import(file: string, report: ReportEvent): Promise<ImportedBundle>
  apply(plan: ApplyPlan, report: ReportEvent): Promise<Applied>
  planRollback(state: number): Promise<ApplyPlan>
  rollback(plan: ApplyPlan, report: ReportEvent): Promise<Applied>
  states(): Promise<readonly StateRow[]>
  diff(request: { readonly from: number; readonly to: number; readonly files: boolean }): Promise<StateDiff>
  recover(): Promise<readonly string[]>
  exportState(to: string): Promise<ExportedState>
  /** What has all of the words; without any, all that the channel offers. `isFresh`: the catalogue is read anew. */
  seek(words: string, isFresh: boolean): Promise<SearchResult>
  explain(name: string): Promise<WhyNot>
  diagnose(): Promise<Diagnosis>
  /** Throws TRUST_FINGERPRINT unless `expect` is that of the root. */
  trust(expect: string | undefined): Promise<ShownTrust>
  /** Subscribes to a package, or not any more. */
  wish(name: string, isWanted: boolean): Promise<ChangedModel>
}

/** `home`: of the station that this machine is too; Doctor looks at it. */
export function hostOperations(
  outside: Outside,
  { root, home }: { readonly root: string; readonly home?: string },
): HostOperations {
  let scanner: ReturnType<typeof mediumScanner> | undefined
  let accepted: ReturnType<typeof acceptedBundles> | undefined
  let catalogue: KeptCatalogue | undefined
  return {
    root,
    nowMs: () => outside.nowMs(),
    status: async () => (await import('./status.ts')).hostStatus(outside, { root }),
    scan: async (named) => {
      scanner ??= (await import('./medium-scan.ts')).mediumScanner(outside)
      accepted ??= (await import('./accepted-bundles.ts')).acceptedBundles(outside, root)
      return scanner({ host: await thisHost(outside, root), accepted: accepted(), named })
    },
    inspect: async (file) => (await import('./inspect.ts')).inspectContainer(outside, { file }),
    plan: async (from) =>
      (await import('./apply.ts')).planApply(outside, { root, from, withChangelogs: true }),
    verify: async (file, report) => {
      const { verifyContainers } = await import('./verify.ts')
      // No station's home is asked for: a managed root has a trusted root of its own.
      return (await verifyContainers(outside, { files: [file], root, home: root }, report)).checked
    },
    import: async (file, report) => {
      const { importBundles } = await import('./import.ts')
      const [bundle] = (await importBundles(outside, { root, files: [file] }, report)).bundles
      if (bundle === undefined) throw new Error('broken promise: an import tells of each file')
      return bundle
    },
    apply: async (plan, report) => (await import('./apply.ts')).executeApply(outside, plan, report),
    planRollback: async (state) =>
      (await import('./rollback.ts')).planRollback(outside, { root, state: `${state}`, withModel: false }),
    rollback: async (plan, report) => (await import('./rollback.ts')).executeRollback(outside, plan, report),
    states: async () => (await import('./states.ts')).listStates(outside, { root }),
    diff: async ({ from, to, files }) =>
      (await import('./states.ts')).diffStates(outside, { root, from: `${from}`, to: `${to}`, files }),
    recover: async () =>
      (await (await import('./recover.ts')).recoverHost(outside, { root, moment: undefined })).actions,
    seek: async (words, isFresh) => {
      const { followedCatalogue } = await import('./kept-catalogues.ts')
      const { searchIn } = await import('./search.ts')
      if (isFresh || catalogue === undefined) catalogue = followedCatalogue(outside, root)
      return searchIn(outside, {
        root,
        kept: catalogue,
        words: words.split(/\s+/).filter((word) => word !== ''),
      })
    },
    explain: async (name) =>
      (await import('./why-not.ts')).explainWhyNot(outside, { root, capability: name }),
    diagnose: async () =>
      (await import('./doctor.ts')).examine(outside, { root, ...(home !== undefined && { home }) }),
    trust: async (expect) => (await import('./trust-show.ts')).showTrust(outside, { root, expect }),
    wish: async (name, isWanted) => {
      const { changeModel } = await import('./model.ts')
      return changeModel(outside, { root, [isWanted ? 'subscribe' : 'unsubscribe']: [name] })
    },
    exportState: async (to) => (await import('./state-export.ts')).exportState(outside, { root, to }),
  }
}

/** Undefined where there is no managed root yet: media can be looked at all the same. */
async function thisHost(outside: Outside, root: string): Promise<HostStatus['host'] | undefined> {
  try {
    return (await (await import('./status.ts')).hostStatus(outside, { root })).host
  } catch (error) {
    if (isMossError(error)) return undefined
    throw error
  }
}
