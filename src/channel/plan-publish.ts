// What the next snapshot of a channel would name. A channel may be laid over others: it has what they offer, but for names
// of its own, and of two of them the first that has a name counts. So one signed list says what belongs together, and
// nobody can mix an old list of one channel with a new one of another.
import { MossError } from '../base/error.ts'
import type { PackageId } from '../base/ids.ts'
import type { PackageFile } from './package-file.ts'
import type { Advisory, OfferedPackage, Snapshot } from './snapshot.ts'
import type { StationChannel } from './station-channel.ts'

export interface PublishPlan {
  readonly channel: string
  readonly serial: number
  readonly packages: readonly OfferedPackage[]
  readonly advisories: readonly Advisory[]
  readonly added: readonly OfferedPackage[]
  readonly expired: readonly OfferedPackage[]
}

/**
 * The latest's packages and what was added since, over what the channels below offer now. Throws CHANNEL_BEHIND_ROOT for one of
 * these that no host would believe.
 */
export function planPublish(channel: StationChannel): PublishPlan {
  const latest = channel.snapshots.latest()?.snapshot
  const before = latest?.packages ?? []
  const own = ownOffer(channel, before)
  const lower = lowerOffer(channel, own)
  const packages = [...own, ...lower.packages]
  const [earlier, later] = [idsOf(before), idsOf(packages)]
  return {
    channel: channel.name,
    serial: (latest?.serial ?? 0) + 1,
    packages,
    advisories: unique([...ownAdvisories(channel, { latest, own }), ...lower.advisories]),
    added: packages.filter(({ id }) => !earlier.has(id)),
    expired: before.filter(({ id }) => !later.has(id)),
  }
}

/** Whether it names what `latest` names already, and says the same of it. */
export const changesNothing = ({ added, expired, advisories }: PublishPlan, latest: Snapshot): boolean =>
  added.length === 0 &&
  expired.length === 0 &&
  new Set(advisories.map(keyOf)).symmetricDifference(new Set(latest.advisories.map(keyOf))).size === 0

/** The latest's packages, and other advisories on them. Throws NOT_FOUND before the first is published. */
export function planAdvise(channel: StationChannel, advisories: readonly Advisory[]): PublishPlan {
  const { packages, serial } = publishedBefore(channel)
  return { channel: channel.name, serial: serial + 1, packages, advisories, added: [], expired: [] }
}

/** The latest's packages without `ids`, and nothing that was added since. Throws NOT_FOUND before the first is published. */
export function planExpire(channel: StationChannel, ids: ReadonlySet<PackageId>): PublishPlan {
  const { packages, serial, advisories } = publishedBefore(channel)
  return {
    channel: channel.name,
    serial: serial + 1,
    packages: packages.filter(({ id }) => !ids.has(id)),
    advisories,
    added: [],
    expired: packages.filter(({ id }) => ids.has(id)),
  }
}

export interface UncoveredPackage extends OfferedPackage {
  /** The channel below that offers it. */
  readonly of: string
}

/** What channels below offer under names that are the channel's own only by `ids`: the publishing after these have gone takes it over. */
export function uncoveredWithout(
  channel: StationChannel,
  ids: ReadonlySet<PackageId>,
): readonly UncoveredPackage[] {
  const files = channel.over.length === 0 ? [] : channel.packages()
  const namesOf = (some: readonly PackageFile[]) => new Set(some.map(({ manifest }) => manifest.name))
  const stay = namesOf(files.filter(({ id }) => !ids.has(id)))
  const bare = namesOf(files.filter(({ id }) => ids.has(id))).difference(stay)
  return channel.over.flatMap((lower) => {
    const found = (lower.snapshots.latest()?.snapshot.packages ?? []).filter(({ name }) => bare.has(name))
    for (const { name } of found) bare.delete(name)
    return found.map((offered) => ({ ...offered, of: lower.name }))
  })
}

function publishedBefore(channel: StationChannel): Snapshot {
  const latest = channel.snapshots.latest()
  if (latest !== undefined) return latest.snapshot
  throw new MossError('NOT_FOUND', { what: 'published snapshot of channel', name: channel.name })
}

/** Of one that may be laid over others: what its folder has. One that stands alone goes on to name what it has lost. */
function ownOffer(channel: StationChannel, before: readonly OfferedPackage[]): readonly OfferedPackage[] {
  const files = channel.packages()
  if (channel.isLaidOver) return files.map(offeredOf)
  const named = idsOf(before)
  return [...before, ...files.filter(({ id }) => !named.has(id)).map(offeredOf)]
}

/** What the channels below offer now, without the names of `own`. Throws CHANNEL_BEHIND_ROOT. */
function lowerOffer(
  channel: StationChannel,
  own: readonly Pick<OfferedPackage, 'name'>[],
): Pick<Snapshot, 'packages' | 'advisories'> {
  const taken = new Set(own.map(({ name }) => name))
  const [packages, advisories]: [OfferedPackage[], Advisory[]] = [[], []]
  for (const { name, root, ...lower } of channel.over.map(latestOf)) {
    if (lower.latest === undefined) continue
    const { snapshot, isUnderRoot } = lower.latest
    if (!isUnderRoot)
      throw new MossError('CHANNEL_BEHIND_ROOT', {
        channel: name,
        serial: snapshot.serial,
        version: root.version,
      })
    const found = snapshot.packages.filter((each) => !taken.has(each.name))
    packages.push(...found)
    advisories.push(...snapshot.advisories.filter((each) => !taken.has(each.package)))
    for (const each of found) taken.add(each.name)
  }
  return { packages, advisories }
}

const latestOf = (channel: StationChannel) => ({
  name: channel.name,
  root: channel.root,
  latest: channel.snapshots.latest(),
})

/** Of one that is laid over others it speaks of its own names: what these say of theirs they may take back. */
const ownAdvisories = (
  channel: StationChannel,
  { latest, own }: { readonly latest: Snapshot | undefined; readonly own: readonly OfferedPackage[] },
): readonly Advisory[] => {
  const names = new Set(own.map(({ name }) => name))
  return (latest?.advisories ?? []).filter((each) => !channel.isLaidOver || names.has(each.package))
}

const keyOf = ({ package: name, before, text }: Advisory): string => JSON.stringify([name, before, text])

const unique = (advisories: readonly Advisory[]): readonly Advisory[] => [
  ...new Map(advisories.map((advisory) => [keyOf(advisory), advisory])).values(),
]

const idsOf = (items: readonly { readonly id: PackageId }[]): ReadonlySet<PackageId> =>
  new Set(items.map(({ id }) => id))

const offeredOf = ({ id, manifest }: PackageFile): OfferedPackage => ({
  id,
  name: manifest.name,
  version: manifest.version,
  architecture: manifest.architecture,
})
