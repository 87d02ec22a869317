// Whether the columns of a catalogue fit together: every number names something that is there, and nothing that is made of them
// is out of proportion to their bytes. What is out of order is found wrongly, or not: no more than that.
import { relationOperators } from '../manifest/capability.ts'
import { versionSchemes } from '../manifest/version.ts'
import { type Columns, idBytes, type Numbers, refuseCatalogue } from './catalogue-columns.ts'
import { isBelow, isRisingTo, Lists, Texts } from './catalogue-lists.ts'

/** Of all packages, each alternative once: a dozen times what the largest distribution has. */
const mostAsked = 4_000_000

/** Of all paths together, in characters: several million files. */
const mostPathUnits = 256 * 1024 * 1024

/** Throws SHAPE_INVALID. */
export function checkColumns({ texts, lists, numbers, fileNames, ids }: Columns): void {
  const packages = numbers.packageName.length
  const capabilities = texts.names.ends.length
  const versions = texts.versions.ends.length
  const relations = numbers.relationCapability.length
  const alternatives = new Lists(lists.alternatives)
  const folders = new Texts(texts.folders)
  const isOne = (condition: boolean, what: string): void => {
    if (!condition) refuseCatalogue(what)
  }
  isOne(isRisingTo(numbers.kindEnds, capabilities), 'names of no kind')
  isOne(numbers.kindEnds.length === texts.kinds.ends.length, 'kinds without names')
  isOne(isBelow(numbers.relationCapability, capabilities), 'a relation to no capability')
  isOne(isBelow(numbers.relationOperator, relationOperators.length + 1), 'an operator that is none')
  isOne(isBelow(numbers.relationVersion, Math.max(1, versions)), 'a bound without a version')
  isOne(numbers.relationOperator.length === relations, 'relations without operators')
  isOne(numbers.relationVersion.length === relations, 'relations without versions')
  isOne(isBelow(lists.alternatives.items, relations), 'an alternative that is no relation')
  isOne(isBelow(lists.provides.items, capabilities), 'it provides what is no capability')
  isOne(isBelow(numbers.providesVersion, versions + 1), 'it provides what is no version')
  isOne(numbers.providesVersion.length === lists.provides.items.length, 'it provides without versions')
  isOne(isBelow(lists.requires.items, alternatives.size), 'it requires what is no requirement')
  isOne(isBelow(lists.recommends.items, alternatives.size), 'it recommends what is no requirement')
  // Many may share a long list or a long folder, and whoever makes objects of them makes it for each.
  const asked = sumOf(alternatives, lists.requires.items) + sumOf(alternatives, lists.recommends.items)
  isOne(asked <= mostAsked, `more than ${mostAsked} relations`)
  isOne(isBelow(lists.conflicts.items, relations), 'a conflict that is no relation')
  isOne(isBelow(lists.replaces.items, relations), 'it replaces what is no relation')
  isOne(isBelow(lists.files.items, folders.size), 'a file in no folder')
  const pathUnits = fileNames.length + sumOf(folders, lists.files.items)
  isOne(pathUnits <= mostPathUnits, `paths of more than ${mostPathUnits} characters`)
  isOne(isBelow(numbers.packageName, capabilities), 'a package without a name')
  isOne(isBelow(numbers.packageVersion, versions), 'a package without a version')
  isOne(isBelow(numbers.packageScheme, versionSchemes.length), 'a scheme that is none')
  isOne(isBelow(numbers.packageArchitecture, texts.architectures.ends.length), 'an architecture that is none')
  const perPackage = [
    numbers.packageVersion,
    numbers.packageScheme,
    numbers.packageArchitecture,
    numbers.packageSize,
    lists.provides.ends,
    lists.requires.ends,
    lists.recommends.ends,
    lists.conflicts.ends,
    lists.replaces.ends,
    lists.files.ends,
  ]
  isOne(
    perPackage.every(({ length }) => length === packages),
    'columns of unlike lengths',
  )
  isOne(ids.length === packages * idBytes, 'not an id of each package')
  isOne(texts.summaries.ends.length === packages, 'not a summary of each package')
}

function sumOf(lengths: { lengthOf(number: number): number }, numbers: Numbers): number {
  let sum = 0
  for (const number of numbers) sum += lengths.lengthOf(number)
  return sum
}
