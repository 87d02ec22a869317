// moss-package.toml: what a directory says about the package it is. All keys but name and version have defaults;
// unknown keys are refused, so that a misspelt `requires` is noticed.
//
//   name = "tide"
//   version = "1.0"
//   requires = ["name(bash) >= 5", "binary(awk) | binary(gawk)"]
//   recommends = ["name(less)"]
import { parse } from 'smol-toml'
import { MossError } from '../base/error.ts'
import type { Refuse } from '../base/toml.ts'
import { isArchitecture } from '../manifest/architecture.ts'
import { isPackageName } from '../manifest/capability.ts'
import { manifestTexts } from '../manifest/manifest.ts'
import { isVersion, type VersionScheme, versionSchemes } from '../manifest/version.ts'
import { readRelations, relationKeys, type SaidRelations } from './said-relations.ts'
import type { Description } from './source.ts'

export const descriptionFile = 'moss-package.toml'

/** What the caller says goes before the file. */
export interface FolderOptions {
  readonly name?: string
  readonly version?: string
  readonly architecture?: string
}

type Texts = Partial<Record<(typeof manifestTexts)[number], string>>

/** `path` names the file, or the folder that has none, in errors. */
export function describeFolder(
  toml: string,
  from: { readonly path: string; readonly options: FolderOptions },
): Description {
  const { path, options } = from
  const refuse: Refuse = (problem) => {
    throw new MossError('PACKAGE_UNREADABLE', { path, problem })
  }
  const { texts, lists } = readKeys(toml, refuse)
  const { name = '', version = '', architecture = 'any' } = { ...texts, ...options }
  const scheme = (texts.scheme ?? 'moss') as VersionScheme
  if (name === '' || version === '')
    refuse(`no ${name === '' ? 'name' : 'version'}: give it in ${descriptionFile} or on the command line`)
  if (!isPackageName(name)) refuse(`${name} is not a package name`)
  if (!versionSchemes.includes(scheme)) refuse(`scheme is one of ${versionSchemes.join(', ')}`)
  if (!isVersion(scheme, version)) refuse(`${version} is not a version of scheme ${scheme}`)
  if (!isArchitecture(architecture)) refuse(`${architecture} is not an architecture`)
  if (texts.summary?.includes('\n') === true) refuse('summary has more than one line')
  return {
    name,
    version,
    scheme,
    architecture,
    summary: texts.summary ?? '',
    description: texts.description ?? '',
    licence: texts.licence ?? '',
    origin: texts.origin ?? '',
    ...readRelations(lists, refuse),
  }
}

function readKeys(toml: string, refuse: Refuse): { readonly texts: Texts; readonly lists: SaidRelations } {
  const texts: Texts = {}
  const lists: SaidRelations = {}
  for (const [key, value] of Object.entries(parseToml(toml, refuse))) {
    const textKey = manifestTexts.find((known) => known === key)
    const listKey = relationKeys.find((known) => known === key)
    if (textKey !== undefined && typeof value === 'string') texts[textKey] = value
    else if (listKey !== undefined && isTexts(value)) lists[listKey] = value
    else if (textKey !== undefined || listKey !== undefined)
      refuse(`${key} is not ${textKey === undefined ? 'a list of texts' : 'a text'}`)
    else refuse(`unknown key ${key}`)
  }
  return { texts, lists }
}

function parseToml(toml: string, refuse: Refuse): Readonly<Record<string, unknown>> {
  try {
    return parse(toml)
  } catch (error) {
    return refuse(error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'not TOML')
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
