// Which half of the loop a verb of both is asked for.
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'
import type { Call } from './verb.ts'

/** As --root or --home says, else what this machine is. Throws CLI_USAGE where it is both, or neither. */
export async function sideOf(call: Call): Promise<'host' | 'station'> {
  const [saysHost, saysStation] = [call.has('root'), call.has('home')]
  if (saysHost !== saysStation) return saysHost ? 'host' : 'station'
  const { sidesOf } = await import('../ops/sides.ts')
  const { isHost, isStation } = sidesOf(call.outside, { root: call.root, home: call.home })
  if (isHost !== isStation) return isHost ? 'host' : 'station'
  throw new MossError('CLI_USAGE', {
    problem: isHost
      ? `${display(call.root)} is a managed root and ${display(call.home)} a station: say --root DIR or --home DIR`
      : `neither is ${display(call.root)} a managed root, nor ${display(call.home)} a station: say --root DIR or --home DIR`,
    see: call.word,
  })
}
