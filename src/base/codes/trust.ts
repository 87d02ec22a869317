// Not genuine; or genuine, but not allowed.
import { display } from '../display.ts'
import { exits } from '../exits.ts'
import { plural } from '../format.ts'
import { type Entry, entry, list } from './entry.ts'

export const trustCodes = {
  TRUST_SIGNATURE_INVALID: entry<{ part: string; problem: string }>(
    exits.notGenuine,
    (d) => `${display(d.part)} is not genuine: ${display(d.problem)}`,
    () =>
      'it was altered or signed with another key: do not use it, and ask the publisher; nothing was taken in',
  ),
  ARCHIVE_REFUSED: entry<{ path: string; problem: string }>(
    exits.notGenuine,
    (d) => `${display(d.path)} is refused: ${display(d.problem)}`,
    () => 'check the keyring, or copy the archive again from where it came; nothing was taken in',
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
  TRUST_ROOT_UNSIGNED: entry<{ file: string; keys: readonly string[] }>(
    exits.notGenuine,
    (d) => `${display(d.file)} is not signed yet by ${list(d.keys)}`,
    (d) =>
      `moss root sign ${display(d.file)} where these keys are; moss root assemble puts signed copies together; nothing was changed`,
  ),
  TRUST_FINGERPRINT: entry<{ what: string; expected: string; actual: string }>(
    exits.notGenuine,
    (d) => `the ${d.what} is ${display(d.actual)}, not ${display(d.expected)} as expected`,
    (d) => `this is not the ${d.what} you were told of: do not use it; nothing was changed`,
  ),
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
} as const satisfies Record<string, Entry<never>>
