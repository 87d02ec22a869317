// trust show: who can make this host do what, in plain words.
import type { Outside } from '../host/outside.ts'
import { fingerprintOf, fingerprintWords } from '../trust/fingerprint.ts'
import type { Role } from '../trust/root.ts'
import { managedPlaces } from './installed.ts'
import { readTrustRoot } from './station.ts'
import { trustRootPath } from './host-keys.ts'

const powers: Readonly<Record<Role, string>> = {
  root: 'may replace all the keys below',
  channel: 'may say which packages exist and which versions are current',
  packager: 'may make packages that a channel takes in',
  exporter: 'may choose, among what a channel offers, what this host gets',
}

export async function showTrust(outside: Outside, { root: managedRoot }: { readonly root: string }) {
  const places = managedPlaces(outside, managedRoot)
  const { root } = readTrustRoot(outside.disk, trustRootPath(places))
  const roles = (Object.keys(powers) as Role[]).map((name) => ({
    name,
    threshold: root.roles[name].threshold,
    keys: root.roles[name].keys,
    may: powers[name],
  }))
  const everywhere = root.keys.filter((key) =>
    roles.every((role) => role.threshold === 1 && role.keys.includes(key.id)),
  )
  return {
    version: root.version,
    epoch: root.epoch,
    fingerprint: fingerprintOf(root),
    words: fingerprintWords(root),
    roles,
    warnings: everywhere.map(
      (key) =>
        `key ${key.id.slice(0, 16)} alone may do all of this: whoever takes it can make this host do anything`,
    ),
  }
}
