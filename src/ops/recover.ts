// recover: opening a root for writing finishes or discards what a power cut left; this says what that was. At boot it also
// counts, and when the machine is up it confirms the state or goes back.
import { silent } from '../base/progress.ts'
import type { Outside } from '../host/outside.ts'
import type { Health } from '../state/health-rule.ts'
import { type HostSession, openHost } from './host.ts'
import { sayHealth, sayPublished } from './publish.ts'
import { settleLast } from './receipt.ts'
import type { ReportEvent } from './types.ts'

type BootMoment = 'booting' | 'up' | 'late'

export interface RecoverHost {
  readonly root: string
  /**
   * `booting`: early, nothing is checked. `up`: user space is reached. `late`: it should have been, nothing is checked any
   * more. Undefined: only what a power cut left.
   */
  readonly moment: BootMoment | undefined
}

export interface Recovered {
  /** In words. */
  readonly actions: readonly string[]
  readonly current: number
  readonly health?: Health
  /** False where the machine did not let all of /etc and /var be written. */
  readonly isDelivered: boolean
}

export async function recoverHost(
  outside: Outside,
  { root, moment }: RecoverHost,
  report: ReportEvent = silent,
): Promise<Recovered> {
  using host = await openHost(outside, { root, report, isBooting: moment === 'booting' || moment === 'late' })
  const found = host.recovery.kind === 'finished' ? host.recovery.published.health : undefined
  const done = moment === undefined ? undefined : await settle(host, moment, report)
  const current = host.states.current().number
  const health = found?.kind === 'back' ? found : (done?.health ?? found)
  return {
    actions: [...new Set([...sayRecovery(host), ...(done?.actions ?? [])])],
    current,
    isDelivered: host.states.isDelivered(),
    ...(health !== undefined && { health }),
  }
}

function sayRecovery(host: HostSession): readonly string[] {
  const { recovery } = host
  if (recovery.kind === 'nothing') return []
  if (recovery.kind === 'put-back')
    return recovery.records.map(
      (number) =>
        `put the record of state ${number} back, which was missing or spoiled: moss verify tells what else is`,
    )
  return recovery.kind === 'finished'
    ? [`finished the transaction to state ${recovery.state}`, ...sayPublished(host, recovery.published)]
    : [`discarded state ${recovery.attempted}, which was not complete; nothing was lost`]
}

async function settle(host: HostSession, moment: BootMoment, report: ReportEvent) {
  const before = host.states.current()
  const wasConfirmed = host.states.health(before.number).isConfirmed
  const health = await host.states.settleHealth(moment, report)
  settleLast(host)
  const record = host.states.current()
  const isNews = health.kind === 'confirmed' && !wasConfirmed
  const actions = isNews
    ? [`confirmed state ${record.number}`]
    : sayHealth({ health, record, from: before.number })
  return { health, actions }
}
