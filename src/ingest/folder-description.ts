// moss-package.toml: what a directory says about the package it is. All keys but name and version have defaults;
// unknown keys are refused, so that a misspelt `requires` is noticed.
//
//   name = "tide"
//   version = "1.0"
//   requires = ["name(bash) >= 5", "binary(awk) | binary(gawk)"]
//   recommends = ["name(less)"]
import { parse } from 'smol-toml'
import { isMossError, MossError } from '../base/error.ts'
import { isArchitecture } from '../manifest/architecture.ts'
import { isPackageName, parseCapability, parseRelation, type Relation } from '../manifest/capability.ts'
import type { ManifestRelations } from '../manifest/manifest.ts'
import { isVersion, type VersionScheme, versionSchemes } from '../manifest/version.ts'
import type { Description } from './source.ts'

export const descriptionFile = 'moss-package.toml'

/** What the caller says goes before the file. */
export interface FolderOptions {
  readonly name?: string
  readonly version?: string
  readonly architecture?: string
}

const textKeys = [
  'name',
  'version',
  'scheme',
  'architecture',
  'summary',
  'description',
  'licence',
  'origin',
] as const
const listKeys = ['provides', 'requires', 'recommends', 'conflicts', 'replaces'] as const

type Texts = Partial<Record<(typeof textKeys)[number], string>>
type Lists = Partial<Record<(typeof listKeys)[number], readonly string[]>>

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

type Refuse = (problem: string) => never

function readKeys(toml: string, refuse: Refuse): { readonly texts: Texts; readonly lists: Lists } {
  const texts: Texts = {}
  const lists: Lists = {}
  for (const [key, value] of Object.entries(parseToml(toml, refuse))) {
    const textKey = textKeys.find((known) => known === key)
    const listKey = listKeys.find((known) => known === key)
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

function readRelations(lists: Lists, refuse: Refuse): ManifestRelations {
  const each = <T>(key: (typeof listKeys)[number], read: (text: string) => T): readonly T[] =>
    (lists[key] ?? []).map((text) => {
      try {
        return read(text)
      } catch (error) {
        if (isMossError(error)) return refuse(`${key}: ${error.message}`)
        throw error
      }
    })
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
