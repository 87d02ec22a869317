// Values for tests of the screens: a host, a plan, a bundle, states, as the operations would answer them; and ways to
// press keys on a state and to say what it shows.
import type { Applied, ApplyPlan, ImportedBundle } from '../../src/ops/changes.ts'
import type { HostStatus, Inspection, StateDiff, StateRow } from '../../src/ops/host-operations.ts'
import type { MediumScan } from '../../src/ops/medium-scan.ts'
import type { Effect, ScreenEvent, Step } from '../../src/tui/events.ts'
import { frameOf } from '../../src/tui/frame.ts'
import { reduce } from '../../src/tui/reducer.ts'
import { type Problem, type Result, type ScreensState, startState } from '../../src/tui/state.ts'

/** 2026-06-03 */
export const nowMs = 1_780_444_800_000
const stick = '/media/anna/STICK'
export const bundlePath = `${stick}/moss/bundles/stable-2-9f3c1122.moss`
const digest = (digit: string): string => digit.repeat(64)

export const status = {
  host: '1234567890abcdef',
  name: 'pump-07',
  root: '/',
  current: 1,
  packages: 3,
  kept: [0],
  channel: { name: 'stable', serial: 1, created: 1_767_225_600 },
  waiting: undefined,
  freeBytes: 11_400_000_000,
  trust: { fingerprint: Array.from({ length: 16 }, () => '12ab').join(' ') },
  interrupted: false,
} as unknown as HostStatus

export const waiting = { ...status, waiting: { bundle: digest('9'), serial: 2 } } as unknown as HostStatus

export const scan: MediumScan = {
  media: [stick],
  bundles: [
    {
      path: bundlePath,
      medium: stick,
      sizeBytes: 14_200_000,
      channel: 'stable',
      serial: 2,
      hosts: ['pump-07', 'pump-03', 'pump-04'],
      isForThisHost: true,
    },
    {
      path: `${stick}/moss/bundles/stable-2-77aa0000.moss`,
      medium: stick,
      sizeBytes: 9_100_000,
      channel: 'stable',
      serial: 2,
      hosts: ['pump-03'],
      isForThisHost: false,
    },
    {
      path: `${stick}/holiday.moss`,
      medium: stick,
      sizeBytes: 0,
      hosts: [],
      isForThisHost: false,
      problem: '/media/anna/STICK/holiday.moss is no moss container',
    },
  ],
}

export const inspection = {
  file: bundlePath,
  fileBytes: 14_200_000,
  kind: 'bundle',
  version: 1,
  id: digest('9'),
  created: 1_780_272_000,
  signers: [digest('d')],
  about: [
    ['channel', 'stable'],
    ['serial', '2'],
    ['hosts', 'pump-03 77aa000000000000, pump-07 1234567890abcdef'],
  ],
  parts: [],
  packages: [],
  verifyCommands: [],
} as unknown as Inspection

export const plan: ApplyPlan = {
  kind: 'apply',
  root: '/',
  from: 1,
  to: 2,
  isNothing: false,
  bundle: digest('9'),
  channel: { name: 'stable', serial: 2, fromSerial: 1, created: 1_780_272_000 },
  signedBy: [digest('d')],
  changes: [
    { name: 'harbour', from: '1.0', to: '2.0', reason: 'subscribed: name(harbour)' },
    { name: 'quay', to: '0.3', reason: 'harbour requires name(quay)' },
    { name: 'tide', from: '1.0' },
    { name: 'tide-tables', from: '1.0', to: '2.0', reason: 'harbour requires name(tide-tables) >= 1.0' },
  ],
  packages: 3,
  files: 66,
  sizeBytes: 2_900_000,
  advisories: [],
  privileged: ['usr/bin/harbour-admin'],
  warnings: [],
  freeBytes: 11_400_000_000,
  neededInodes: 1200,
  neededBytes: 38_400,
  withModel: false,
  model: digest('a'),
}

