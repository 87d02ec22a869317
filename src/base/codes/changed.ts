// Busy, changed underneath, or not as it was left.
import { display } from '../display.ts'
import { exits } from '../exits.ts'
import type { ContainerId } from '../ids.ts'
import { formatCount, formatNumbers } from '../format.ts'
import { type Entry, entry, list } from './entry.ts'

/** `volumes 1 and 3 of 4`. */
const sayVolumes = ({ here, count }: { readonly here: readonly number[]; readonly count: number }): string =>
  `${here.length === 1 ? 'volume' : 'volumes'} ${formatNumbers(here)} of ${count}`

export const changedCodes = {
  PLAN_STALE: entry<{ what: string }>(
    exits.busy,
    (d) => `${display(d.what)} changed since the plan was made`,
    () => 'make the plan again',
  ),
  ALREADY_EXISTS: entry<{ what: string }>(
    exits.failed,
    (d) => `${display(d.what)} already exists`,
    () => 'nothing was changed; choose another name or place',
  ),
  PACKAGE_OF_OTHERS: entry<{ path: string; problem: string }>(
    exits.failed,
    (d) => `${display(d.path)} is there, and not signed by packagers of this station: ${display(d.problem)}`,
    () =>
      'it stays as it is, and the package was not made: move it away, or name another folder with --output',
  ),
  NOT_INITIALISED: entry<{ path: string }>(
    exits.failed,
    (d) => `${display(d.path)} is not managed by moss`,
    (d) => `run moss init --root ${display(d.path)} --trust ROOTFILE first`,
  ),
  MEDIUM_ABSENT: entry<{ path: string }>(
    exits.noRoom,
    (d) => `no medium or file at ${display(d.path)}`,
    () => 'plug the medium in and mount it, then run the same command again',
  ),
  VOLUME_WANTED: entry<{
    bundle: ContainerId
    name: string
    here: readonly number[]
    count: number
    /** Names of files; the first of them, if there are many. */
    wanted: readonly string[]
    isKept: boolean
  }>(
    exits.noRoom,
    (d) => {
      const others = d.count - d.here.length - d.wanted.length
      const more = others > 0 ? ` and ${formatCount(others)} more` : ''
      return `${display(d.name)} is not whole yet: ${sayVolumes(d)} ${d.here.length === 1 ? 'is' : 'are'} here; wanted next: ${list(d.wanted)}${more}`
    },
    (d) =>
      d.isKept
        ? 'nothing is lost: what these volumes hold is verified and kept; run moss import with the next one, from any medium, in any order'
        : 'nothing was written: name all volumes, or put them into one folder',
  ),
  VOLUME_NEXT: entry<{
    name: string
    /** Those that were written, or were there. */
    here: readonly number[]
    count: number
    /** The name of the next one, and its number. */
    next: string
    number: number
    limitBytes: number
  }>(
    exits.noRoom,
    (d) =>
      `${sayVolumes(d)} of ${display(d.name)} ${d.here.length === 1 ? 'is' : 'are'} written and read back; there is no room here for ${display(d.next)}`,
    (d) =>
      `this medium may be pulled: put the next one in, and run the same command again with --volume ${d.limitBytes} --from-volume ${d.number}`,
  ),
  STATE_BROKEN: entry<{ path: string; problem: string }>(
    exits.failed,
    (d) => `${display(d.path)} is not in order: ${display(d.problem)}`,
    (d) =>
      d.path.endsWith('fleet.db')
        ? 'hosts are not harmed: move it away, enroll them again from their next states (moss fleet enroll), and put them into their groups'
        : d.path.endsWith('.db')
          ? 'the system runs on as it is; run moss repair, which makes the database anew from the kept states'
          : d.path.endsWith('.moss-state')
            ? 'the system runs on as it is; run moss state export, which writes it anew'
            : 'run moss repair, which says what is damaged before it mends; a kept state may be whole: moss rollback',
  ),
  STATE_NEEDED: entry<{ state: number; why: string }>(
    exits.failed,
    (d) => `state ${d.state} stays: ${display(d.why)}`,
    () => 'nothing was removed; moss state list shows which states are kept, and why',
  ),
  CHANNEL_BEHIND_ROOT: entry<{ channel: string; serial: number; version: number }>(
    exits.failed,
    (d) =>
      `serial ${d.serial} of channel ${display(d.channel)} was signed under an older root than ${d.version}: hosts would refuse it`,
    (d) => `run moss channel publish ${display(d.channel)}; then make the bundle again`,
  ),
  AUDIT_BROKEN: entry<{ line: number; problem: string }>(
    exits.findings,
    (d) => `line ${d.line} of the audit does not hold: ${display(d.problem)}`,
    () =>
      'something changed .moss/audit: compare it with what the station has of this host; new entries go on behind it',
  ),
  TRIGGER_FAILED: entry<{ trigger: string; output: string }>(
    exits.failed,
    (d) => `trigger ${display(d.trigger)} failed: ${display(d.output)}`,
    () => 'the system is unchanged; the new state was not published',
  ),
  TRIGGER_INVALID: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `the trigger ${display(d.path)} is not valid: ${display(d.problem)}`,
    () => 'the package that brings it must be made again (moss-triggers(5)); nothing was changed',
  ),
  BUILD_STEP_FAILED: entry<{
    recipe: string
    step: string
    how: string
    log: string
    /** The end of what it printed. */
    lines: readonly string[]
  }>(
    exits.failed,
    (d) => `step ${d.step} of ${display(d.recipe)} failed: ${display(d.how)}`,
    (d) =>
      [
        `no package was made; all that the steps printed is in ${display(d.log)}${d.lines.length === 0 ? '' : ', which ends with'}`,
        ...d.lines.map((line) => `  ${display(line)}`),
      ].join('\n'),
  ),
  BUILD_NOT_PRIVATE: entry<{ recipe: string; problem: string }>(
    exits.failed,
    (d) => `the steps of ${display(d.recipe)} cannot be shut off from this machine: ${display(d.problem)}`,
    () =>
      'steps run in namespaces of their own or not at all: build where the system permits these to users (a container often does not; sysctl user.max_user_namespaces), or pack files without steps',
  ),
  STATE_FAILED_BEFORE: entry<{ state: number; why: string }>(
    exits.notAllowed,
    (d) => `these packages were state ${d.state}, which was gone back from: ${display(d.why)}`,
    () => 'nothing was changed; take a newer bundle in, or try this one once more with moss apply --again',
  ),
  VERIFY_FINDINGS: entry<{ count: number }>(
    exits.findings,
    (d) => `${d.count} ${d.count === 1 ? 'finding' : 'findings'}`,
    () => undefined,
  ),
  INTERRUPTED: entry<{ during: string }>(
    exits.stopped,
    (d) => `stopped during ${display(d.during)}`,
    () => 'nothing is half done; run the same command again to go on',
  ),
} as const satisfies Record<string, Entry<never>>
