// Is a bundle's package set acceptable to this host? It is checked, never solved again: whole, free of conflicts, each
// package asked for by the model as it is or as it was when the state was last exported. What the model has come to
// wish for since then is told, and goes on the next export.
import { MossError } from '../base/error.ts'
import type { BundlePackage, ReadBundle } from '../bundle/read-bundle.ts'
import { formatRelation, type Relation } from '../manifest/capability.ts'
import { isWithin, provides } from '../manifest/match.ts'
import { checkClosure } from '../solve/closure.ts'
import { type Model, parseModel } from '../solve/model.ts'
import { traceReasons } from '../solve/trace.ts'
import type { PackageReason } from '../state/record.ts'
import type { HostSession } from './host.ts'
import { readModel } from './model-file.ts'
import { recordReason } from './reasons.ts'
import { readExported } from './receipt.ts'

export interface JudgedSet {
  readonly packages: readonly (BundlePackage & { readonly reason: PackageReason })[]
  /** Subscriptions that nothing in the set serves. */
  readonly unmet: readonly Relation[]
  /** What the model as it is now would not have chosen so, in words. */
  readonly against: readonly string[]
  /** The model's text that the set was judged against. */
  readonly model: string
}

/** Throws BUNDLE_SET_REFUSED with every problem, MODEL_INVALID. */
export function judgeSet(
  host: HostSession,
  { packages: set, snapshot }: Pick<ReadBundle, 'packages' | 'snapshot'>,
): JudgedSet {
  const now = readModel(host.outside, host.places)
  const isServed = (wish: Relation): boolean => set.some((each) => provides(each.manifest, wish))
  const exported = exportedModel(host)
  const asked = {
    subscriptions: [...now.model.subscriptions, ...(exported?.subscriptions ?? [])].filter(isServed),
    recommends:
      now.model.recommends === 'follow' || exported?.recommends === 'follow'
        ? ('follow' as const)
        : ('ignore' as const),
    architecture: now.model.architecture,
  }
  const problems = [
    ...foreignChannel(now.model, snapshot.channel),
    ...checkClosure(set, asked),
    ...takenAway(host, { model: now.model, isServed }),
  ]
  if (problems.length > 0) throw new MossError('BUNDLE_SET_REFUSED', { problems })
  const byId = new Map(set.map((each) => [each.id, each]))
  const { reached } = traceReasons(asked, set)
  const packages = reached.map(({ candidate, reason }) => ({
    ...(byId.get(candidate.id) as BundlePackage),
    reason: recordReason(reason),
  }))
  return {
    packages,
    unmet: now.model.subscriptions.filter((wish) => !isServed(wish)),
    against: limitsPassed(host, now.model, set),
    model: now.text,
  }
}

/** Serials guard each channel alone: by one that was never followed, an exporter could lead this host back. */
const foreignChannel = (model: Model, channel: string): readonly string[] =>
  channel === model.channel ? [] : [`it is of channel ${channel}, and the model follows ${model.channel}`]

/** A set may lack what the model came to ask for, but never what this host has and its model still asks for. */
function takenAway(
  host: HostSession,
  { model, isServed }: { readonly model: Model; readonly isServed: (wish: Relation) => boolean },
): readonly string[] {
  const unserved = model.subscriptions.filter((wish) => !isServed(wish))
  if (unserved.length === 0) return []
  const installed = host.states.manifests(host.states.current().number)
  return unserved
    .filter((wish) => installed.some((manifest) => provides(manifest, wish)))
    .map((wish) => `it takes away ${formatRelation(wish)}, which this host has and its model asks for`)
}

/** Holds, pins and exclusions that came after the state was exported: the station chose without them. */
function limitsPassed(
  host: HostSession,
  { holds, pins, excluded }: Model,
  set: readonly BundlePackage[],
): readonly string[] {
  const current = new Map(host.states.current().packages.map(({ name, version }) => [name, version]))
  return set.flatMap(({ manifest }) => {
    const { name, version } = manifest
    const had = current.get(name)
    return [
      ...(excluded.includes(name) ? [`${name} is excluded`] : []),
      ...pins
        .filter((pin) => pin.name === name && !isWithin(pin, manifest))
        .map(
          ({ bound }) => `${name} is pinned to ${bound?.operator} ${bound?.version}, and this is ${version}`,
        ),
      ...(holds.includes(name) && had !== undefined && had !== version
        ? [`${name} is held at ${had}, and this is ${version}`]
        : []),
    ]
  })
}

function exportedModel(host: HostSession): Model | undefined {
  const exported = readExported(host)
  return exported && parseModel(exported.model, 'the exported model')
}
