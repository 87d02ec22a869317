// What a recipe says (moss-recipe(5)), as plain values: what the packages are, from which files and by which commands.
import type { Relation } from '../manifest/capability.ts'
import type { ManifestRelations } from '../manifest/manifest.ts'
import type { StepName } from './build-room.ts'

export interface Recipe extends RecipePackage {
  /** Version and release together, of scheme moss. */
  readonly version: string
  /** Seconds since 1970. */
  readonly date: number
  readonly origin: string
  readonly sources: readonly RecipeSource[]
  /** In the order in which they run. */
  readonly steps: readonly RecipeStep[]
  /** Of each step. */
  readonly seconds: number
  readonly files: readonly RecipeFile[]
  readonly links: readonly RecipeLink[]
  /** The others, each of some of the files. */
  readonly packages: readonly (RecipePackage & { readonly paths: readonly string[] })[]
}

export interface RecipePackage extends ManifestRelations {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly licence: string
  /** `any`, `machine`, or the name of one. */
  readonly architecture: string
  /** Found needs that are not asked for. */
  readonly assumes: readonly Relation[]
}

export interface RecipeSource {
  /** Relative and plain. */
  readonly file: string
  readonly sha256: string
  readonly unpack: boolean
  /** Below the sources' folder; empty for that itself. */
  readonly to: string
  readonly strip: number
}

export interface RecipeStep {
  readonly name: StepName
  readonly commands: string
}

export type RecipeFile = {
  readonly to: string
  readonly mode: number
} & ({ readonly kind: 'copied'; readonly from: string } | { readonly kind: 'written'; readonly text: string })

export interface RecipeLink {
  readonly path: string
  readonly target: string
}
