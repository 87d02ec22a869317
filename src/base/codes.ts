// Every error moss can report: its exit code, what it says and what to do next. Append-only: a code, once
// published, keeps its meaning. Texts start small and have no final stop; foreign text passes through display().
import { display } from './display.ts'
import { formatBytes, formatCount, plural } from './format.ts'

/** Exit codes of the program, by kind of outcome. */
export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  findings: 3,
  damaged: 10,
  notGenuine: 11,
  notAllowed: 12,
  unsolvable: 13,
  busy: 14,
  noRoom: 15,
  wentBack: 17,
  bug: 70,
  stopped: 130,
} as const

interface Entry<Details> {
  readonly exit: number
  readonly message: (details: Details) => string
  readonly hint: (details: Details) => string | undefined
}

const entry = <Details>(
  exit: number,
  message: (details: Details) => string,
  hint: (details: Details) => string | undefined = () => undefined,
): Entry<Details> => ({ exit, message, hint })

const list = (items: readonly string[]): string => items.map(display).join(', ')

/** `100 kB of 798 kB`; to the byte where they would read alike. */
function partOf(presentBytes: number, wantedBytes: number): string {
  const [present, wanted] = [formatBytes(presentBytes), formatBytes(wantedBytes)]
  return present === wanted ? `${presentBytes} of ${wantedBytes} bytes` : `${present} of ${wanted}`
}

/** How to see what there is, by what was looked for. */
function whereToLook(what: string): string | undefined {
  if (what.startsWith('installed package')) return 'moss list shows what is installed'
  if (what.startsWith('published snapshot')) return 'sign one with moss channel publish'
  if (what.startsWith('package to publish')) return 'put packages in first with moss add'
  if (what === 'channel') return 'moss channel list shows the channels here; moss channel create makes one'
  if (what === 'enrolled host')
    return 'moss fleet list shows the hosts that are answered; nothing was changed'
  if (what.startsWith('package of channel'))
    return 'moss channel show lists what a channel offers; nothing was changed'
  if (what === 'key') return 'moss key list shows the keys here'
  if (what.endsWith('state')) return 'moss state list shows the kept states; nothing was changed'
  return what.includes('file') || what.includes('plan') || what.includes('root')
    ? 'check the path, and that the medium is mounted; nothing was changed'
    : undefined
}

