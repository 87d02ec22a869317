// What a way of carrying an update is to the bench: it is given two trees and an empty folder, and tells what it
// carried and what that cost. Every way undoes nothing of what it was given, checks that what it made is B, and
// counts whatever a station or a host must do once both versions lie there as trees, or as what it keeps of trees.
import type { Cost, TimedCost } from './timed.ts'

export interface Row {
  /** Such as `ostree`, or `moss default`. */
  readonly way: string
  readonly version: string
  /** Size of what lies on the medium. */
  readonly bytes: number
  readonly make: Cost
  /** Undefined for a way that has no program for it. */
  readonly apply?: Cost
  /** Where the bytes went, or what is not counted. */
  readonly note?: string
}

export interface Trees {
  /** Absolute paths, only read. */
  readonly a: string
  readonly b: string
  /** An empty folder of the way's own. */
  readonly work: string
  readonly timed: Timed
}

/** What a bash script costs in the way's folder, on warm memory. */
export type Timed = (script: string) => TimedCost

export interface Peer {
  readonly name: string
  readonly programs: readonly string[]
  /** What prints the version; its first line is kept. */
  readonly version: string
  measure(trees: Trees): Omit<Row, 'way' | 'version'>
}

export const versionOf = (peer: Peer, print: (script: string) => string): string =>
  print(peer.version).split('\n')[0]?.trim() ?? ''

/** For a peer: what it made must be B. */
export function assertSame(name: string, problems: readonly string[]): void {
  if (problems.length > 0)
    throw new Error(
      `${name} did not make B: ${problems.length} differences, such as ${problems.slice(0, 3).join('; ')}`,
    )
}
