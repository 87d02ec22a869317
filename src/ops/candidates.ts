// What a shell may offer for a word that is being typed: names of packages, states, hosts, media. It only reads, waits for no lock,
// and has nothing where something cannot be read: a Tab must neither fail nor change anything.
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { formatRelation } from '../manifest/capability.ts'
import { currentRecord } from '../state/parts.ts'
import { managedPlaces } from './installed.ts'
import { followedCatalogue } from './kept-catalogues.ts'
import { readModel } from './model-file.ts'

export interface Candidate {
  readonly value: string
  /** Foreign text, as it came. */
  readonly about: string
}

export type CandidateKind =
  | 'installed'
  | 'offered'
  | 'package'
  | 'subscribed'
  | 'held'
  | 'pinned'
  | 'excluded'
  | 'state'
  | 'host'
  | 'group'
  | 'channel'
  | 'key'
  | 'medium'

export interface CandidateRequest {
  readonly kind: CandidateKind
  readonly root: string
  readonly home: string
  /** What they begin with. */
  readonly prefix: string
}

/** In the order in which they should be shown. Never throws a MossError. */
export async function candidatesFor(
  outside: Outside,
  request: CandidateRequest,
): Promise<readonly Candidate[]> {
  const found: Candidate[] = []
  for (const source of sources[request.kind]) {
    try {
      found.push(...(await source(outside, request)))
    } catch (error) {
      if (!(error instanceof MossError)) throw error
    }
  }
  const begun = found.filter(({ value }) => value.startsWith(request.prefix))
  return [...new Map(begun.toReversed().map((each) => [each.value, each])).values()].toReversed()
}

type Source = (
  outside: Outside,
  request: CandidateRequest,
) => readonly Candidate[] | Promise<readonly Candidate[]>

const installed: Source = (outside, { root }) =>
  currentRecord({ outside, places: managedPlaces(outside, root) }).packages.map(({ name, version }) => ({
    value: name,
    about: version,
  }))

/** Of the catalogue no more is read than the names, and what is said of those that fit. */
const offered: Source = (outside, { root, prefix }) => {
  const { catalogue } = followedCatalogue(outside, root)
  const found: Candidate[] = []
  for (let position = 0; position < catalogue.size; position++) {
    const value = catalogue.nameOf(position)
    if (value.startsWith(prefix) && catalogue.isNewest(position))
      found.push({ value, about: catalogue.summaryOf(position) })
  }
  return found
}

const modelOf = (outside: Outside, { root }: CandidateRequest) =>
  readModel(outside, managedPlaces(outside, root)).model

const names = (values: readonly string[]): readonly Candidate[] =>
  values.map((value) => ({ value, about: '' }))

const states: Source = async (outside, { root }) => {
  const { listStates } = await import('./states.ts')
  const rows = await listStates(outside, { root })
  return rows.toReversed().map(({ number, isCurrent, isPinned, packages, serial }) => ({
    value: `${number}`,
    about: [
      isCurrent ? 'current' : '',
      isPinned ? 'pinned' : '',
      `${packages} packages`,
      serial === undefined ? '' : `serial ${serial}`,
    ]
      .filter((part) => part !== '')
      .join(', '),
  }))
}

const fleetOf = async (outside: Outside, { home }: CandidateRequest) =>
  (await import('./fleet-hosts.ts')).listFleet(outside, { home })

/** By name, or by id where two go by one name. */
const hosts: Source = async (outside, request) => {
  const rows = await fleetOf(outside, request)
  const called = Map.groupBy(rows, ({ name }) => name)
  return rows.map(({ name, host }) =>
    called.get(name)?.length === 1 ? { value: name, about: `host ${host}` } : { value: host, about: name },
  )
}

const groups: Source = async (outside, request) => {
  const rows = await fleetOf(outside, request)
  const members = new Map<string, number>()
  for (const group of rows.flatMap((row) => row.groups)) members.set(group, (members.get(group) ?? 0) + 1)
  return [...members].map(([value, count]) => ({ value, about: `group, hosts: ${count}` }))
}

const channels: Source = async (outside, { home }) => {
  const { listChannels } = await import('./channels.ts')
  return (await listChannels(outside, { home })).map(({ channel, serial }) => ({
    value: channel,
    about: serial === undefined ? 'never published' : `serial ${serial}`,
  }))
}

const keys: Source = async (outside, { home }) => {
  const { listKeys } = await import('./keys.ts')
  return (await listKeys(outside, { home })).map(({ name, roles }) => ({
    value: name,
    about: roles.join(', '),
  }))
}

const media: Source = async (outside) => {
  const { mediaNow } = await import('./medium-scan.ts')
  return mediaNow(outside, []).map((value) => ({ value, about: 'medium' }))
}

const sources: Readonly<Record<CandidateKind, readonly Source[]>> = {
  installed: [installed],
  offered: [offered],
  package: [installed, offered],
  subscribed: [
    (outside, request) =>
      names(
        modelOf(outside, request).subscriptions.map((wish) =>
          wish.kind === 'name' && wish.bound === undefined ? wish.name : formatRelation(wish),
        ),
      ),
  ],
  held: [(outside, request) => names(modelOf(outside, request).holds)],
  pinned: [(outside, request) => names(modelOf(outside, request).pins.map(({ name }) => name))],
  excluded: [(outside, request) => names(modelOf(outside, request).excluded)],
  state: [states],
  host: [hosts],
  group: [groups],
  channel: [channels],
  key: [keys],
  medium: [media],
}
