// What a test does with each display of a manual page. It stands in comments before the display:
//
//   .\" run [SCENE]            a transcript: commands behind a prompt, what they print below them
//   .\" script PROMPT [SCENE] [by SHELL]
//                              lines to be pasted: as one they must go well
//   .\" file PATH [SCENE]      a text that lies there when the next commands run
//   .\" more PATH [SCENE]      a text that stands at the end of that file when they do
//   .\" unit NAME [SCENE]      a unit of systemd: it is the one that the build writes, and its command goes well
//   .\" run by FILE            what that test reads on the page and runs, as it needs more than a scene has
//   .\" judged NAME            a text that its own reader judges (test/unit/cli/manual-displays.test.ts)
//
// A scene begins anew; without one it is gone on with the one before. More lines may follow the first:
//
//   .\" where TEXT is /WHAT/   TEXT stands for what a command printed last that looks so, or for its first group
//   .\" where TEXT is VALUE    TEXT stands for this
//   .\" asked, yes             questions are answered so
import { isScene, type Scene } from './two-machines.ts'

export type Prompt = `${string}$`

export type Mark =
  | { readonly kind: 'run'; readonly scene?: Scene | undefined }
  | {
      readonly kind: 'script'
      readonly prompt: Prompt
      readonly scene?: Scene | undefined
      readonly shell: string
    }
  | { readonly kind: 'file' | 'more'; readonly path: string; readonly scene?: Scene | undefined }
  | { readonly kind: 'unit'; readonly name: string; readonly scene?: Scene | undefined }
  | { readonly kind: 'elsewhere'; readonly test: string; readonly scene?: undefined }
  | { readonly kind: 'judged'; readonly as: string; readonly scene?: undefined }

export interface Meaning {
  readonly text: string
  /** A RegExp looks in what was printed. */
  readonly is: RegExp | string
}

export interface Display {
  /** Absent where nobody said what to do with it. */
  readonly mark: Mark | undefined
  readonly meanings: readonly Meaning[]
  readonly isAnswered: boolean
  /** Of its first line of text, in the page, from 1. */
  readonly line: number
  readonly lines: readonly string[]
}

export const unescapeLine = (line: string): string =>
  line.replace(/^\\&/, '').replaceAll('\\-', '-').replaceAll('\\(aq', "'").replaceAll('\\e', '\\')

export const escapeLine = (line: string): string =>
  line.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replace(/^\./, '\\&.')

const words =
  /^(?:run by (?<by>test\/\S+)|run(?: (?<run>\w+))?|script (?<prompt>[a-z]*\$)(?: (?<scene>\w+))?(?: by (?<shell>\w+))?|(?<kind>file|more) (?<path>\S+)(?: (?<of>\w+))?|unit (?<unit>\S+)(?: (?<place>\w+))?|judged (?<judged>\w+))$/

function markOf(text: string, at: number): Mark {
  const found = words.exec(text)?.groups
  if (found === undefined) throw new Error(`line ${at}: no such mark: ${text}`)
  const scene = found['run'] ?? found['scene'] ?? found['of'] ?? found['place']
  if (scene !== undefined && !isScene(scene)) throw new Error(`line ${at}: no scene ${scene}`)
  const { by, prompt, kind, shell = 'sh', path, unit, judged } = found
  if (by !== undefined) return { kind: 'elsewhere', test: by }
  if (prompt !== undefined) return { kind: 'script', prompt: prompt as Prompt, scene, shell }
  if (path !== undefined) return { kind: kind === 'more' ? kind : 'file', path, scene }
  if (unit !== undefined) return { kind: 'unit', name: unit, scene }
  if (judged !== undefined) return { kind: 'judged', as: judged }
  return { kind: 'run', scene }
}

function meaningOf(text: string): Meaning | undefined {
  const [, name, value = ''] = /^where (.+?) is (.+)$/.exec(text) ?? []
  const [, pattern] = /^\/(.+)\/$/.exec(value) ?? []
  return name === undefined
    ? undefined
    : { text: name, is: pattern === undefined ? value : new RegExp(pattern, 'g') }
}

/** Comments before a display that are for tests. */
const said = /^\.\\" ((?:run|script|file|more|unit|judged|where|asked)\b.*)$/

/** Each display of a page, in order; also those of other macros than .Bd, which have no text here. */
export function displaysOf(page: string): readonly Display[] {
  const found: Display[] = []
  const lines = page.split('\n')
  let marks: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const comment = said.exec(line)?.[1]
    if (comment !== undefined) marks.push(comment)
    else if (/^\.(?:Bd|Dl|D1|nf|EX)\b/.test(line)) {
      const end = line.startsWith('.Bd') ? lines.indexOf('.Ed', at) : at
      found.push(displayOf(marks, { line: at + 2, lines: lines.slice(at + 1, end).map(unescapeLine) }))
      marks = []
      at = end
    } else if (marks.length > 0) throw new Error(`line ${at + 1}: no display behind the mark`)
  }
  return found
}

/** The same in Markdown: each fenced block, and `<!-- run SCENE -->` before it. */
export function markdownDisplaysOf(page: string): readonly Display[] {
  return [...page.matchAll(/^(?:<!-- (.*) -->\n)?```\w*\n([^]*?)^```$/gm)].map((match) => {
    const [whole, mark, text = ''] = match
    const before = whole.slice(0, whole.length - text.length - '```'.length).split('\n').length - 1
    const line = page.slice(0, match.index).split('\n').length + before
    return displayOf(mark === undefined ? [] : [mark], { line, lines: text.trimEnd().split('\n') })
  })
}

function displayOf(marks: readonly string[], text: Pick<Display, 'line' | 'lines'>): Display {
  const [mark, ...more] = marks
  const meanings = more.map(meaningOf)
  for (const [index, each] of more.entries())
    if (meanings[index] === undefined && each !== 'asked, yes') throw new Error(`line ${text.line}: ${each}?`)
  return {
    ...text,
    mark: mark === undefined ? undefined : markOf(mark, text.line),
    meanings: meanings.filter((each) => each !== undefined),
    isAnswered: more.includes('asked, yes'),
  }
}
