// build: makes the packages of a recipe, signed by this station's packagers. The plan is the recipe as it was read, with its
// sources found and compared with their digests; what is built is exactly that, or nothing.
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { windowsOf } from '../host/windows.ts'
import type { Disk } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { runStep } from '../ingest/build-room.ts'
import { partTree } from '../ingest/built-tree.ts'
import { recipeFile } from '../ingest/folder.ts'
import { makePackage, type MadePackage, type MakeOptions } from '../ingest/make-package.ts'
import { parseRecipe } from '../ingest/parse-recipe.ts'
import { PlainTree } from '../ingest/plain-tree.ts'
import type { Recipe } from '../ingest/recipe.ts'
import { checkSource, type SourceRoom, unpackSource, wholeRoom } from '../ingest/unpack-source.ts'
import { copyBody } from '../store/body.ts'
import { plainArchitecture } from '../manifest/architecture.ts'
import { formatCapability, formatRelation } from '../manifest/capability.ts'
import { encodeUtf8 } from '../base/bytes.ts'
import { packageThere } from './package-there.ts'
import {
  type AskPassphrase,
  makeFolders,
  openStation,
  signersFor,
  stationPlaces,
  stationRoot,
} from './station.ts'
import { tellMade, type ToldPackage } from './told-package.ts'
import type { ReportEvent } from './types.ts'

export interface BuildRequest {
  readonly home: string
  /** The file, or a folder that has one called moss-recipe.toml. */
  readonly recipe: string
  /** Where the sources are; beside the recipe by default. */
  readonly sources?: string
  /** The folder that the packages go to; made if absent. */
  readonly output: string
}

export interface BuildPlan {
  readonly home: string
  readonly recipe: string
  /** Of the recipe's bytes. */
  readonly digest: Digest
  readonly output: string
  /** Version and release. */
  readonly version: string
  /** Seconds since 1970. */
  readonly date: number
  readonly sources: readonly {
    readonly path: string
    readonly sizeBytes: number
    readonly isUnpacked: boolean
  }[]
  readonly steps: readonly { readonly name: string; readonly commands: string }[]
  /** Each a package. */
  readonly packages: readonly { readonly name: string; readonly architecture: string }[]
}

export interface BuiltPackage extends ToldPackage {
  readonly provides: readonly string[]
  readonly requires: readonly string[]
}

/** Of several, in their order. Throws what planBuild throws, and RECIPES_ALIKE. */
export async function planBuilds(
  outside: Outside,
  { recipes, ...request }: Omit<BuildRequest, 'recipe'> & { readonly recipes: readonly string[] },
): Promise<readonly BuildPlan[]> {
  const plans: BuildPlan[] = []
  for (const recipe of recipes) plans.push(await planBuild(outside, { ...request, recipe }))
  const makers = new Map<string, string>()
  for (const { recipe, version, packages } of plans)
    for (const { name, architecture } of packages) {
      const made = `${name} ${version} (${plainArchitecture(architecture)})`
      const other = makers.get(made)
      if (other !== undefined)
        throw new MossError('RECIPES_ALIKE', { package: made, recipe: other, other: recipe })
      makers.set(made, recipe)
    }
  return plans
}

/** Throws NOT_FOUND, RECIPE_INVALID, RECIPE_SOURCE_REFUSED. */
export async function planBuild(outside: Outside, request: BuildRequest): Promise<BuildPlan> {
  const { disk } = outside
  const path =
    disk.lstat(request.recipe)?.kind === 'folder' ? `${request.recipe}/${recipeFile}` : request.recipe
  const { recipe, digest } = readRecipe(disk, path)
  const machine = outside.machineArchitecture
  const all = [recipe, ...recipe.packages]
  const other = all.find(({ architecture }) => !['any', 'machine', machine].includes(architecture))
  if (recipe.steps.length > 0 && other !== undefined)
    throw new MossError('RECIPE_INVALID', {
      path,
      problem: `its steps make programs for ${other.architecture}, and this machine is ${machine}`,
    })
  const folder = request.sources ?? path.slice(0, path.lastIndexOf('/'))
  const sources = []
  for (const source of recipe.sources) {
    const from = `${folder}/${source.file}`
    sources.push({
      path: from,
      sizeBytes: await checkSource(outside, source, from),
      isUnpacked: source.unpack,
    })
  }
  return {
    home: request.home,
    recipe: path,
    digest,
    output: request.output,
    version: recipe.version,
    date: recipe.date,
    sources,
    steps: recipe.steps,
    packages: all.map(({ name, architecture }) => ({
      name,
      architecture: architecture === 'machine' ? machine : architecture,
    })),
  }
}

function readRecipe(disk: Disk, path: string): { readonly recipe: Recipe; readonly digest: Digest } {
  if (disk.lstat(path) === undefined) throw new MossError('NOT_FOUND', { what: 'recipe file', name: path })
  const bytes = disk.readFile(path, limits.recipeBytes)
  return { recipe: parseRecipe(bytes, path), digest: digestOf(bytes) }
}

interface Work {
  readonly outside: Outside
  readonly plan: BuildPlan
  readonly recipe: Recipe
  readonly folder: string
  readonly report: ReportEvent
}

