// The control file of a .deb (deb-control(5)) as a description. What is malformed is refused by field; what has
// no meaning for moss (priority, section, suggestions …) is left out.
import { encodeUtf8 } from '../../base/bytes.ts'
import { isMossError, MossError } from '../../base/error.ts'
import { isPackageName, type Relation } from '../../manifest/capability.ts'
import { isVersion } from '../../manifest/version.ts'
import type { Description } from '../source.ts'
import {
  type ForeignArchitecture,
  namesProvided,
  parseDependencies,
  parseNames,
  parseProvided,
  unique,
} from './relations.ts'

export type Fields = Readonly<Record<string, string>>

/** One paragraph; keys in lower case. Continuation lines keep their line breaks. Undefined when malformed. */
export function parseParagraph(text: string): Fields | undefined {
  const fields = Object.create(null) as Record<string, string>
  let key: string | undefined
  for (const line of text.replace(/\n+$/, '').split('\n')) {
    if (line.startsWith('#')) continue
    if (/^[ \t]/.test(line)) {
      if (key === undefined) return undefined
      fields[key] += `\n${line.slice(1)}`
      continue
    }
    const [, name, value] = /^([!-9;-~]+):[ \t]*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) return undefined
    key = name.toLowerCase()
    if (key in fields) return undefined
    fields[key] = value.trimEnd()
  }
  return fields
}

/** With `foreignArchitecture` a package that is not of its machine's own is described as one that stands beside. */
export function describeControl(
  text: string,
  path: string,
  foreignArchitecture?: ForeignArchitecture,
): Description {
  const refuse = (problem: string): never => {
    throw new MossError('PACKAGE_UNREADABLE', { path, problem: `control: ${problem}` })
  }
  const fields = parseParagraph(text) ?? refuse('not one paragraph of fields')
  const name = fields['package'] ?? ''
  const version = fields['version'] ?? ''
  if (!isPackageName(name)) refuse(`${name} is not a package name`)
  if (!isVersion('deb', version)) refuse(`${version} is not a version`)
  const architecture = fields['architecture'] ?? ''
  if (!/^[a-z0-9][a-z0-9-]*$/.test(architecture)) refuse(`${architecture} is not an architecture`)
  const [summary = '', ...rest] = (fields['description'] ?? '').split('\n')
  const field = (key: string): string => fields[key] ?? ''
  const isForeign = !['all', foreignArchitecture?.machine ?? architecture].includes(architecture)
  const isSame = field('multi-arch') === 'same'
  const of = {
    architecture,
    foreign: isForeign ? foreignArchitecture : undefined,
    siblings: new Set(isForeign && isSame ? [name, ...namesProvided(field('provides'), refuse)] : []),
    refuse,
  }
  const recommends = unique(recommendationsIn(field('recommends'), of))
  return {
    name: isForeign ? `${name}:${architecture}` : name,
    version,
    scheme: 'deb',
    architecture: architecture === 'all' ? 'any' : architecture,
    summary: cutText(summary, 255),
    description: cutText(rest.map((line) => (line.trim() === '.' ? '' : line)).join('\n'), 8192),
    licence: '',
    origin: originOf(fields, name, version),
    provides: unique(parseProvided(field('provides'), of)),
    requires: unique([
      ...parseDependencies(field('pre-depends'), of),
      ...parseDependencies(field('depends'), of),
    ]),
    ...(recommends.length > 0 && { recommends }),
    conflicts: unique([
      ...parseNames(field('conflicts'), of),
      ...parseNames(field('breaks'), of),
      ...(isForeign ? besideOwn(name, version, isSame) : []),
    ]),
    replaces: unique(parseNames(field('replaces'), of)),
  }
}

/** What the package of the machine's own architecture may not be: another version, or there at all. */
const besideOwn = (name: string, version: string, isSame: boolean): readonly Relation[] =>
  isSame
    ? (['<<', '>>'] as const).map((operator) => ({ kind: 'name', name, bound: { operator, version } }))
    : [{ kind: 'name', name }]

/** Nothing fails without them, and so not for how they are written. */
function recommendationsIn(text: string, of: Parameters<typeof parseDependencies>[1]) {
  try {
    return parseDependencies(text, of)
  } catch (error) {
    if (isMossError(error)) return []
    throw error
  }
}

/** The source package and its version, such as `glibc 2.36-9`. */
function originOf(fields: Fields, name: string, version: string): string {
  const [, source, sourceVersion] = /^(\S+)(?:\s+\((\S+)\))?$/.exec(fields['source'] ?? '') ?? []
  return `${source ?? name} ${sourceVersion ?? version}`
}

/** At most so many bytes, cut between characters. */
function cutText(text: string, mostBytes: number): string {
  if (encodeUtf8(text).length <= mostBytes) return text
  let cut = text.slice(0, mostBytes)
  while (!cut.isWellFormed() || encodeUtf8(cut).length > mostBytes - 3) cut = cut.slice(0, -1)
  return `${cut}…`
}
