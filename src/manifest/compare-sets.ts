// What differs between two sets of packages, by name: what comes, what goes, what changes version. Sets hold at most
// one package of a name.
import { compareText } from '../base/bytes.ts'
import type { PackageId } from '../base/ids.ts'
import type { Manifest } from './manifest.ts'

export interface SetMember {
  readonly id: PackageId
  readonly manifest: Pick<Manifest, 'name' | 'version'>
}

/** Versions; alike where another package stands under the same version. */
export interface SetChange {
  readonly name: string
  /** Absent for what comes. */
  readonly from?: string
  /** Absent for what goes. */
  readonly to?: string
}

/** Sorted by name. */
export function compareSets(before: readonly SetMember[], after: readonly SetMember[]): readonly SetChange[] {
  const old = new Map(before.map((member) => [member.manifest.name, member]))
  const now = new Map(after.map((member) => [member.manifest.name, member]))
  return [...new Set([...old.keys(), ...now.keys()])].sort(compareText).flatMap((name) => {
    const [from, to] = [old.get(name), now.get(name)]
    if (from?.id === to?.id) return []
    return [{ name, ...(from && { from: from.manifest.version }), ...(to && { to: to.manifest.version }) }]
  })
}
