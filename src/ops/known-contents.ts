// What the metadata of an export may be written against: planned from what the hosts' states say and what the channel still
// has, and read again when the bundle is read back.
import { digestOf } from '../base/digest.ts'
import type { ContentDigest, PackageId } from '../base/ids.ts'
import { knownBytes } from '../bundle/export.ts'
import { type KnownPlan, planKnown } from '../carry/plan-known.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import type { ReadKnown } from '../container/known.ts'
import type { HostState } from '../fleet/host-state.ts'

export function planKnownContents(
  channel: StationChannel,
  {
    hosts,
    carried,
  }: {
    readonly hosts: readonly { readonly state: HostState; readonly has: readonly PackageId[] }[]
    readonly carried: readonly PackageId[]
  },
): KnownPlan {
  return planKnown({
    hosts: hosts.map(({ has, state: { lacking, snapshots = [] } }) => ({ has, lacking, snapshots })),
    carried,
    snapshots: followedSnapshots(
      channel,
      hosts.map(({ state }) => state),
    ),
    package: (id) => {
      const file = channel.package(id)
      return file && { manifest: file.manifest, sizeBytes: file.manifestBytes.length }
    },
  })
}

/** Those that some host follows now, as far as they are here. */
function followedSnapshots(channel: StationChannel, states: readonly HostState[]) {
  const followed = new Set(states.map((state) => state.channel?.serial))
  return channel.snapshots
    .serials()
    .filter((serial) => followed.has(serial))
    .map((serial) => {
      const { bytes } = channel.snapshots.read(serial)
      return { serial, content: digestOf<ContentDigest>(bytes), sizeBytes: bytes.length }
    })
}

export function readKnownContents(channel: StationChannel, plan: KnownPlan): ReadKnown {
  const { inHead, listed } = knownBytes(channel, plan)
  const found = new Map(listed.map(({ content, bytes }) => [content, bytes]))
  for (const bytes of inHead) found.set(digestOf<ContentDigest>(bytes), bytes)
  return (content) => found.get(content)
}
