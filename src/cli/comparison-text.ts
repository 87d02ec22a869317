// Two packages, one against the other, for people.
import { display } from '../base/display.ts'
import { formatBytes } from '../base/format.ts'
import type { PackageComparison } from '../ops/compare-package-files.ts'
import { formatFields, formatLongTable } from './format.ts'

export function formatComparison(found: PackageComparison): string {
  const { old, new: now } = found
  const one = (each: typeof old): string =>
    `${each.name} ${each.version}, ${each.file}: ${formatBytes(each.sizeBytes)} in files, ${formatBytes(each.fileBytes)} packed`
  const head = formatFields([
    ['old', one(old)],
    ['new', one(now)],
    ['size', sizeText(old.sizeBytes, now.sizeBytes)],
    ...found.about.map(({ key, old: was, new: is }) => [key, `${was} → ${is}`] as const),
  ])
  if (found.isSame) return `${head}\nthe same package`
  const count = (sign: string): number => found.files.filter(({ change }) => change === sign).length
  return [
    head,
    ...(found.relations.length === 0 ? [] : ['capabilities']),
    ...found.relations.map(({ change, key, text }) => `  ${change} ${key} ${display(text)}`),
    `files    ${count('+')} new, ${count('-')} gone, ${count('~')} changed`,
    ...formatLongTable(
      found.files.map(({ change, path, oldBytes, newBytes, what }) => [
        `  ${change}`,
        path,
        changeOf(oldBytes, newBytes),
        what.join(', '),
      ]),
    ),
  ].join('\n')
}

/** Nothing of what has no size. */
function changeOf(oldBytes: number | undefined, newBytes: number | undefined): string {
  if (oldBytes === undefined || newBytes === undefined || oldBytes === newBytes) {
    const only = newBytes ?? oldBytes
    return only === undefined ? '' : formatBytes(only)
  }
  return `${formatBytes(oldBytes)} → ${formatBytes(newBytes)}`
}

const sizeText = (before: number, after: number): string =>
  before === after
    ? 'as before'
    : `${formatBytes(Math.abs(after - before))} ${after > before ? 'more' : 'less'}`
