// The station's verbs as one value for the screens, each loaded when it is first called.
import { encodeUtf8 } from '../base/bytes.ts'
import type { carriedStates, CarriedStates, Medium } from './carried-states.ts'
import type { EnrolPlan } from './enrol.ts'
import type { Exported } from './export.ts'
import type { FleetRow } from './fleet-hosts.ts'
import type { ExportPlan } from './plan-export.ts'
import type { ReceivedStates } from './receive.ts'
import type { Outside, ReportEvent } from './types.ts'

export interface ExportWanted {
  /** State files, and ids of hosts whose last state counts. */
  readonly states: readonly string[]
  readonly effort?: string
}

/** What a full medium left over: the number of the next volume, and how long each is. */
export interface NextVolume {
  readonly number: number
  readonly limitBytes: number
}

export interface StationOperations {
  readonly home: string
  fleet(): Promise<readonly FleetRow[]>
  carried(named: readonly string[]): Promise<CarriedStates>
  /** Throws TRUST_FINGERPRINT where the file is another host's by now. */
  enrol(file: string, fingerprint: string): Promise<EnrolPlan>
  receive(states: readonly string[]): Promise<ReceivedStates>
  planExport(wanted: ExportWanted): Promise<ExportPlan>
  /** Throws KEY_PASSPHRASE where a key has another, or has one and none is given. */
  export(
    request: {
      readonly plan: ExportPlan
      readonly medium: Pick<Medium, 'path' | 'device'>
      readonly passphrase: string | undefined
      /** After a medium that was full. */
      readonly next?: NextVolume | undefined
    },
    report: ReportEvent,
  ): Promise<Exported>
}

export function stationOperations(outside: Outside, home: string): StationOperations {
  let carried: ReturnType<typeof carriedStates> | undefined
  return {
    home,
    fleet: async () => (await import('./fleet-hosts.ts')).listFleet(outside, { home }),
    carried: async (named) => {
      carried ??= (await import('./carried-states.ts')).carriedStates(outside, home)
      return carried(named)
    },
    enrol: async (file, fingerprint) => {
      const { executeEnrol, planEnrol } = await import('./enrol.ts')
      return executeEnrol(outside, await planEnrol(outside, { home, file, expect: fingerprint }))
    },
    receive: async (states) => (await import('./receive.ts')).receiveStates(outside, { home, states }),
    planExport: async ({ states, effort }) =>
      (await import('./plan-export.ts')).planExport(outside, { home, states, channel: undefined, effort }),
    export: async ({ plan, medium, passphrase, next }, report) => {
      const { executeExport } = await import('./export.ts')
      const ask = async (): Promise<Uint8Array | undefined> =>
        passphrase === undefined ? undefined : encodeUtf8(passphrase)
      const volumes = next && { volumeBytes: next.limitBytes, fromVolume: next.number }
      return executeExport(outside, { plan, output: medium.path, medium, ask, ...volumes }, report)
    },
  }
}
