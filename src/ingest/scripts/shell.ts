// Splits a shell script into its simple commands, each with its line: enough of POSIX sh's grammar to find
// what would be run, whatever the conditions around it. Words keep their variables and lose their quotes.
// Command substitutions count as commands of their own. A script that breaks the grammar gives odd words, which
// the table of known commands then does not know: it never hides a command.
import { Lexer, type Token } from './lexer.ts'

export interface ShellCommand {
  readonly line: number
  /** Without assignments before it and reserved words. Never empty. */
  readonly words: readonly string[]
  /** Files that its output is written to, without those that swallow it. */
  readonly writes: readonly string[]
}

export interface ShellScript {
  readonly commands: readonly ShellCommand[]
  /** Functions that the script defines itself; their bodies are among the commands. */
  readonly functions: ReadonlySet<string>
}

const starters = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', 'time'])
const closers = new Set(['fi', 'done', '}'])
const swallowing = /^(?:\/dev\/(?:null|stdout|stderr|tty)|&?[0-9-]+)$/

/** Substitutions deeper than this are not looked into; they count as a command that is not known. */
const deepest = 16

export function readShell(text: string): ShellScript {
  const reader = new ScriptReader()
  reader.read(text, 1, 0)
  return { commands: reader.commands, functions: reader.functions }
}

class ScriptReader {
  readonly commands: ShellCommand[] = []
  readonly functions = new Set<string>()
  #words: string[] = []
  #writes: string[] = []
  #line = 1
  /** One for each open `case`: whether a pattern or a command comes next. */
  #cases: ('subject' | 'pattern' | 'command')[] = []
  #isLoopHead = false

  read(text: string, firstLine: number, depth: number): void {
    const lexer = new Lexer(text, firstLine)
    for (let token = lexer.next(); token !== undefined; token = lexer.next()) this.#take(token)
    this.#flush()
    for (const inner of lexer.substitutions) {
      const nested = new ScriptReader()
      if (depth < deepest) nested.read(inner.text, inner.line, depth + 1)
      else nested.commands.push({ line: inner.line, words: ['$(…)'], writes: [] })
      for (const command of nested.commands) this.commands.push(command)
    }
    this.commands.sort((a, b) => a.line - b.line)
  }

  #take(token: Token): void {
    if (token.kind === 'write') {
      if (!swallowing.test(token.text)) this.#writes.push(token.text)
      this.#line = this.#words.length === 0 ? token.line : this.#line
    } else if (token.kind === 'word') this.#takeWord(token)
    else this.#takeOperator(token.text)
  }

  #takeWord(token: Token): void {
    const { text, isQuoted } = token
    const state = this.#cases.at(-1)
    if (this.#words.length === 0 && !isQuoted) {
      if (state === 'pattern') {
        if (text === 'esac') this.#cases.pop()
        return
      }
      if (starters.has(text) || closers.has(text)) return
      if (text === 'esac') return void this.#cases.pop()
      if (text === 'case') return void this.#cases.push('subject')
      if (text === 'for' || text === 'select') return void (this.#isLoopHead = true)
    }
    if (state === 'pattern') return
    if (state === 'subject') {
      if (text === 'in' && !isQuoted) this.#cases[this.#cases.length - 1] = 'pattern'
      return
    }
    if (this.#isLoopHead) return
    if (this.#words.length === 0) this.#line = token.line
    this.#words.push(text)
  }

  #takeOperator(operator: string): void {
    const state = this.#cases.at(-1)
    if (state === 'pattern') {
      if (operator === ')') this.#cases[this.#cases.length - 1] = 'command'
      return
    }
    if (state === 'subject') return
    if (operator === '()') {
      const name = this.#words.at(-1)
      if (name !== undefined) this.functions.add(name)
      this.#words = []
      return
    }
    this.#flush()
    if (operator === ';;' && state !== undefined) this.#cases[this.#cases.length - 1] = 'pattern'
  }

  #flush(): void {
    const words = this.#words.slice(countAssignments(this.#words))
    const writes = this.#writes
    if (words.length > 0) this.commands.push({ line: this.#line, words, writes })
    else if (writes.length > 0) this.commands.push({ line: this.#line, words: [':'], writes })
    this.#words = []
    this.#writes = []
    this.#isLoopHead = false
  }
}

function countAssignments(words: readonly string[]): number {
  let count = 0
  while (/^[A-Za-z_][A-Za-z0-9_]*=/.test(words[count] ?? '')) count++
  return count
}
