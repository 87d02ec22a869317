// What a description in TOML says of other packages: lists of capabilities, in which a `|` parts what serves as well.
import { isMossError } from '../base/error.ts'
import type { Refuse } from '../base/toml.ts'
import { parseCapability, parseRelation, type Relation } from '../manifest/capability.ts'
import type { ManifestRelations } from '../manifest/manifest.ts'

export const relationKeys = ['provides', 'requires', 'recommends', 'conflicts', 'replaces'] as const
export type RelationKey = (typeof relationKeys)[number]

export type SaidRelations = Partial<Record<RelationKey, readonly string[]>>

export function readRelations(lists: SaidRelations, refuse: Refuse): ManifestRelations {
  const each = <T>(key: RelationKey, read: (text: string) => T): readonly T[] =>
    readEach(lists[key] ?? [], { key, read, refuse })
  const alternatives = (text: string): readonly Relation[] => text.split('|').map(parseRelation)
  return {
    provides: each('provides', parseCapability),
    requires: each('requires', alternatives),
    ...(lists.recommends !== undefined &&
      lists.recommends.length > 0 && { recommends: each('recommends', alternatives) }),
    conflicts: each('conflicts', parseRelation),
    replaces: each('replaces', parseRelation),
  }
}

/** What `read` throws of ours is told with the key that it stands under. */
export const readEach = <T>(
  texts: readonly string[],
  by: { readonly key: string; readonly read: (text: string) => T; readonly refuse: Refuse },
): readonly T[] =>
  texts.map((text) => {
    try {
      return by.read(text)
    } catch (error) {
      if (isMossError(error)) return by.refuse(`${by.key}: ${error.message}`)
      throw error
    }
  })
