// What the solver chooses among, as numbers: packages, relations and requirements each have one, so that a channel of a
// whole distribution can be asked without making an object of each of its packages.
import type { Relation } from '../manifest/capability.ts'
import type { Candidate } from './candidate.ts'

/** Numbers, in a list or a typed array. */
export type Numbers = ArrayLike<number> & Iterable<number>

export interface Universe {
  /** Packages are 0 to `size` - 1. */
  readonly size: number
  nameOf(position: number): string
  architectureOf(position: number): string
  /** Of its files, rounded up to KiB. */
  sizeBytesOf(position: number): number
  /** All packages of its name, itself among them, newest first. */
  siblingsOf(position: number): Numbers
  /** What each needs one of; the same alternatives have the same number. */
  requirementsOf(position: number): Numbers
  /** Requirements that nothing fails without. */
  recommendationsOf(position: number): Numbers
  /** The relations of a requirement, the preferred first. */
  alternativesOf(requirement: number): Numbers
  /** Relations that it cannot be with. */
  conflictsOf(position: number): Numbers
  relation(number: number): Relation
  /** The packages, each once and by name, the newest first, that satisfy the relation of this number. */
  providersOf(number: number): Numbers
  /** The same for one that nobody here need name. */
  find(relation: Relation): Numbers
  /** The whole package: an object, made when it is asked for. */
  candidate(position: number): Candidate
  /** Where it stands, or undefined. */
  positionOf(candidate: Candidate): number | undefined
  /** All that is provided of a kind, packages by their own names included. */
  namesOf(kind: string): Iterable<string>
}
