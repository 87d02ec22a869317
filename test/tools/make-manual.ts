// Writes what the manual says from the program's own tables, so that manual, help and code never disagree: between a line
// `.\" made: WHAT` and the next `.\" end` of a page in man/. WHAT is
//   synopsis, verbs     of the verbs that stand on this page (src/cli/manual-pages.ts)
//   pages               the pages of verbs, with these
//   flags               those that every verb takes
//   exits N...          what these exit codes say; all of them without numbers
//   codes               every error's code
// and in package.json the list of pages that npm links.
// With --check it only says whether the manual is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codes, type ErrorCode } from '../../src/base/codes.ts'
import { meanings, remedyOf } from '../../src/base/meanings.ts'
import { exitMeanings, exits } from '../../src/base/exits.ts'
import { globalFlags } from '../../src/cli/arguments.ts'
import { manualPages, verbsOn } from '../../src/cli/manual-pages.ts'
import type { Flag, Operand, Verb } from '../../src/cli/verb.ts'
import { verbs } from '../../src/cli/verbs.ts'

export const manualFolder = join(import.meta.dirname, '../../man')

/** Text that cannot be taken for a macro or an escape. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replace(/^([.'])/, '\\&$1')
    .replaceAll('’', '\\(cq')
    .replaceAll('…', '...')
    .replaceAll('→', '\\(->')
    .replaceAll('–', '\\(en')
    .replaceAll(/(?<=^|[\s"])--(?=[a-z])/g, '\\-\\-')

const flagCall = (flag: Flag): string =>
  `Fl \\-${flag.name}${flag.value === undefined ? '' : ` Ar ${plain(flag.value)}`}`

function flagItem(flag: Flag): readonly string[] {
  const short = flag.short === undefined ? '' : `Fl ${flag.short} , `
  return [`.It ${short}${flagCall(flag)}`, `${plain(flag.summary)}.`]
}

function operandCall(operand: Operand): string {
  const name = `Ar ${operand.name}${operand.repeats === true ? ' ...' : ''}`
  return operand.optional === true ? `Op ${name}` : name
}

const synopsis = (verb: Verb): readonly string[] => [
  `.Nm moss Cm ${verb.words}`,
  ...(verb.flags ?? []).map((flag) => `.Op ${flagCall(flag)}`),
  ...(verb.operands ?? []).map((operand) => `.${operandCall(operand)}`),
]

function verbItem(verb: Verb): readonly string[] {
  const also =
    verb.aliases === undefined ? [] : [`Also: ${verb.aliases.map((alias) => `moss ${alias}`).join(', ')}.`]
  const flags = verb.flags ?? []
  return [
    `.It ${['Cm', verb.words, ...(verb.operands ?? []).map(operandCall)].join(' ')}`,
    plain(`${verb.summary}.`),
    ...also,
    ...(flags.length > 0 ? ['.Bl -tag -width Ds', ...flags.flatMap(flagItem), '.El'] : []),
  ]
}

const list = (items: readonly string[]): readonly string[] => ['.Bl -tag -width Ds', ...items, '.El']

/** What a page says it is for. */
const about = (page: string): string =>
  /^\.Nd (.*)$/m.exec(readFileSync(join(manualFolder, `moss-${page}.1`), 'utf8'))?.[1] ?? ''

const pageItem = (page: string): readonly string[] => [
  `.It Xr moss-${page} 1`,
  `${about(page)}:`,
  `.Cm ${verbsOn(page, verbs)
    .map((verb) => verb.words)
    .join(' , ')}`,
]

const exitItems = (wanted: readonly string[]): readonly string[] =>
  (Object.keys(exits) as (keyof typeof exits)[])
    .filter((name) => wanted.length === 0 || wanted.includes(`${exits[name]}`))
    .flatMap((name) => [`.It ${exits[name]}`, exitMeanings[name]])

const codeItem = (code: ErrorCode): readonly string[] => [
  `.It Dv ${code} Pq exit ${codes[code].exit}`,
  plain(`${meanings[code].meaning}.`),
  ...(remedyOf(code) === undefined ? [] : ['.br', `Remedy: ${plain(`${remedyOf(code)}.`)}`]),
]

const makers: Readonly<Record<string, (page: string, words: readonly string[]) => readonly string[]>> = {
  synopsis: (page) => verbsOn(page, verbs).flatMap(synopsis),
  verbs: (page) => list(verbsOn(page, verbs).flatMap(verbItem)),
  pages: () => list(Object.keys(manualPages).flatMap(pageItem)),
  flags: () => list(globalFlags.flatMap(flagItem)),
  exits: (_, wanted) => ['.Bl -tag -width Ds -compact', ...exitItems(wanted), '.El'],
  codes: () => list((Object.keys(codes) as ErrorCode[]).toSorted().flatMap(codeItem)),
}

/** A page with what is made of it made anew. `name` is that of its file. */
export function renewPage(name: string, text: string): string {
  const page = name.replace(/^moss-|\.\d$/g, '')
  return text.replaceAll(
    /^(\.\\" made: (\w+)(.*)\n)[^]*?^(\.\\" end)$/gm,
    (_, begin: string, what: string, words: string, end: string) => {
      const make = makers[what]
      if (make === undefined) throw new Error(`${name}: nothing makes ${what}`)
      const made = make(page, words.trim().split(' ').filter(Boolean))
      return `${begin}${made.join('\n')}\n${end}`
    },
  )
}

export const manualNames = (): readonly string[] =>
  readdirSync(manualFolder).filter((name) => /\.\d$/.test(name))

/** What lies in dist/share/man, by path there: a page, or for a verb that stands on the page of another the way to it. */
export function manualFiles(): ReadonlyMap<string, { readonly page: string } | { readonly text: string }> {
  const files = new Map<string, { readonly page: string } | { readonly text: string }>(
    manualNames().map((page) => [`man${page.at(-1)}/${page}`, { page }]),
  )
  for (const [page, words] of Object.entries(manualPages))
    for (const word of words) {
      const path = `man1/moss-${word}.1`
      if (!files.has(path)) files.set(path, { text: `.so man1/moss-${page}.1\n` })
    }
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const packageFile = join(manualFolder, '../package.json')

/** npm makes links to these and to no others. */
export function renewPackage(text: string): string {
  const lines = [...manualFiles().keys()].map((path) => `    "dist/share/man/${path}"`)
  return text.replace(/^  "man": \[\n[^\]]*^  \],$/m, `  "man": [\n${lines.join(',\n')}\n  ],`)
}

if (import.meta.main) {
  const files = manualNames().map((name) => ({
    path: join(manualFolder, name),
    renew: (text: string) => renewPage(name, text),
  }))
  for (const { path, renew } of [...files, { path: packageFile, renew: renewPackage }]) {
    const text = readFileSync(path, 'utf8')
    const renewed = renew(text)
    if (renewed === text) continue
    if (process.argv.includes('--check')) {
      console.error(`${path} is out of date: node test/tools/make-manual.ts`)
      process.exitCode = 1
    } else writeFileSync(path, renewed)
  }
}
