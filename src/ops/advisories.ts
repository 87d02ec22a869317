// What a channel says of versions that it offered: on the station said and taken back, on a host told where it matters.
import { planAdvise } from '../channel/plan-publish.ts'
import { MossError } from '../base/error.ts'
import { type Advisory, longestAdvisory, mostAdvisories, type Snapshot } from '../channel/snapshot.ts'
import type { Outside } from '../host/outside.ts'
import { compareVersions, isVersion, type VersionScheme } from '../manifest/version.ts'
import type { ToldAdvisory } from './changes.ts'
import { type OfChannel, stationChannel } from './channels.ts'
import { publishNext } from './next-serial.ts'
import { type AskPassphrase, openStation } from './station.ts'

/**
 * Publishes the next serial with the same packages, unless it is said already. What is said of a package that is not
 * offered any more can be taken back. Throws NOT_FOUND, CLI_USAGE, KEY_ABSENT.
 */
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
  const channel = stationChannel(station, request.channel)
  const latest = channel.snapshots.latest()
  const before = latest?.snapshot
  const offered = before?.packages.find(({ name }) => name === request.package)
  const said = before?.advisories.filter((each) => each.package === request.package) ?? []
  const { advisory } = request
  const lower = offered && channel.lowerWith(offered.id)
  if (lower !== undefined && !channel.packages().some(({ id }) => id === offered?.id))
    refuse(`${request.package} is of channel ${lower.name}: say it there, and publish ${channel.name} again`)
  if (before === undefined || (offered === undefined && (advisory !== undefined || said.length === 0)))
    throw new MossError('NOT_FOUND', { what: `package of channel ${channel.name}`, name: request.package })
  if (advisory !== undefined && offered !== undefined)
    checkAdvisory(advisory, channel.package(offered.id)?.manifest.scheme ?? 'moss')
  const isSaid =
    advisory === undefined
      ? said.length === 0
      : said.some((each) => each.before === advisory.before && each.text === advisory.text)
  if (isSaid) return { channel: channel.name, serial: before.serial, advisories: said, isNew: false }
  const others = before.advisories.filter(
    (each) => each.package !== request.package || (advisory !== undefined && each.before !== advisory.before),
  )
  const advisories = advisory === undefined ? others : [...others, { package: request.package, ...advisory }]
  if (latest?.isUnderRoot === false)
    refuse(
      `serial ${before.serial} is signed under an older trust root: moss channel publish ${channel.name} first`,
    )
  if (advisories.length > mostAdvisories) refuse(`a channel has at most ${mostAdvisories} advisories`)
  const { snapshot } = await publishNext(station, {
    channel,
    plan: planAdvise(channel, advisories),
    ask: request.ask,
  })
  return {
    channel: channel.name,
    serial: snapshot.serial,
    advisories: snapshot.advisories.filter((each) => each.package === request.package),
    isNew: true,
  }
}

function refuse(problem: string): never {
  throw new MossError('CLI_USAGE', { problem, see: 'channel advise' })
}

function checkAdvisory({ before, text }: Omit<Advisory, 'package'>, scheme: VersionScheme): void {
  if (!isVersion(scheme, before)) refuse(`${before} is no version of that package`)
  if (text === '' || text.length > longestAdvisory)
    refuse(`an advisory has 1 to ${longestAdvisory} characters`)
}

interface Installed {
  readonly name: string
  readonly version: string
}

/** Of those that concern a package that stays or comes: what the change mends, and what it does not. */
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
