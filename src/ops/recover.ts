// recover: opening a root for writing finishes or discards what a power cut left; this says what that was.
import { silent } from '../base/progress.ts'
import type { Outside } from '../host/outside.ts'
import { openHost } from './host.ts'

export async function recoverHost(outside: Outside, { root }: { readonly root: string }) {
  using host = await openHost(outside, { root, report: silent })
  const { recovery } = host
  const actions =
    recovery.kind === 'nothing'
      ? []
      : recovery.kind === 'finished'
        ? [`finished the transaction to state ${recovery.state}`]
        : [`discarded state ${recovery.attempted}, which was not complete; nothing was lost`]
  return { actions, current: host.states.current().number }
}
