// From a recipe's text to what it says. Everything is judged here, before any file is looked at or any command is run:
// names, versions, paths that would leave their place, keys that nobody knows.
import { stringify, TomlDate } from 'smol-toml'
import { decodeUtf8 } from '../base/bytes.ts'
import { display } from '../base/display.ts'
import { isMossError, MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import { parseToml, type Refuse } from '../base/toml.ts'
import { isArchitecture } from '../manifest/architecture.ts'
import { isPackageName, parseRelation } from '../manifest/capability.ts'
import { isTriggerName, parseTrigger, triggersPath } from '../manifest/trigger.ts'
import { isVersion } from '../manifest/version.ts'
import { stepNames } from './build-room.ts'
import type { Recipe, RecipeFile, RecipeLink, RecipePackage, RecipeSource, RecipeStep } from './recipe.ts'
import { RecipeTable } from './recipe-table.ts'
import { readEach, readRelations, relationKeys, type SaidRelations } from './said-relations.ts'
import { isArchiveName } from './unpack-source.ts'

/** Commands and whole files. One argument of a program has less than 128 KiB. */
const longestCommands = 100_000
const latestDate = 253_402_300_799

/** `path` names the file in errors. Throws RECIPE_INVALID. */
export function parseRecipe(bytes: Uint8Array, path: string): Recipe {
  const refuse: Refuse = (problem) => {
    throw new MossError('RECIPE_INVALID', { path, problem })
  }
  if (bytes.length > limits.recipeBytes) refuse(`it is longer than ${limits.recipeBytes} bytes`)
  const toml = decodeUtf8(bytes) ?? refuse('it is not UTF-8')
  const table = new RecipeTable(parseToml(toml, refuse), { place: '', refuse })
  const { steps, seconds } = readSteps(table.table('steps'))
  const own = readPackage(table, undefined, steps.length > 0 ? 'machine' : 'any')
  const recipe: Recipe = {
    ...own,
    version: readVersion(table),
    date: readDate(table),
    origin: table.line('origin', own.name),
    sources: table.tables('source', readSource),
    steps,
    seconds,
    files: [...table.tables('file', readFile), ...table.tables('trigger', readTrigger)],
    links: table.tables('link', readLink),
    packages: table.tables('package', (each) => ({
      ...readPackage(each, own, own.architecture),
      paths: readPatterns(each),
    })),
  }
  table.close()
  checkTwice(recipe, refuse)
  return recipe
}

function readPackage(
  table: RecipeTable,
  above: RecipePackage | undefined,
  architecture: string,
): RecipePackage {
  const name = table.line('name')
  if (!isPackageName(name) || name.includes(':')) table.refuse(`${display(name)} is not a package name`)
  const said: SaidRelations = Object.fromEntries(relationKeys.map((key) => [key, table.texts(key)]))
  const refuse: Refuse = (problem) => table.refuse(problem)
  const found = table.line('architecture', architecture)
  if (!isArchitecture(found)) table.refuse(`${display(found)} is not an architecture`)
  return {
    name,
    summary: table.line('summary', above?.summary),
    description: table.text('description', above?.description ?? '', longestCommands),
    licence: table.line('licence', above?.licence),
    architecture: found,
    assumes: readEach(table.texts('assumes'), { key: 'assumes', read: parseRelation, refuse }),
    ...readRelations(said, refuse),
  }
}

function readVersion(table: RecipeTable): string {
  const version = table.line('version')
  const release = table.number('release', { min: 1, max: 999_999, otherwise: 1 })
  const whole = `${version}-${release}`
  if (!isVersion('moss', whole) || version.includes('-')) table.refuse(`${display(version)} is not a version`)
  return whole
}

function readDate(table: RecipeTable): number {
  const value = table.value('date')
  if (value === undefined) return table.refuse('no date: packages must not depend on the day they are made')
  const seconds = typeof value === 'number' ? value : value instanceof TomlDate ? secondsOf(value) : undefined
  return seconds !== undefined && Number.isInteger(seconds) && seconds >= 0 && seconds <= latestDate
    ? seconds
    : table.refuse(
        'date is a day such as 2026-01-31, a time with its offset such as 2026-01-31T12:00:00Z, or seconds since 1970',
      )
}

/** A time without an offset would mean another second on each machine. */
function secondsOf(date: TomlDate): number | undefined {
  if (date.isDate()) return Date.parse(`${date.toISOString()}T00:00:00Z`) / 1000
  return date.isDateTime() && !date.isLocal() ? Math.floor(date.getTime() / 1000) : undefined
}

function readSource(table: RecipeTable): RecipeSource {
  const file = table.path('file')
  const sha256 = table.line('sha256')
  if (!/^[0-9a-f]{64}$/.test(sha256)) table.refuse('sha256 is not 64 digits of 0-9 and a-f')
  const unpack = table.boolean('unpack', isArchiveName(file))
  if (unpack && !isArchiveName(file))
    table.refuse(`${display(file)} does not end as the archives do that can be unpacked`)
  return {
    file,
    sha256,
    unpack,
    to: table.path('to', ''),
    strip: table.number('strip', { min: 0, max: 16, otherwise: 0 }),
  }
}

function readSteps(table: RecipeTable): { readonly steps: readonly RecipeStep[]; readonly seconds: number } {
  const seconds = table.number('seconds', { min: 1, max: 86_400, otherwise: 3600 })
  const steps = stepNames
    .map((name) => ({ name, commands: table.text(name, '', longestCommands) }))
    .filter(({ commands }) => commands.trim() !== '')
  table.close()
  return { steps, seconds }
}

function readFile(table: RecipeTable): RecipeFile {
  const to = table.path('to')
  const mode = table.line('mode', '0644')
  if (!/^[0-7]{4}$/.test(mode)) table.refuse('mode is four octal digits in quotes, such as "0755"')
  if (table.has('from') === table.has('text')) table.refuse('say either from or text')
  const placed = { to, mode: Number.parseInt(mode, 8) }
  return table.has('from')
    ? { ...placed, kind: 'copied', from: table.path('from') }
    : { ...placed, kind: 'written', text: table.text('text', undefined, longestCommands) }
}

/** The rest of the table is the trigger's file, and judged as one. */
function readTrigger(table: RecipeTable): RecipeFile {
  const name = table.line('name')
  if (!isTriggerName(name)) table.refuse(`${display(name)} is not a trigger’s name`)
  const text = stringify(table.rest())
  try {
    parseTrigger(text, { name, path: `${name}.toml` })
  } catch (error) {
    if (!isMossError(error, 'TRIGGER_INVALID')) throw error
    table.refuse(error.details.problem)
  }
  return { kind: 'written', to: `${triggersPath}/${name}.toml`, mode: 0o644, text: `${text.trimEnd()}\n` }
}

function readLink(table: RecipeTable): RecipeLink {
  return { path: table.path('path'), target: table.line('target') }
}

function readPatterns(table: RecipeTable): readonly string[] {
  const paths = table.texts('paths')
  if (paths.length === 0) table.refuse('no paths')
  const wrong = paths.find((path) => path === '' || path.length > 1024 || path.startsWith('/'))
  if (wrong !== undefined) table.refuse(`paths: ${display(wrong)} is not relative, or too long`)
  return paths
}

function checkTwice(recipe: Recipe, refuse: Refuse): void {
  const twice = (what: string, names: readonly string[]): void => {
    const found = names.find((name, index) => names.indexOf(name) !== index)
    if (found !== undefined) refuse(`${what} ${display(found)} is there twice`)
  }
  twice('package', [recipe.name, ...recipe.packages.map(({ name }) => name)])
  twice('path', [...recipe.files.map(({ to }) => to), ...recipe.links.map(({ path }) => path)])
  twice(
    'source',
    recipe.sources.map(({ file }) => file),
  )
}
