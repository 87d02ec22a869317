// What a station notices when a host it knows sends another state: one that is older than what it has of it, two states of
// one number, an audit that lost lines. A state proves who wrote it; only beside the one before it tells whether
// somebody put the machine back, or runs it twice.
import { formatDate } from '../base/format.ts'
import { heardSerial, type HostState } from './host-state.ts'

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
  return [...wentBack(before, now), ...lostLines(before, now)]
}

/** What a machine never lowers by itself: put back from a copy, or by a root or a grant that says so. */
function wentBack(before: HostState, now: HostState): readonly string[] {
  const said: string[] = []
  const tell = (what: string, had: string, has: string, unless: string): void => {
    said.push(`the ${what} of ${now.name} went back from ${had} to ${has}: ${unless}the machine was put back`)
  }
  if (now.rootVersion < before.rootVersion)
    tell('trust root', `${before.rootVersion}`, `${now.rootVersion}`, '')
  if (now.timeFloor < before.timeFloor && now.rootVersion === before.rootVersion)
    tell('time floor', formatDate(before.timeFloor), formatDate(now.timeFloor), '')
  for (const { channel, serial } of before.heard?.serials ?? []) {
    const has = heardSerial(now, { channel, epoch: before.heard?.epoch ?? 0 })
    if (now.heard?.epoch === before.heard?.epoch && has < serial)
      tell(`newest serial of channel ${channel}`, `${serial}`, `${has}`, 'a grant led it there, or ')
  }
  return said
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
