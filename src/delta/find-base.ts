// Finds a content to serve as base for a changed one among those a host has: the same path; the same path with
// version numbers and digests removed, so that `libfoo.so.1.2` meets `libfoo.so.1.3` and `app.3f2a.js` meets
// `app.9c01.js`; the same name elsewhere. Where only folders bear a version the name counts as it is: `cp737.ko` of
// one kernel is not `cp1250.ko` of the other. Names and sizes alone decide, and of several that are alike the one nearest
// in size, then first in order: the same question has the same answer.
import { compareText } from '../base/bytes.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { SimilarContents } from './sketch.ts'

export interface BaseCandidate {
  readonly path: string
  readonly content: ContentDigest
  readonly sizeBytes: number
}

export interface BaseFinder<T extends BaseCandidate> {
  /** `mayServe` refuses candidates, such as those that another host lacks. */
  find(wanted: BaseCandidate, mayServe?: (candidate: T) => boolean): T | undefined
}

/** A base so much shorter says little of the file, whatever its name. */
export const isFar = (base: BaseCandidate, wanted: BaseCandidate): boolean =>
  2 * base.sizeBytes < wanted.sizeBytes

/** More candidates of one name are as good as none: copyright files of every package. */
const mostOfOneName = 64

/** The path without what changes from version to version: numbers, and words of hexadecimal digits with one in them. */
export const pathWithoutVersions = (path: string): string =>
  path
    .split('/')
    .map((part) =>
      part
        .replaceAll(/(?<![a-z])(?=[a-f]*[0-9])[0-9a-f]{4,}(?![a-z])/gi, '#')
        .replaceAll(/[0-9]+([.~+:_-]?[0-9]+)*/g, '#'),
    )
    .join('/')

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)

/** What candidates are looked up by, the surest first. */
function keysOf(path: string): readonly string[] {
  const plain = pathWithoutVersions(path)
  return [path, `${folderOf(plain)}${nameOf(path)}`, plain, nameOf(path), nameOf(plain)]
}

/** Whatever names lead to one another, those without versions are the same. */
const stemOf = (path: string): string => pathWithoutVersions(nameOf(path))

/** Those of many candidates that a finder could find for one of `wanted`: most files of a large package did not change. */
export function likelyBases<T extends BaseCandidate>(
  candidates: readonly T[],
  wanted: Iterable<Pick<BaseCandidate, 'path'>>,
  similar: SimilarContents = new Map(),
): readonly T[] {
  const stems = new Set(Array.from(wanted, ({ path }) => stemOf(path)))
  const alike = new Set([...similar.values()].flat())
  return candidates.filter(({ path, content }) => stems.has(stemOf(path)) || alike.has(content))
}

/** `similar` is asked where names lead nowhere, or to a base that is far. */
export function baseFinder<T extends BaseCandidate>(
  candidates: readonly T[],
  similar: SimilarContents = new Map(),
): BaseFinder<T> {
  const maps = keysOf('').map(() => new Map<string, T[]>())
  for (const candidate of candidates) {
    if (candidate.sizeBytes === 0) continue
    for (const [kind, key] of keysOf(candidate.path).entries())
      enter(maps[kind] as Map<string, T[]>, key, candidate)
  }
  const byContent = new Map<ContentDigest, T>()
  if (similar.size > 0) for (const candidate of candidates) byContent.set(candidate.content, candidate)
  const findSimilar = (content: ContentDigest, mayServe: (candidate: T) => boolean): T | undefined =>
    similar
      .get(content)
      ?.map((alike) => byContent.get(alike))
      .find((candidate) => candidate !== undefined && mayServe(candidate))
  const findNamed = (wanted: BaseCandidate, mayServe: (candidate: T) => boolean): T | undefined => {
    for (const [kind, key] of keysOf(wanted.path).entries()) {
      const group = maps[kind]?.get(key)
      if (group === undefined || (group.length > mostOfOneName && kind > 0)) continue
      const nearest = nearestOf(group.filter(mayServe), wanted)
      if (nearest !== undefined) return nearest
    }
    return undefined
  }
  return {
    find: (wanted, mayServe = () => true) => {
      const named = findNamed(wanted, mayServe)
      return named === undefined || isFar(named, wanted)
        ? (findSimilar(wanted.content, mayServe) ?? named)
        : named
    },
  }
}

function enter<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

function nearestOf<T extends BaseCandidate>(
  group: readonly T[],
  wanted: { readonly path: string; readonly sizeBytes: number },
): T | undefined {
  const distance = (candidate: T): number => Math.abs(candidate.sizeBytes - wanted.sizeBytes)
  return group.toSorted(
    (a, b) => distance(a) - distance(b) || compareText(a.path, b.path) || compareText(a.content, b.content),
  )[0]
}
