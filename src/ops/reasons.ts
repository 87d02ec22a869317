// Why a package is there, in the words of plans and of `why`: what asked for it, and what else would have served.
import { unlessRefused } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { formatRelation, parseRelation } from '../manifest/capability.ts'
import type { Reason } from '../solve/candidate.ts'
import { sayFew } from '../solve/phrases.ts'
import type { Universe } from '../solve/universe.ts'
import type { PackageReason } from '../state/record.ts'
import { catalogueIfAny } from './kept-catalogues.ts'

/** As a state records it: relations in their text form. */
export const recordReason = (reason: Reason): PackageReason =>
  reason.kind === 'subscription'
    ? { kind: reason.kind, subscription: formatRelation(reason.subscription) }
    : { kind: reason.kind, by: reason.byName, relation: formatRelation(reason.relation) }

export const sayReason = (reason: PackageReason): string =>
  reason.kind === 'subscription'
    ? `subscribed: ${reason.subscription}`
    : `${reason.by} ${verbOf[reason.kind]} ${reason.relation}`

const verbOf = { requirement: 'requires', recommendation: 'recommends' } as const

/** What else would serve, as the end of a sentence; empty where nothing would. */
export type SayOthers = (reason: PackageReason, chosen: string) => string

export const othersIn =
  (universe: Pick<Universe, 'find' | 'nameOf'>): SayOthers =>
  (reason, chosen) => {
    const text = reason.kind === 'subscription' ? reason.subscription : reason.relation
    // A kind that this moss does not know yet can be asked for by a package, and not by a person; and texts of a
    // catalogue that rotted may be told only when they are asked for.
    const names = unlessRefused(() => {
      const relation = parseRelation(text)
      return new Set(Array.from(universe.find(relation), (position) => universe.nameOf(position)))
    })
    names?.delete(chosen)
    return names === undefined || names.size === 0 ? '' : `, for which ${sayFew([...names])} would serve too`
  }

/** By the catalogue that this host has of its channel; without one, or with one that rotted, nothing is said of others. */
export function othersAt(outside: Outside, root: string): SayOthers {
  const catalogue = catalogueIfAny(outside, root)
  return catalogue === undefined ? () => '' : othersIn(catalogue)
}
