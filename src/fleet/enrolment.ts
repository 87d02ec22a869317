// What a station notices when a host it knows sends another state: one that is older than what it has of it, two states of
// one number, an audit that lost lines. A state proves who wrote it; only beside the one before it tells whether
// somebody put the machine back, or runs it twice.
import type { HostState } from './host-state.ts'

/** Of one host, in words. `kept` is the newest state that the station has. */
export function departuresOf(
  kept: { readonly id: string; readonly state: HostState },
  sent: { readonly id: string; readonly state: HostState },
): readonly string[] {
  const { state: before } = kept
  const { state: now } = sent
  if (now.counter < before.counter)
    return [
      `${now.name} wrote this state, its ${ordinal(now.counter)}, before the ${ordinal(before.counter)}, which is here: it is planned for as it was`,
    ]
  if (now.counter === before.counter)
    return kept.id === sent.id
      ? []
      : [
          `${now.name} wrote two states that are its ${ordinal(now.counter)}: two machines have its key, or it was put back from a copy of its disk`,
        ]
  return lostLines(before, now)
}

function lostLines(before: HostState, now: HostState): readonly string[] {
  const [had, has] = [before.audit?.entries ?? 0, now.audit?.entries ?? 0]
  if (has > had || (has === had && now.audit?.digest === before.audit?.digest)) return []
  return [
    `the audit of ${now.name} has ${has} entries and is another than when it had ${had}: somebody changed it, or the machine was put back`,
  ]
}

function ordinal(count: number): string {
  const tens = count % 100
  const end = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th')
  return `${count}${end}`
}
