// What a channel says of versions that it offered: on the station said and taken back, on a host told where it matters.
import { MossError } from '../base/error.ts'
import { type Advisory, longestAdvisory, type Snapshot } from '../channel/snapshot.ts'
import type { Outside } from '../host/outside.ts'
import { compareVersions, isVersion, type VersionScheme } from '../manifest/version.ts'
import type { ToldAdvisory } from './changes.ts'
import { type OfChannel, stationChannel } from './channels.ts'
import { type AskPassphrase, openStation, signersFor, stationRoot } from './station.ts'

/** Publishes the next serial with the same packages. Throws NOT_FOUND, CLI_USAGE, KEY_ABSENT. */
export async function adviseChannel(
  outside: Outside,
  request: OfChannel & {
    readonly package: string
    /** Undefined: what was said of the package before is taken back. */
    readonly advisory: Omit<Advisory, 'package'> | undefined
    readonly ask: AskPassphrase
  },
) {
  using station = openStation(outside, { home: request.home, how: 'write' })
  const root = stationRoot(station)
  const channel = stationChannel(station, request.channel)
  const before = channel.latestSnapshot()?.snapshot
  const offered = before?.packages.filter(({ name }) => name === request.package) ?? []
  const [one] = offered
  if (before === undefined || one === undefined)
    throw new MossError('NOT_FOUND', { what: `package of channel ${channel.name}`, name: request.package })
  const { advisory } = request
  if (advisory !== undefined) checkAdvisory(advisory, channel.package(one.id)?.manifest.scheme ?? 'moss')
  const others = before.advisories.filter(
    (each) => each.package !== request.package || (advisory !== undefined && each.before !== advisory.before),
  )
  const advisories = advisory === undefined ? others : [...others, { package: request.package, ...advisory }]
  const signers = await signersFor(station, { role: 'channel', root, ask: request.ask })
  const created = Math.floor(outside.nowMs() / 1000)
  const { snapshot } = channel.publish(channel.planAdvise(advisories), {
    created,
    expires: before.expires,
    signers,
  })
  return {
    channel: channel.name,
    serial: snapshot.serial,
    advisories: snapshot.advisories.filter((each) => each.package === request.package),
  }
}

function checkAdvisory({ before, text }: Omit<Advisory, 'package'>, scheme: VersionScheme): void {
  const refuse = (problem: string): never => {
    throw new MossError('CLI_USAGE', { problem, see: 'channel advise' })
  }
  if (!isVersion(scheme, before)) refuse(`${before} is no version of that package`)
  if (text === '' || text.length > longestAdvisory)
    refuse(`an advisory has 1 to ${longestAdvisory} characters`)
}

interface Installed {
  readonly name: string
  readonly version: string
}

/** Of those that concern a package before or after the change: what it mends, and what stays. */
export function tellAdvisories(
  { advisories }: Pick<Snapshot, 'advisories'>,
  set: {
    readonly before: readonly Installed[]
    readonly after: readonly (Installed & { readonly scheme: VersionScheme })[]
  },
): readonly ToldAdvisory[] {
  const was = new Map(set.before.map(({ name, version }) => [name, version]))
  return set.after.flatMap(({ name, version, scheme }) => {
    const isOlder = (than: string, installed: string | undefined): boolean =>
      installed !== undefined && compareVersions(scheme, installed, than) < 0
    return advisories
      .filter((advisory) => advisory.package === name)
      .filter(({ before }) => isOlder(before, version) || isOlder(before, was.get(name)))
      .map((advisory) => ({ ...advisory, version, isMended: !isOlder(advisory.before, version) }))
  })
}