export const rollbackPlan: ApplyPlan = { ...plan, kind: 'rollback', from: 2, to: 1, privileged: [] }
export const nothingPlan: ApplyPlan = { ...plan, to: 1, isNothing: true, changes: [], privileged: [] }

/** A plan that no screen holds. */
export const longPlan = (count: number): ApplyPlan => ({
  ...plan,
  privileged: [],
  changes: Array.from({ length: count }, (_, n) => ({
    name: `package-${`${n}`.padStart(5, '0')}`,
    from: '1.0',
    to: '1.1',
    reason: 'subscribed: name(all)',
  })),
})

export const imported: ImportedBundle = {
  file: bundlePath,
  bundle: digest('9'),
  channel: 'stable',
  serial: 2,
  isNew: true,
  fileBytes: 14_200_000,
  contentBytes: 29_000_000,
  files: 70,
  signedBy: [digest('d')],
  seconds: 1.25,
}

export const applied: Applied = {
  kind: 'apply',
  state: 2,
  previous: 1,
  files: 66,
  changes: plan.changes,
  triggers: [{ name: 'ldconfig', outcome: 'skipped: an ordinary user' }],
  deliveries: [{ path: 'etc/harbour.conf', outcome: 'made' }],
  isDelivered: true,
  notes: [],
  health: { kind: 'confirmed' },
  seconds: 2.5,
}

export const states = [
  { number: 0, created: 1_767_000_000, isCurrent: false, packages: 0, channel: undefined, serial: undefined },
  { number: 1, created: 1_767_225_600, isCurrent: false, packages: 3, channel: 'stable', serial: 1 },
  { number: 2, created: 1_780_272_000, isCurrent: true, packages: 3, channel: 'stable', serial: 2 },
] as unknown as readonly StateRow[]

export const diffOf = (packages: StateDiff['packages'], files?: StateDiff['files']): StateDiff =>
  ({ from: 2, to: 1, packages, ...(files === undefined ? {} : { files }) }) as unknown as StateDiff

export const wrongHost: Problem = {
  code: 'BUNDLE_WRONG_HOST',
  message: 'this bundle is for pump-03, not for 1234567890abcdef',
  hint: 'choose the bundle made for this host, or export this host’s state and ask for one',
}

export const ready = <T>(value: T): Result<T> => ({ kind: 'ready', value })
export const failed = (problem: Problem): Result<never> => ({ kind: 'failed', problem })

export const fresh = startState({
  root: '/',
  isHost: true,
  size: { columns: 80, rows: 24 },
  look: { isAscii: false, isColour: false },
  nowMs,
  named: [],
})

/** Events and keys (as strings) one after the other; the effects of all of them. */
export function play(state: ScreensState, ...events: readonly (ScreenEvent | string)[]): Step {
  let at = state
  const effects: Effect[] = []
  for (const event of events) {
    const next = reduce(at, typeof event === 'string' ? { kind: 'key', key: event } : event)
    at = next.state
    effects.push(...next.effects)
  }
  return { state: at, effects }
}

export const after = (state: ScreensState, ...events: readonly (ScreenEvent | string)[]): ScreensState =>
  play(state, ...events).state

/** The frame as plain text. */
export const shown = (state: ScreensState): string =>
  frameOf(state)
    .map((spans) =>
      spans
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    )
    .join('\n')

export const usual = after(
  fresh,
  { kind: 'status', result: ready(status) },
  { kind: 'scanned', result: ready(scan) },
)

export const opened = after(
  usual,
  'Enter',
  { kind: 'inspected', path: bundlePath, result: ready(inspection) },
  { kind: 'judged', path: bundlePath, result: ready(plan) },
)

export const takenIn = after(
  opened,
  'Enter',
  { kind: 'imported', path: bundlePath, result: ready(imported) },
  { kind: 'status', result: ready(waiting) },
)

export const planned = after(takenIn, 'Enter', { kind: 'planned', result: ready(plan) })
export const history = after(usual, 'h', { kind: 'states', result: ready(states) })
