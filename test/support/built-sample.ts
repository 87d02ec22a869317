// The sample channel: five small packages in two versions, made by the built program from the recipes in man/sample. They
// have no steps, so they are made on any machine, namespaces or not.
import { join } from 'node:path'
import { type SampleVersion, sampleDates } from './sample.ts'

const place = join(import.meta.dirname, '../../man/sample')

/** In alphabetical order. */
export const samplePackages = ['harbour', 'pilot-books', 'signal-flags', 'tide', 'tide-tables'] as const
const changed: readonly string[] = ['harbour', 'tide-tables']

/** The files of all recipes of this version; of the second, only of what is new in it. */
export const sampleRecipes = (version: SampleVersion): readonly string[] =>
  samplePackages
    .filter((name) => version === 'first' || changed.includes(name))
    .map((name) => join(place, name, version === 'first' ? 'moss-recipe.toml' : 'second.toml'))

export { type SampleVersion, sampleDates }
