// Packages in short hand for tests of the solver: `offer('git 2.39', { requires: ['libc6 >= 2.36', 'a | b'] })`.
import { digestOf } from '../../src/base/digest.ts'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import type { PackageId } from '../../src/base/ids.ts'
import { parseCapability, parseRelation } from '../../src/manifest/capability.ts'
import type { Candidate } from '../../src/solve/candidate.ts'
import type { Model } from '../../src/solve/model.ts'

export interface Relations {
  readonly provides?: readonly string[]
  /** Alternatives are separated by `|`. */
  readonly requires?: readonly string[]
  readonly recommends?: readonly string[]
  readonly conflicts?: readonly string[]
  readonly architecture?: string
}

/** The id depends on nothing else. */
export function offer(title: string, relations: Relations = {}): Candidate {
  const [name = '', version = '1'] = title.split(' ')
  const id = digestOf<PackageId>(encodeUtf8(JSON.stringify([title, relations])))
  return {
    id,
    manifest: {
      name,
      version,
      scheme: 'deb',
      architecture: relations.architecture ?? 'any',
      provides: (relations.provides ?? []).map(parseCapability),
      requires: (relations.requires ?? []).map((text) => text.split('|').map(parseRelation)),
      ...(relations.recommends !== undefined && {
        recommends: relations.recommends.map((text) => text.split('|').map(parseRelation)),
      }),
      conflicts: (relations.conflicts ?? []).map(parseRelation),
      replaces: [],
    },
  }
}

export const modelOf = (
  subscriptions: readonly string[],
  holds: readonly string[] = [],
  {
    pins = [],
    excluded = [],
    recommends = 'ignore',
    architecture,
  }: {
    readonly pins?: readonly string[]
    readonly excluded?: readonly string[]
    readonly recommends?: Model['recommends']
    readonly architecture?: string | undefined
  } = {},
): Model => ({
  channel: 'stable',
  architecture,
  subscriptions: subscriptions.map(parseRelation),
  holds,
  pins: pins.map(parseRelation),
  excluded,
  recommends,
  expired: 'warn',
  sync: 'ask',
  checks: [],
})
