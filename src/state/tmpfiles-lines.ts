// One line of tmpfiles.d(5) as a value: something to make, something to say of what is made, a line that is the boot's,
// or what is wrong with it. Of paths below /etc and /var alone; those below /run, /tmp and elsewhere are made anew at every
// boot by whoever does that. Pure and total.
import { encodeUtf8 } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import type { ConfigLine } from './drop-ins.ts'
import { expandSpecifiers, splitWords, unescapeText } from './line-words.ts'
import type { LineProblem } from './sysusers-lines.ts'

interface OfPath {
  readonly place: string
  /** Relative to the root: `etc/…` or `var/…`. */
  readonly path: string
  readonly mode?: LineMode
  /** A name or an id. */
  readonly user?: string | number
  readonly group?: string | number
}

export interface LineMode {
  readonly bits: number
  /** Only as far as what is there has such bits. */
  readonly isMasked: boolean
}

export interface MakeLine extends OfPath {
  readonly kind: 'make'
  readonly what: 'folder' | 'file' | 'symlink' | 'copy'
  /** A file's text, a link's target, the path of what is copied. */
  readonly argument?: string
  /** Only if the target is there. */
  readonly isConditional: boolean
}

/** The path may have `*` and `?` in it. */
export interface AdjustLine extends OfPath {
  readonly kind: 'adjust'
  readonly of: 'anything' | 'folders' | 'everything below'
}

export interface LeftLine {
  readonly kind: 'left'
}

/** Of a type that only systemd follows, such as ACLs and pipes. */
export interface ForeignLine {
  readonly kind: 'foreign'
  readonly place: string
}

export type TmpfilesLine = MakeLine | AdjustLine | LeftLine | ForeignLine

const left: LeftLine = { kind: 'left' }

const makes: Readonly<Record<string, MakeLine['what']>> = {
  d: 'folder',
  D: 'folder',
  v: 'folder',
  q: 'folder',
  Q: 'folder',
  f: 'file',
  F: 'file',
  L: 'symlink',
  C: 'copy',
}
const adjusts: Readonly<Record<string, AdjustLine['of']>> = {
  z: 'anything',
  Z: 'everything below',
  e: 'folders',
}
/** Cleaning and removing. */
const leftTypes = 'xXrR'
const foreignTypes = 'wpcbtThHaA'

/** As they are for the system, wherever its root lies. */
const specifiers: Readonly<Record<string, string>> = {
  S: '/var/lib',
  C: '/var/cache',
  L: '/var/log',
  t: '/run',
  T: '/tmp',
  V: '/var/tmp',
  h: '/root',
  u: 'root',
  U: '0',
  g: 'root',
  G: '0',
}
/** Machine, boot, host name, kernel: the boot's. */
const bootSpecifiers = ['%m', '%b', '%H', '%l', '%v']

export function parseTmpfilesLine({ place, text }: ConfigLine): TmpfilesLine | LineProblem {
  const problem = (what: string): LineProblem => ({ kind: 'problem', text: `${place}: ${what}` })
  const split = splitWords(text, 6)
  if (split === undefined) return problem('a quote or an escape does not end')
  const [type = '', written = '', ...words] = split.words
  const [, letter = '', marks = ''] = /^([A-Za-z])([-+!=~^$?]*)$/.exec(type) ?? []
  const what = makes[letter]
  const of = adjusts[letter]
  if (what === undefined && of === undefined && !leftTypes.includes(letter) && !foreignTypes.includes(letter))
    return problem(`lines of type ${type} are not known`)
  if (letter === '') return problem(`lines of type ${type} are not known`)
  const expanded = expandSpecifiers(written, specifiers)
  if (expanded.kind === 'unknown')
    return bootSpecifiers.includes(expanded.specifier)
      ? left
      : problem(`${expanded.specifier} has no value here`)
  const path = plainPath(expanded.text)
  if (path === undefined) return problem(`${expanded.text} is not an absolute path`)
  if (isLeft({ letter, marks, path })) return left
  if (foreignTypes.includes(letter) || marks.includes('~')) return { kind: 'foreign', place }
  const attributes = parseAttributes(words)
  if (typeof attributes === 'string') return problem(attributes)
  if (of !== undefined) return { kind: 'adjust', of, place, path, ...attributes }
  const argument = parseArgument(split.rest)
  if (argument.kind === 'left') return left
  if (argument.kind === 'problem') return problem(argument.what)
  return {
    kind: 'make',
    what: what ?? 'folder',
    place,
    path,
    ...attributes,
    ...(argument.text === undefined ? {} : { argument: argument.text }),
    isConditional: marks.includes('?'),
  }
}

/** `!` is for the boot alone, `^` takes its argument from there; var/run and var/lock are links below /run. */
function isLeft({ letter, marks, path }: { letter: string; marks: string; path: string }): boolean {
  if (leftTypes.includes(letter) || /[!^]/.test(marks)) return true
  return !/^(etc|var)\/./.test(path) || /^var\/(run|lock)\//.test(path)
}

/** Without the slash at its beginning; undefined where it leads elsewhere or is too long for a filesystem. */
function plainPath(path: string): string | undefined {
  if (!path.startsWith('/') || /\p{Cc}/u.test(path) || !path.isWellFormed()) return undefined
  const components = path.split('/').filter((part) => part !== '' && part !== '.')
  const isPlain = components.every(
    (part) => part !== '..' && encodeUtf8(part).length <= limits.pathComponentBytes,
  )
  return isPlain && components.length <= limits.pathDepth ? components.join('/') : undefined
}

function parseAttributes([mode = '-', user = '-', group = '-']: readonly string[]):
  Pick<OfPath, 'mode' | 'user' | 'group'> | string {
  const [, marks = '', digits = ''] = /^([~:]*)([0-7]{1,5})$/.exec(mode) ?? []
  const isUnsaid = mode === '-' || mode === ''
  const bits = Number.parseInt(digits, 8)
  if (!isUnsaid && !(bits <= 0o7777)) return `${mode} is not a mode`
  return {
    ...(isUnsaid ? {} : { mode: { bits, isMasked: marks.includes('~') } }),
    ...owner('user', user),
    ...owner('group', group),
  }
}

function owner(of: 'user' | 'group', text: string): { readonly [Of in typeof of]?: string | number } {
  const name = text.replace(/^:/, '')
  if (name === '-' || name === '') return {}
  return { [of]: /^\d{1,10}$/.test(name) && Number(name) < 0xffff_ffff ? Number(name) : name }
}

type Argument =
  | { readonly kind: 'text'; readonly text: string | undefined }
  | { readonly kind: 'problem'; readonly what: string }
  | LeftLine

function parseArgument(rest: string): Argument {
  if (rest === '' || rest === '-') return { kind: 'text', text: undefined }
  const plain = unescapeText(rest)
  if (plain === undefined) return { kind: 'problem', what: 'an escape of the argument is not text' }
  const expanded = expandSpecifiers(plain, specifiers)
  if (expanded.kind === 'text') return expanded
  if (bootSpecifiers.includes(expanded.specifier)) return left
  return { kind: 'problem', what: `${expanded.specifier} has no value here` }
}
