// why-not: solves the model with one wish more against the catalogue that is here. Either something keeps it from being
// installed, in words, or it says what would come with it and which other packages would have served.
import { isMossError, unlessRefused } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { formatRelation, parseRelation } from '../manifest/capability.ts'
import { compareSets, type SetChange } from '../manifest/compare-sets.ts'
import { bytesOf } from '../manifest/layout-files.ts'
import { provides } from '../manifest/match.ts'
import { extendUniverse } from '../solve/extended-universe.ts'
import { shellWord } from '../solve/phrases.ts'
import { solveIn } from '../solve/solve.ts'
import { managedPlaces, readInstalled, stateTree } from './installed.ts'
import { readModel } from './model-file.ts'
import { waitingMark } from './imported-mark.ts'
import { followedCatalogue } from './kept-catalogues.ts'

export interface WhyNot {
  readonly verdict: string
  /** Why it cannot be; absent where it can. */
  readonly problem?: string
  /** What would change with it, against what is installed. */
  readonly changes: readonly SetChange[]
  /** Packages that provide it too, and were not chosen. */
  readonly passedOver: readonly string[]
  /** As the command line takes it. */
  readonly subscribe: string
}

export async function explainWhyNot(
  outside: Outside,
  { root, capability }: { readonly root: string; readonly capability: string },
): Promise<WhyNot> {
  const places = managedPlaces(outside, root)
  const wanted = parseRelation(capability)
  const state = stateTree(outside, { places, state: undefined })
  const installed = readInstalled(outside, state).map((each) => ({
    ...each,
    sizeBytes: bytesOf(each.manifest),
  }))
  const asked = capability.trim()
  const subscribe = shellWord(wanted)
  const nothing = { changes: [], passedOver: [], subscribe }
  const here = installed.filter(({ manifest }) => provides(manifest, wanted))
  if (here.length > 0) {
    const names = here.map(({ manifest }) => `${manifest.name} ${manifest.version}`).join(', ')
    return { verdict: `${asked} is installed: ${names}; moss why tells why`, ...nothing }
  }
  const { channel, serial, catalogue } = followedCatalogue(outside, root)
  const { model } = readModel(outside, places)
  const isAsked = model.subscriptions.some((each) => formatRelation(each) === formatRelation(wanted))
  const subscriptions = isAsked ? model.subscriptions : [...model.subscriptions, wanted]
  const universe = extendUniverse(catalogue, installed)
  try {
    const { chosen } = solveIn(universe, { model: { ...model, subscriptions }, installed })
    const candidates = chosen.map(({ candidate }) => candidate)
    const serving = new Set(
      candidates.filter((each) => provides(each.manifest, wanted)).map(({ manifest }) => manifest.name),
    )
    const others = Array.from(universe.find(wanted), (position) => universe.nameOf(position))
    const comes = unlessRefused(() => waitingMark(outside, places))?.packages
    const isWaiting = [...serving].some((name) => comes?.has(name) === true)
    const notYet = isWaiting ? 'it waits in a bundle, for moss apply' : 'no bundle has brought it yet'
    const why = isAsked ? `the model asks for it, and ${notYet}` : 'nothing in the model asks for it'
    return {
      verdict: `${asked} is not installed: ${why}; channel ${channel}, serial ${serial}, has it`,
      changes: compareSets(installed, candidates),
      passedOver: [...new Set(others)].filter((name) => !serving.has(name)),
      subscribe,
    }
  } catch (error) {
    if (!isMossError(error, 'SOLVE_NO_SOLUTION')) throw error
    const problem = `${asked} cannot be installed from channel ${channel}, serial ${serial}: ${error.details.explanation}`
    return { verdict: 'it cannot be installed', problem, ...nothing }
  }
}
