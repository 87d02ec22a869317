// When a package satisfies a relation. Every package provides name(NAME) = VERSION without saying so. A bound
// asks for a provided version and compares it in the provider's scheme; what is provided without a version
// satisfies only relations without a bound, as in Debian.
import type { Capability, Relation, RelationOperator } from './capability.ts'
import type { Manifest } from './manifest.ts'
import { compareVersions, type VersionScheme } from './version.ts'

/** The part of a manifest that relations look at. */
export type Provider = Pick<Manifest, 'name' | 'version' | 'scheme' | 'provides'>

export const isInBound = (order: number, operator: RelationOperator): boolean =>
  operator === '='
    ? order === 0
    : operator === '<<'
      ? order < 0
      : operator === '<='
        ? order <= 0
        : operator === '>='
          ? order >= 0
          : order > 0

/** Whether a capability, as provided under `scheme`, is what the relation asks for. */
export function satisfies(provided: Capability, scheme: VersionScheme, relation: Relation): boolean {
  if (provided.kind !== relation.kind || provided.name !== relation.name) return false
  const { bound } = relation
  if (bound === undefined) return true
  if (provided.version === undefined) return false
  return isInBound(compareVersions(scheme, provided.version, bound.version), bound.operator)
}

/** The package's own name as the capability that it always provides. */
export const ownCapability = ({ name, version }: Pick<Provider, 'name' | 'version'>): Capability => ({
  kind: 'name',
  name,
  version,
})

/** Whether the package itself, whatever it provides, has a version that the relation to its name asks for. */
export const isWithin = (relation: Relation, provider: Omit<Provider, 'provides'>): boolean =>
  satisfies(ownCapability(provider), provider.scheme, relation)

export const provides = (provider: Provider, relation: Relation): boolean =>
  isWithin(relation, provider) ||
  provider.provides.some((provided) => satisfies(provided, provider.scheme, relation))
