// Version schemes and their orders. Each order is total on any text, so that hostile versions cannot break a
// sort; `isVersion` says which texts a scheme allows.
//
//   deb   [epoch:]upstream[-revision], as dpkg orders them (deb-version(7))
//   rpm   [epoch:]version[-release], each part by rpmvercmp, with `~` before and `^` after the end
//   moss  one part, ordered as an rpm version: runs of digits by value, runs of letters by their bytes, digits
//         after letters, `~` before and `^` after the end; other characters only separate
export type VersionScheme = 'deb' | 'rpm' | 'moss'

export const versionSchemes: readonly VersionScheme[] = ['deb', 'rpm', 'moss']

const longestVersion = 255

const patterns: Readonly<Record<VersionScheme, RegExp>> = {
  deb: /^[A-Za-z0-9.+~:-]+$/,
  rpm: /^(?:[0-9]{1,9}:)?[A-Za-z0-9._+~^]+(?:-[A-Za-z0-9._+~^]+)?$/,
  moss: /^[0-9A-Za-z][0-9A-Za-z._+~^-]*$/,
}

/** dpkg keeps epochs in a signed 32-bit integer. */
const greatestEpoch = 2147483647

/** Whether `text` is a version of the scheme. */
export function isVersion(scheme: VersionScheme, text: string): boolean {
  if (text.length > longestVersion || !patterns[scheme].test(text)) return false
  if (scheme !== 'deb') return true
  const { epoch, upstream, revision } = splitDeb(text)
  if (!/^[0-9]+$/.test(epoch) || Number(epoch) > greatestEpoch || !/^[0-9]/.test(upstream)) return false
  return revision !== '' && !(revision ?? '').includes(':')
}

/** Below, at or above zero, as `a` is older than, equal to or newer than `b`. */
export function compareVersions(scheme: VersionScheme, a: string, b: string): number {
  if (a === b) return 0
  if (scheme === 'deb') return compareDeb(a, b)
  return scheme === 'rpm' ? compareRpm(a, b) : compareRuns(a, b)
}

interface DebVersion {
  readonly epoch: string
  readonly upstream: string
  readonly revision: string | undefined
}

function splitDeb(text: string): DebVersion {
  const colon = text.indexOf(':')
  const rest = text.slice(colon + 1)
  const hyphen = rest.lastIndexOf('-')
  return {
    epoch: colon < 0 ? '0' : text.slice(0, colon),
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? undefined : rest.slice(hyphen + 1),
  }
}

function compareDeb(a: string, b: string): number {
  const x = splitDeb(a)
  const y = splitDeb(b)
  return (
    compareDigits(x.epoch, y.epoch) ||
    compareDebPart(x.upstream, y.upstream) ||
    compareDebPart(x.revision ?? '', y.revision ?? '')
  )
}

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39
const isLetter = (unit: number): boolean => (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)

/** dpkg's order of what is not a digit: `~`, the end or a digit, letters, all else. */
function debRank(text: string, at: number): number {
  if (at >= text.length) return 0
  const unit = text.charCodeAt(at)
  if (isDigit(unit)) return 0
  if (unit === 0x7e) return -1
  return isLetter(unit) ? unit : unit + 0x10000
}

/** dpkg's verrevcmp: by turns a run without digits, by character, and a run of digits, by value. */
function compareDebPart(a: string, b: string): number {
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const order = debRank(a, i) - debRank(b, j)
      if (order !== 0) return order
      i++
      j++
    }
    const endA = endOfRun(a, i, isDigit)
    const endB = endOfRun(b, j, isDigit)
    const order = compareDigits(a.slice(i, endA), b.slice(j, endB))
    if (order !== 0) return order
    i = endA
    j = endB
  }
  return 0
}

function endOfRun(text: string, from: number, isInside: (unit: number) => boolean): number {
  let at = from
  while (at < text.length && isInside(text.charCodeAt(at))) at++
  return at
}

const isZero = (unit: number): boolean => unit === 0x30

/** By value, at any length: leading zeros do not count, then the longer is greater. */
function compareDigits(a: string, b: string): number {
  const x = a.slice(endOfRun(a, 0, isZero))
  const y = b.slice(endOfRun(b, 0, isZero))
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0)
}

function compareRpm(a: string, b: string): number {
  const x = splitDeb(a)
  const y = splitDeb(b)
  const order = compareDigits(x.epoch, y.epoch) || compareRuns(x.upstream, y.upstream)
  if (order !== 0 || x.revision === undefined || y.revision === undefined) return order
  return compareRuns(x.revision, y.revision)
}

const isSeparator = (unit: number): boolean =>
  !isDigit(unit) && !isLetter(unit) && unit !== 0x7e && unit !== 0x5e

/** rpmvercmp of rpm 4.15 and later. */
function compareRuns(a: string, b: string): number {
  let i = 0
  let j = 0
  for (;;) {
    i = endOfRun(a, i, isSeparator)
    j = endOfRun(b, j, isSeparator)
    const marks = compareMarks(a[i], b[j])
    if (marks === 'both') {
      i++
      j++
      continue
    }
    if (marks !== 0) return marks
    if (i >= a.length || j >= b.length) return Math.sign(a.length - i) - Math.sign(b.length - j)
    const isNumber = isDigit(a.charCodeAt(i))
    const endA = endOfRun(a, i, isNumber ? isDigit : isLetter)
    const endB = endOfRun(b, j, isNumber ? isDigit : isLetter)
    if (endB === j) return isNumber ? 1 : -1
    const x = a.slice(i, endA)
    const y = b.slice(j, endB)
    const order = isNumber ? compareDigits(x, y) : x < y ? -1 : x > y ? 1 : 0
    if (order !== 0) return order
    i = endA
    j = endB
  }
}

/** `~` sorts before everything, the end included; `^` after the end and before everything else. */
function compareMarks(x: string | undefined, y: string | undefined): number | 'both' {
  if (x === '~' || y === '~') return x === y ? 'both' : x === '~' ? -1 : 1
  if (x === '^' || y === '^') {
    if (x === y) return 'both'
    if (x === undefined) return -1
    if (y === undefined) return 1
    return x === '^' ? -1 : 1
  }
  return 0
}
