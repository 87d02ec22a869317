// Keys that cannot be used or are not here, and what was sealed.
import { display } from '../display.ts'
import { exits } from '../exits.ts'
import { type Entry, entry } from './entry.ts'

export const keysCodes = {
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
  RECIPIENT_ABSENT: entry<{ host: string }>(
    exits.notAllowed,
    (d) => `nothing can be sealed for ${display(d.host)}: its state names no recipient`,
    () =>
      'a newer moss there names one in its next state; without it only a state that did not come sealed is answered, by an open bundle',
  ),
  SEAL_DAMAGED: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `the seal of ${display(d.path)} is damaged: ${display(d.problem)}`,
    () => 'copy the file again from where it was made; nothing was taken in',
  ),
} as const satisfies Record<string, Entry<never>>
