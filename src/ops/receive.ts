// fleet receive: keeps what hosts have sent without making a bundle for them, and tells what one of them is not as it was.
// What is under way to a host and answered, or passed, is so no more.
import type { Outside } from '../host/outside.ts'
import { keepStates, readAll, sayUnreadable, type Stranger } from './fleet.ts'
import { openStation } from './station.ts'

export interface ReceivedStates {
  readonly hosts: readonly { readonly host: string; readonly name: string; readonly counter: number }[]
  /** States that nobody enrolled here; they are not kept. */
  readonly strangers: readonly Stranger[]
  readonly unreadable: readonly { readonly file: string; readonly message: string }[]
  readonly warnings: readonly string[]
}

/** `states` as `namedStates` gives them. */
export async function receiveStates(
  outside: Outside,
  { home, states }: { readonly home: string; readonly states: readonly string[] },
): Promise<ReceivedStates> {
  using station = openStation(outside, { home, how: 'write' })
  const { sent, strangers, unreadable, warnings } = await readAll(station, states)
  keepStates(station, { sent })
  return {
    hosts: sent.map(({ state: { host, name, counter } }) => ({ host, name, counter })),
    strangers,
    unreadable: unreadable.map(sayUnreadable),
    warnings,
  }
}
