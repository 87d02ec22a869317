// channel grant: lets one host go back to an older serial of a channel, once; and such grants on their way into a bundle.
import { MossError } from '../base/error.ts'
import { encodeGrant, readGrant } from '../channel/grant-file.ts'
import { heardSerial } from '../fleet/host-state.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import type { SignedGrant } from '../trust/grant.ts'
import type { Root } from '../trust/root.ts'
import { stationChannel } from './channels.ts'
import { readStates } from './fleet.ts'
import { type AskPassphrase, openStation, signersFor, stationRoot } from './station.ts'

export interface MakeGrant {
  readonly home: string
  readonly channel: string
  /** Of the one host that may go back, which says where from: a state file, or the id of one that is kept. */
  readonly states: readonly string[]
  readonly to: number
  readonly days: number
  readonly output: string
  readonly ask: AskPassphrase
}

const daySeconds = 24 * 60 * 60

export async function makeGrant(outside: Outside, request: MakeGrant) {
  using station = openStation(outside, { home: request.home, how: 'read' })
  const { disk } = outside
  const root = stationRoot(station)
  const channel = stationChannel(station, request.channel)
  const { sent, warnings } = await readStates(station, request.states)
  const [only, ...others] = sent
  if (only === undefined || others.length > 0)
    throw new MossError('CLI_USAGE', { problem: 'a grant is for one host', see: 'channel grant' })
  const { state } = only
  const from = heardSerial(state, { channel: channel.name, epoch: root.epoch })
  if (!channel.snapshots.serials().includes(request.to))
    throw new MossError('NOT_FOUND', { what: `serial of channel ${channel.name}`, name: String(request.to) })
  if (request.to >= from)
    throw new MossError('CLI_USAGE', {
      problem: `${state.name} has serial ${from}, so ${request.to} is no way back and needs no grant`,
      see: 'channel grant',
    })
  const created = Math.floor(outside.nowMs() / 1000)
  const expires = created + request.days * daySeconds
  const grant = { channel: channel.name, epoch: root.epoch, host: state.host, from, to: request.to, expires }
  const signers = await signersFor(station, { role: 'channel', root, ask: request.ask })
  writeDurably(disk, request.output, encodeGrant(grant, created, signers), { mode: 0o644 })
  return { ...grant, name: state.name, file: request.output, warnings }
}

/** What a bundle shall carry: genuine, and each for one of its hosts. */
export interface CarriedGrant {
  readonly bytes: Uint8Array
  readonly grant: SignedGrant
}

export const readGrants = (
  { disk }: Outside,
  { files, root }: { readonly files: readonly string[]; readonly root: Root },
): readonly CarriedGrant[] =>
  files.map((file) => {
    if (disk.lstat(file) === undefined) throw new MossError('NOT_FOUND', { what: 'grant', name: file })
    const bytes = disk.readFile(file, 1024 * 1024)
    return { bytes, grant: readGrant(bytes, { root, name: file }) }
  })