/** Throws PLAN_STALE, KEY_ABSENT, BUILD_NOT_PRIVATE, BUILD_STEP_FAILED, PACKAGE_OF_OTHERS, and what makePackage throws. */
export async function executeBuild(
  outside: Outside,
  { plan, ask }: { readonly plan: BuildPlan; readonly ask: AskPassphrase },
  report: ReportEvent,
): Promise<{ readonly recipe: string; readonly made: readonly BuiltPackage[] }> {
  const { disk } = outside
  const { recipe, digest } = readRecipe(disk, plan.recipe)
  if (digest !== plan.digest) throw new MossError('PLAN_STALE', { what: plan.recipe })
  using station = openStation(outside, { home: plan.home, how: 'read' })
  const root = stationRoot(station)
  const signers = await signersFor(station, { role: 'packager', root, ask })
  const folder = `${stationPlaces(plan.home).builds}/${recipe.name}`
  makePrivate(disk, plan.home, folder)
  using _lock = disk.lock(`${folder}/lock`)
  const work: Work = { outside, plan, recipe, folder, report }
  empty(work)
  for (const below of ['sources', 'build', 'build/src', 'build/install', 'build/home'])
    disk.makeFolder(`${folder}/${below}`, 0o755)
  await takeSources(work)
  await runSteps(work)
  await putFiles(work)
  const made = await makePackages(work, { signers, isWhole: packageThere(station) })
  empty(work)
  return { recipe: plan.recipe, made }
}

/** Others on this machine are kept out: a step may leave a program there that runs as whoever built it. */
function makePrivate(disk: Disk, home: string, folder: string): void {
  const { builds } = stationPlaces(home)
  makeFolders(disk, home)
  for (const path of [builds, folder]) if (disk.lstat(path) === undefined) disk.makeFolder(path, 0o700)
}

/** Of what this build, or one before it, has left. */
function empty({ outside: { disk }, folder }: Work): void {
  for (const { name } of disk.list(folder)) if (name !== 'lock') disk.removeTree(`${folder}/${name}`)
}

async function takeSources({ outside, plan, recipe, folder, report }: Work): Promise<void> {
  const room: SourceRoom = wholeRoom()
  for (const [index, source] of recipe.sources.entries()) {
    const from = plan.sources[index]?.path ?? ''
    report({ phase: 'sources', item: source.file, doneItems: index, totalItems: recipe.sources.length })
    const path = `${folder}/sources/${index}`
    // What is judged is ours alone.
    copyBody(outside.disk, from, path)
    const isProgram = ((outside.disk.lstat(from)?.mode ?? 0) & 0o100) !== 0
    await unpackSource(outside, {
      source,
      path,
      isProgram,
      folder: `${folder}/build/src`,
      date: recipe.date,
      room,
    })
  }
}

async function runSteps({ outside, recipe, folder, report }: Work): Promise<void> {
  const { name, version, date, seconds, steps } = recipe
  for (const [index, step] of steps.entries()) {
    report({ phase: 'step', item: `${name}: ${step.name}`, doneItems: index, totalItems: steps.length })
    await runStep(outside, { name, version, date, seconds, folder, step: step.name, commands: step.commands })
  }
}

/** The steps may have left anything there, links among it: nothing is followed. */
async function putFiles({ outside, plan, recipe, folder }: Work): Promise<void> {
  const refuse = (problem: string): never => {
    throw new MossError('RECIPE_INVALID', { path: plan.recipe, problem })
  }
  const { disk } = outside
  const sources = new PlainTree(disk, `${folder}/build/src`, refuse)
  const tree = new PlainTree(disk, `${folder}/build/install`, refuse)
  for (const file of recipe.files) {
    const about = { mode: file.mode, modified: recipe.date }
    if (file.kind === 'written') await tree.putFile(file.to, { ...about, body: [encodeUtf8(file.text)] })
    else {
      const from = sources.find(file.from) ?? refuse(`there is no file ${file.from} among the sources`)
      using opened = disk.open(from, 'read')
      await tree.putFile(file.to, { ...about, body: windowsOf(opened) })
    }
  }
  for (const { path, target } of recipe.links) tree.putLink(path, target, recipe.date)
}

async function makePackages(
  { outside, plan, recipe, folder, report }: Work,
  { signers, isWhole }: Pick<MakeOptions, 'signers' | 'isWhole'>,
): Promise<readonly BuiltPackage[]> {
  const sources = partTree(outside, {
    recipe,
    path: plan.recipe,
    folder: `${folder}/build/install`,
    machine: outside.machineArchitecture,
  })
  makeFolders(outside.disk, plan.output)
  const made: BuiltPackage[] = []
  for (const source of sources) {
    report({
      phase: 'pack',
      item: source.description.name,
      doneItems: made.length,
      totalItems: sources.length,
    })
    const options = {
      folder: plan.output,
      spoolFolder: folder,
      created: recipe.date,
      signers,
      isWhole,
      report: () => {},
    }
    try {
      made.push(tellBuilt(await makePackage(outside, source, options)))
    } catch (error) {
      // All of a recipe's packages or none.
      for (const { isNew, file } of made) if (isNew) outside.disk.remove(file)
      throw error
    }
  }
  return made
}

/** With what was found in it. */
export const tellBuilt = (made: MadePackage): BuiltPackage => ({
  ...tellMade(made),
  provides: made.manifest.provides.map(formatCapability),
  requires: made.manifest.requires.map((alternatives) => alternatives.map(formatRelation).join(' | ')),
})
