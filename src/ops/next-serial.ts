// The serial after the newest, signed, with what a publisher has changed in it: it stays fresh as long as that one was meant to.
import type { PublishPlan } from '../channel/plan-publish.ts'
import type { PublishedSnapshot } from '../channel/snapshot-folder.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { publishDate } from './channels.ts'
import { type AskPassphrase, type Station, signersFor, stationRoot } from './station.ts'

/** Throws KEY_ABSENT, KEY_PASSPHRASE, PLAN_STALE. */
export async function publishNext(
  station: Station,
  {
    channel,
    plan,
    ask,
  }: { readonly channel: StationChannel; readonly plan: PublishPlan; readonly ask: AskPassphrase },
): Promise<PublishedSnapshot> {
  const root = stationRoot(station)
  const before = channel.snapshots.latest()?.snapshot
  const signers = await signersFor(station, { role: 'channel', root, ask })
  const created = publishDate(station.outside, { root, latest: before?.created })
  const expires = before?.expires && created + before.expires - before.created
  return channel.publish(plan, { created, expires, signers })
}
