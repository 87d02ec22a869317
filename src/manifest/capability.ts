// Capabilities: named things that packages provide and require, such as `soname(libz.so.1)` or `name(bash)`.

export interface Capability {
  /** A registered kind: name, soname, binary, … */
  readonly kind: string
  readonly name: string
  readonly version?: string
}

export type RelationOperator = '<<' | '<=' | '=' | '>=' | '>>'

/** A capability asked for, with an optional bound on the provider's version. */
export interface Relation {
  readonly kind: string
  readonly name: string
  readonly bound?: { readonly operator: RelationOperator; readonly version: string }
}
