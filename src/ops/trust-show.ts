// trust show: who can make this host do what, in plain words; and whether its root is the one that somebody was told.
import type { Outside } from '../host/outside.ts'
import { readCounters } from '../state/counters-file.ts'
import { assertFingerprint, spellingsOf } from '../trust/fingerprint.ts'
import { rootDigest } from '../trust/root.ts'
import type { Role } from '../trust/root.ts'
import { readHostIdentity } from './host-keys.ts'
import { readHostRoot } from './host-trust.ts'
import { managedPlaces } from './installed.ts'

const powers: Readonly<Record<Role, string>> = {
  root: 'may replace all the keys below',
  channel: 'may say which packages exist and are current, and let this host go back, once each time',
  packager: 'may make packages that a channel takes in',
  exporter: 'may choose, among what a channel offers, what this host gets',
}

/** Throws TRUST_FINGERPRINT unless `expect` is that of the root. */
export async function showTrust(
  outside: Outside,
  { root: managedRoot, expect }: { readonly root: string; readonly expect?: string | undefined },
) {
  const places = managedPlaces(outside, managedRoot)
  const root = readHostRoot(outside.disk, places)
  assertFingerprint({ what: 'trust root', digest: rootDigest(root) }, expect)
  const identity = readHostIdentity(outside, places)
  const counters = readCounters(outside.disk, places)
  const roles = (Object.keys(powers) as Role[]).map((name) => ({
    name,
    threshold: root.roles[name].threshold,
    keys: root.roles[name].keys,
    may: powers[name],
  }))
  const everywhere = new Set(
    root.keys
      .map(({ id }) => id)
      .filter((id) => roles.every((role) => role.threshold === 1 && role.keys.includes(id))),
  )
  const lone = root.roles.root.threshold === 1 ? root.roles.root.keys : []
  return {
    version: root.version,
    epoch: root.epoch,
    ...spellingsOf(rootDigest(root)),
    isCompared: expect !== undefined,
    /** What nobody can lead this host back behind. */
    seen: {
      timeFloor: counters.timeFloor,
      serials: Object.entries(counters.serials).map(([channel, { serial }]) => ({ channel, serial })),
    },
    roles,
    /** The host's own key, by which a station knows it. */
    host: { id: identity.id, name: identity.name, ...spellingsOf(identity.key.publicKey.id) },
    warnings: lone.map(
      (key) =>
        `key ${key.slice(0, 16)} alone may ${everywhere.has(key) ? 'do all of this' : 'make the next root, and so do all of this'}: whoever takes it can make this host do anything`,
    ),
  }
}
