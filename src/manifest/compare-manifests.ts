// What differs between two packages: what they say of themselves, what they provide and ask for, and their files, each with
// what of it is another. Pure.
import { compareText } from '../base/bytes.ts'
import { formatCapability, formatRelation } from './capability.ts'
import { compareFiles } from './compare-files.ts'
import { type LayoutEntry, type Manifest, manifestTexts } from './manifest.ts'

const relationKeys = ['provides', 'requires', 'recommends', 'conflicts', 'replaces'] as const

/** A line of a comparison: `+` came, `-` went. */
export interface RelationChange {
  readonly change: '+' | '-'
  readonly key: (typeof relationKeys)[number]
  readonly text: string
}

export interface FileDifference {
  readonly path: string
  readonly change: '+' | '-' | '~'
  /** In bytes; absent where there is no file. */
  readonly oldBytes?: number
  readonly newBytes?: number
  /** What is another, in words: `content`, `mode 0644 → 0755`. */
  readonly what: readonly string[]
}

export interface ManifestDifference {
  readonly about: readonly { readonly key: string; readonly old: string; readonly new: string }[]
  readonly relations: readonly RelationChange[]
  /** Sorted by path. */
  readonly files: readonly FileDifference[]
}

export function compareManifests(old: Manifest, now: Manifest): ManifestDifference {
  return {
    about: manifestTexts
      .filter((key) => old[key] !== now[key])
      .map((key) => ({ key, old: old[key], new: now[key] })),
    relations: relationKeys.flatMap((key) => {
      const [before, after] = [textsOf(old, key), textsOf(now, key)]
      return [
        ...differences(before, after).map((text) => ({ change: '-', key, text }) as const),
        ...differences(after, before).map((text) => ({ change: '+', key, text }) as const),
      ]
    }),
    files: compareEntries(old, now),
  }
}

function textsOf(manifest: Manifest, key: (typeof relationKeys)[number]): ReadonlySet<string> {
  if (key === 'provides') return new Set(manifest.provides.map(formatCapability))
  if (key === 'requires' || key === 'recommends')
    return new Set((manifest[key] ?? []).map((each) => each.map(formatRelation).join(' | ')))
  return new Set(manifest[key].map(formatRelation))
}

const differences = (of: ReadonlySet<string>, without: ReadonlySet<string>): readonly string[] =>
  [...of.difference(without)].sort(compareText)

function compareEntries(old: Manifest, now: Manifest): readonly FileDifference[] {
  const [before, after] = [old, now].map(
    ({ layout }) => new Map(layout.map((entry) => [entry.path, entry] as const)),
  )
  return compareFiles([old], [now]).map(({ path, change }) => {
    const [was, is] = [before?.get(path), after?.get(path)]
    return {
      path,
      change,
      ...(was?.kind === 'file' && { oldBytes: was.sizeBytes }),
      ...(is?.kind === 'file' && { newBytes: is.sizeBytes }),
      what: was === undefined || is === undefined ? [] : whatDiffers(was, is),
    }
  })
}

function whatDiffers(was: LayoutEntry, is: LayoutEntry): readonly string[] {
  if (was.kind === 'symlink' && is.kind === 'symlink') return [`target ${was.target} → ${is.target}`]
  if (was.kind === 'symlink' || is.kind === 'symlink' || was.kind !== is.kind)
    return [`${was.kind} → ${is.kind}`]
  const octal = (mode: number): string => mode.toString(8).padStart(4, '0')
  return [
    ...(was.kind === 'file' && is.kind === 'file' && was.content !== is.content ? ['content'] : []),
    ...(was.mode === is.mode ? [] : [`mode ${octal(was.mode)} → ${octal(is.mode)}`]),
    ...(was.uid === is.uid && was.gid === is.gid
      ? []
      : [`owner ${was.uid}:${was.gid} → ${is.uid}:${is.gid}`]),
    ...(was.kind === 'file' && is.kind === 'file' && !isSameXattrs(was.xattrs, is.xattrs)
      ? ['extended attributes']
      : []),
  ]
}

type Xattrs = Readonly<Record<string, Uint8Array>>

const isSameXattrs = (a: Xattrs = {}, b: Xattrs = {}): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => a[name]?.toHex() === b[name]?.toHex())