export const codes = {
  // wrong usage
  CLI_USAGE: entry<{ problem: string; see?: string }>(
    exits.usage,
    (d) => display(d.problem),
    (d) => `see moss ${d.see === undefined ? 'help' : `help ${d.see}`}`,
  ),
  MODEL_INVALID: entry<{ path: string; problem: string }>(
    exits.usage,
    (d) => `the model ${display(d.path)} is not valid: ${display(d.problem)}`,
    (d) => `correct ${display(d.path)}; nothing was changed`,
  ),
  CAPABILITY_INVALID: entry<{ text: string; problem: string }>(
    exits.usage,
    (d) => `${display(d.text)} is not a capability: ${display(d.problem)}`,
    () => 'write a package name such as bash, or kind(name), each with a bound if needed: "bash >= 5.2"',
  ),
  // the machine
  HOST_IO: entry<{ action: string; path: string; problem: string }>(
    exits.failed,
    (d) => `cannot ${d.action} ${display(d.path)}: ${display(d.problem)}`,
    () =>
      'nothing is lost: see that it is there and may be read and written, then try again; what was begun is finished or undone first',
  ),
  HOST_NO_SPACE: entry<{
    path: string
    neededBytes?: number
    freeBytes?: number
    neededInodes?: number
    freeInodes?: number
  }>(
    exits.noRoom,
    (d) =>
      d.neededBytes !== undefined
        ? `${display(d.path)} needs ${formatBytes(d.neededBytes)}, ${formatBytes(d.freeBytes ?? 0)} are free`
        : d.neededInodes !== undefined
          ? `${display(d.path)} needs ${plural(d.neededInodes, 'inode')}, ${formatCount(d.freeInodes ?? 0)} are free`
          : `no space left for ${display(d.path)}`,
    () =>
      'nothing is lost: free some space there (moss gc gives back what the store no longer needs) and run the same command again',
  ),
  HOST_UNSUPPORTED: entry<{ path: string; problem: string }>(
    exits.failed,
    (d) => `${display(d.path)} cannot be managed: ${display(d.problem)}`,
    () =>
      'use a folder on a local filesystem such as ext4, XFS, btrfs or tmpfs, that is not a lower layer of an overlay and has no mount at usr',
  ),
  STATE_MOUNTED: entry<{ path: string }>(
    exits.failed,
    (d) => `something is mounted at ${display(d.path)}, and would go away with the tree that is replaced`,
    () => 'nothing was changed: unmount it, and mount it outside /usr, or again afterwards',
  ),
  STATE_LOCKED: entry<{ path: string }>(
    exits.busy,
    (d) =>
      d.path.endsWith('/.pwd.lock')
        ? `another program is changing the users in ${display(d.path.replace(/\.pwd\.lock$/, 'passwd'))}`
        : `another moss is changing ${display(d.path.replace(/\/(\.moss\/)?lock$/, ''))}`,
    () => 'wait until it has finished, then run the same command again',
  ),
  // damaged or malformed
  CBOR_INVALID: entry<{ part: string; problem: string; offset: number }>(
    exits.damaged,
    (d) => `${display(d.part)} is malformed at byte ${d.offset}: ${d.problem}`,
    () => 'copy the file again from where it was made; nothing was taken in',
  ),
  SHAPE_INVALID: entry<{ part: string; problem: string }>(
    exits.damaged,
    (d) => `${display(d.part)} is malformed: ${display(d.problem)}`,
    () => 'copy the file again; if it stays so, it was made by a faulty or hostile program',
  ),
  CONTAINER_NOT_ONE: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `${display(d.path)} is not a file that fits here: ${display(d.problem)}`,
    (d) =>
      /empty|altered/.test(d.problem)
        ? 'copy the file again from where it was made'
        : /sealed/.test(d.problem)
          ? 'moss import and the verbs for states open it where it is meant to be read; elsewhere age -d -i IDENTITY does'
          : 'bundles and packages end in .moss, states in .moss-state, snapshots in .moss-channel, trust roots in .moss-root',
  ),
  CONTAINER_TOO_NEW: entry<{ path: string; version: number }>(
    exits.damaged,
    (d) => `${display(d.path)} is written in format version ${d.version}, which this moss does not know`,
    () => 'update moss on this machine first; if it is the newest, copy the file again',
  ),
  CONTAINER_TRUNCATED: entry<{ part: string; presentBytes: number; wantedBytes: number }>(
    exits.damaged,
    (d) => `container is cut short in ${d.part}: ${partOf(d.presentBytes, d.wantedBytes)} present`,
    (d) =>
      d.part.startsWith('frame ')
        ? 'copy the file again and run the same command: the frames already taken in are kept'
        : 'copy the file again and run the same command; nothing was taken in',
  ),
  CONTAINER_DAMAGED: entry<{ part: string; problem: string }>(
    exits.damaged,
    (d) => `container is damaged in ${d.part}: ${display(d.problem)}`,
    () => 'copy the file again; what was already taken in whole is kept',
  ),
  CONTAINER_CODEC_UNKNOWN: entry<{ part: string; codec: number }>(
    exits.damaged,
    (d) => `${d.part} is packed with codec ${d.codec}, which this moss does not know`,
    () => 'update moss on this machine first, or ask for a bundle made for it',
  ),
  CHUNK_DIGEST_MISMATCH: entry<{ part: string }>(
    exits.damaged,
    (d) => `the bytes of ${d.part} are not the ones their digest names`,
    () => 'the file was made wrongly: ask for a new one; nothing was taken in',
  ),
  STORE_DAMAGED: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `the store is damaged at ${display(d.path)}: ${display(d.problem)}`,
    () =>
      'run moss repair, then moss state export: the next bundle brings what is damaged whole; a kept state may be whole too (moss rollback)',
  ),
  MANIFEST_INVALID: entry<{ package: string; problem: string }>(
    exits.damaged,
    (d) => `the manifest of ${display(d.package)} is not valid: ${display(d.problem)}`,
    () => 'the package must be made again',
  ),
  PACKAGE_UNREADABLE: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `${display(d.path)} cannot be read as a package: ${display(d.problem)}`,
    () => 'nothing was added; fetch or build the package again',
  ),
  PACKAGE_PATH_REFUSED: entry<{ package: string; path: string; problem: string }>(
    exits.notAllowed,
    (d) => `${display(d.package)} has ${display(d.path)}, which ${display(d.problem)}`,
    () => 'packages own /usr, and defaults for /etc and /var; use --place FROM=TO to put it elsewhere',
  ),
  KEY_INVALID: entry<{ what: string; problem: string }>(
    exits.damaged,
    (d) => `${display(d.what)} is not a usable key: ${display(d.problem)}`,
    () => 'keys are minisign files, as moss key generate and minisign -G write them',
  ),
  KEY_PASSPHRASE: entry<{ what: string; missing: boolean }>(
    exits.usage,
    (d) =>
      d.missing
        ? `${display(d.what)} is protected by a passphrase`
        : `wrong passphrase for ${display(d.what)}`,
    () => 'type it at a terminal, or hand it over with --passphrase-fd N',
  ),
  KEY_AGENT: entry<{ key: string; problem: string }>(
    exits.failed,
    (d) => `nobody signed with key ${display(d.key)}: ${display(d.problem)}`,
    () => 'nothing was written; ssh-add -l shows what the agent has; a token that blinks wants to be touched',
  ),
  KEY_ABSENT: entry<{ role: string; have?: number; need?: number }>(
    exits.usage,
    (d) =>
      d.role === 'root'
        ? 'there is no trust root here yet'
        : (d.have ?? 0) === 0
          ? `no secret key here may act as ${display(d.role)}`
          : `role ${display(d.role)} needs ${d.need} keys, and ${d.have} are here`,
    (d) =>
      d.role === 'root'
        ? 'the first key makes one: moss key generate; or say where the station is with --home DIR'
        : 'moss key list shows which key may do what; moss key import takes one in; one in an agent counts where SSH_AUTH_SOCK names it',
  ),
  KEY_TOO_COSTLY: entry<{ what: string; neededBytes: number; allowedBytes: number }>(
    exits.usage,
    (d) =>
      `unlocking ${display(d.what)} takes ${d.neededBytes} bytes of memory, ${d.allowedBytes} are allowed`,
    () => 'set its passphrase again on the machine that made it (minisign -C), which asks for less',
  ),
  SEALED_FOR_OTHERS: entry<{ path: string }>(
    exits.notAllowed,
    (d) => `${display(d.path)} is sealed for somebody else`,
    () =>
      'ask for one that is sealed for this machine: a host’s states say its recipient, moss key recipient a station’s',
  ),
  SEAL_DAMAGED: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `the seal of ${display(d.path)} is damaged: ${display(d.problem)}`,
    () => 'copy the file again from where it was made; nothing was taken in',
  ),
  // not genuine
  TRUST_SIGNATURE_INVALID: entry<{ part: string; problem: string }>(
    exits.notGenuine,
    (d) => `${display(d.part)} is not genuine: ${display(d.problem)}`,
    () =>
      'it was altered or signed with another key: do not use it, and ask the publisher; nothing was taken in',
  ),
  TRUST_UNKNOWN_KEY: entry<{ part: string; keys: readonly string[] }>(
    exits.notGenuine,
    (d) => `${display(d.part)} is signed by a key this machine does not trust: ${list(d.keys)}`,
    () =>
      'ask the publisher, by another way than this file, whether it is theirs; moss trust show lists the trusted ones',
  ),
  TRUST_THRESHOLD: entry<{ part: string; role: string; have: number; need: number }>(
    exits.notGenuine,
    (d) => `${display(d.part)} has ${d.have} of the ${d.need} signatures that role ${display(d.role)} needs`,
    () => 'ask the publisher for a file signed by enough keys',
  ),
  TRUST_FINGERPRINT: entry<{ what: string; expected: string; actual: string }>(
    exits.notGenuine,
    (d) => `the ${d.what} is ${display(d.actual)}, not ${display(d.expected)} as expected`,
    (d) => `this is not the ${d.what} you were told of: do not use it; nothing was changed`,
  ),
  // genuine, but not allowed
  TRUST_NOT_ENROLLED: entry<{ hosts: readonly string[]; file: string }>(
    exits.notAllowed,
    (d) => `this station does not answer ${list(d.hosts)}`,
    (d) =>
      `compare the words of its key with those that moss trust show says there, then: moss fleet enroll ${display(d.file)}`,
  ),
  TRUST_ROLLBACK: entry<{ what: string; have: number; offered: number }>(
    exits.notAllowed,
    (d) => `${display(d.what)} ${d.offered} is older than ${d.have}, which this host has already seen`,
    () =>
      'use a newer bundle; to go back to a kept state use moss rollback; to an older serial only with a grant of the channel',
  ),
  TRUST_FORK: entry<{ channel: string; serial: number }>(
    exits.notAllowed,
    (d) => `channel ${display(d.channel)} has two different snapshots with serial ${d.serial}`,
    () => 'somebody signed twice: ask the publisher which one is right; nothing was taken in',
  ),
  TRUST_SERIAL_JUMP: entry<{ channel: string; have: number; offered: number }>(
    exits.notAllowed,
    (d) => `channel ${display(d.channel)} would jump from serial ${d.have} to ${d.offered}`,
    () => 'no channel rises that fast: ask the publisher; nothing was taken in',
  ),
  TRUST_EPOCH_AHEAD: entry<{ channel: string; have: number; offered: number }>(
    exits.notAllowed,
    (d) =>
      `channel ${display(d.channel)} is in epoch ${d.offered}, the trust root of this machine is in ${d.have}`,
    () => 'bring the newest trust root; nothing was taken in',
  ),
  TRUST_EXPIRED: entry<{ channel: string; days: number; by: string }>(
    exits.notAllowed,
    (d) =>
      `the word of channel ${display(d.channel)} expired ${plural(d.days, 'day')} ago by ${display(d.by)}`,
    () => 'ask the station for a newer bundle; nothing was taken in',
  ),
  TRUST_GRANT_REFUSED: entry<{ channel: string; problem: string }>(
    exits.notAllowed,
    (d) => `the grant to go back in channel ${display(d.channel)} is refused: ${display(d.problem)}`,
    () => 'nothing was taken in; ask for a grant made from this host’s newest state (moss state export)',
  ),
  TRUST_ROOT_ORDER: entry<{ have: number; offered: number }>(
    exits.notAllowed,
    (d) => `trust root ${d.offered} does not follow root ${d.have}, which this machine has`,
    () => 'bring every root in between as well: a bundle made from this machine’s newest state has them',
  ),
  TRUST_ROOT_REFUSED: entry<{ version: number; problem: string }>(
    exits.notAllowed,
    (d) => `trust root ${d.version} is refused: ${display(d.problem)}`,
    () => 'ask the publisher for another; the root that this machine has stays',
  ),
  TRUST_FUTURE: entry<{ what: string; date: string }>(
    exits.notAllowed,
    (d) => `${display(d.what)} is dated ${display(d.date)}, too far in the future`,
    () => 'check the clock of this machine and of the publisher',
  ),
  TRUST_NOT_NAMED: entry<{ package: string; channel: string }>(
    exits.notAllowed,
    (d) => `package ${display(d.package)} is not in the signed snapshot of channel ${display(d.channel)}`,
    () => 'the bundle carries something its channel never signed; nothing was taken in',
  ),
  BUNDLE_WRONG_HOST: entry<{ hosts: readonly string[]; thisHost: string }>(
    exits.notAllowed,
    (d) => `this bundle is for ${list(d.hosts)}, not for ${display(d.thisHost)}`,
    () =>
      'choose the bundle made for this host, or carry its state to the station (moss state export) and ask for one',
  ),
  BUNDLE_SET_REFUSED: entry<{ problems: readonly string[] }>(
    exits.notAllowed,
    (d) => `the bundle’s package set is not acceptable: ${list(d.problems)}`,
    () => 'export this host’s state and ask the station for a new bundle; nothing was changed',
  ),
  // no solution, or pieces missing
  SOLVE_NO_SOLUTION: entry<{ explanation: string }>(
    exits.unsolvable,
    (d) => d.explanation,
    () => 'change the subscriptions or holds, or add what is missing to the channel',
  ),
  LAYOUT_CONFLICT: entry<{ path: string; packages: readonly string[]; problem: string }>(
    exits.unsolvable,
    (d) => `${list(d.packages)} cannot be installed together: ${display(d.path)} ${display(d.problem)}`,
    () => 'leave one of them out',
  ),
  BUNDLE_BASE_MISSING: entry<{ names: readonly string[] }>(
    exits.unsolvable,
    (d) => `the bundle builds on content this host does not have: ${list(d.names)}`,
    () =>
      'nothing was changed, and nothing is lost: export this host’s state again (moss state export); the bundle that the station makes from it brings this whole',
  ),
  CONTENT_MISSING: entry<{ what: string }>(
    exits.unsolvable,
    (d) => `${display(d.what)} is not in the store`,
    () => 'import a bundle that carries it (moss import FILE)',
  ),
  NOT_FOUND: entry<{ what: string; name: string }>(
    exits.unsolvable,
    (d) => `no ${d.what} ${display(d.name)}`,
    (d) => whereToLook(d.what),
  ),
  NOTHING_WAITING: entry<{ root: string }>(
    exits.done,
    (d) => `nothing waits to be applied in ${display(d.root)}`,
    () => 'take a bundle in with moss import FILE',
  ),
  // busy, or changed underneath
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
  STATE_BROKEN: entry<{ path: string; problem: string }>(
    exits.failed,
    (d) => `${display(d.path)} is not in order: ${display(d.problem)}`,
    (d) =>
      d.path.endsWith('.db')
        ? 'the system runs on as it is; run moss repair, which makes the database anew from the kept states'
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

export type ErrorCode = keyof typeof codes
export type DetailsOf<Code extends ErrorCode> = Parameters<(typeof codes)[Code]['message']>[0]
