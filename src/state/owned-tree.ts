// The plan of a state's tree as its record has it, and whose each path is: what a tree is checked against and made anew
// from.
import type { PackageId } from '../base/ids.ts'
import { mergeLayouts } from '../manifest/merged-layout.ts'
import { readManifest } from './manifests.ts'
import { type StateParts, treeOf } from './parts.ts'
import { manifestsPath } from './places.ts'
import type { StateRecord } from './record.ts'
import { type PlannedPackage, planTree, type TreePlan, withMade } from './tree-plan.ts'

export interface OwnedTree {
  readonly plan: TreePlan
  readonly packages: readonly PlannedPackage[]
  /** `package tide`, `trigger ldconfig`; undefined for what is moss's own. */
  readonly ownerOf: (path: string) => string | undefined
}

/** Throws STATE_BROKEN, naming the package, where a manifest is lost. */
export function ownedTree(parts: StateParts, record: StateRecord): OwnedTree {
  const tree = treeOf(parts, record.number)
  const place = { disk: parts.outside.disk, places: parts.places }
  const packages = record.packages.map((recorded) => {
    const { manifest, sizeBytes } = readManifest(place, { tree, recorded })
    return { id: recorded.id, manifest, manifestBytes: sizeBytes }
  })
  const plan = planTree(packages)
  let owners: ReadonlyMap<string, string> | undefined
  return {
    plan: withMade(plan, record.made),
    packages,
    ownerOf: (path) => (owners ??= ownersIn(packages, record)).get(path),
  }
}

function ownersIn(packages: readonly PlannedPackage[], record: StateRecord): ReadonlyMap<string, string> {
  const names = new Map<PackageId, string>()
  const owners = new Map<string, string>()
  for (const { id, manifest } of packages) {
    names.set(id, `package ${manifest.name}`)
    owners.set(`usr/${manifestsPath}/${id}`, `package ${manifest.name}`)
  }
  for (const { entry, owner } of mergeLayouts(packages).entries)
    owners.set(entry.path, names.get(owner) ?? owner)
  for (const { path, trigger } of record.made) owners.set(path, `trigger ${trigger}`)
  return owners
}
