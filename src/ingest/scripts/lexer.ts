// Words and operators of a shell script. Comments, here-documents and line continuations are passed over; the
// text of command substitutions is set aside with its line, because it holds commands too.

export interface Token {
  readonly kind: 'word' | 'operator' | 'write'
  /** A word without quotes; an operator; or the file that a redirection writes to. */
  readonly text: string
  readonly line: number
  /** A quoted word is never a reserved one. */
  readonly isQuoted: boolean
}

export interface Substitution {
  readonly text: string
  readonly line: number
}

interface HereDocument {
  readonly end: string
  readonly stripsTabs: boolean
}

const operators = [';;', '&&', '||', '()', ';', '&', '|', '(', ')']

export class Lexer {
  readonly substitutions: Substitution[] = []
  readonly #text: string
  #at = 0
  #line: number
  #isQuoted = false
  #hereDocuments: HereDocument[] = []

  constructor(text: string, firstLine: number) {
    this.#text = text
    this.#line = firstLine
  }

  next(): Token | undefined {
    this.#skipBlanks()
    const line = this.#line
    const character = this.#text[this.#at]
    if (character === undefined) return undefined
    if (character === '\n') {
      this.#at++
      this.#line++
      this.#skipHereDocuments()
      return { kind: 'operator', text: '\n', line, isQuoted: false }
    }
    const redirection = /^[0-9]*(<<-|<<|>>|>\||>&|<&|<>|>|<)/.exec(this.#text.slice(this.#at, this.#at + 8))
    if (redirection !== null) return this.#redirection(redirection, line)
    if (/^\(\s*\)/.test(this.#text.slice(this.#at, this.#at + 8))) {
      this.#at = this.#text.indexOf(')', this.#at) + 1
      return { kind: 'operator', text: '()', line, isQuoted: false }
    }
    for (const operator of operators)
      if (this.#text.startsWith(operator, this.#at)) {
        this.#at += operator.length
        return { kind: 'operator', text: operator, line, isQuoted: false }
      }
    return { kind: 'word', text: this.#word(), line, isQuoted: this.#isQuoted }
  }

  #redirection(found: RegExpExecArray, line: number): Token | undefined {
    this.#at += found[0].length
    this.#skipBlanks()
    const text = this.#word()
    const operator = found[1] ?? ''
    if (operator === '<<' || operator === '<<-')
      this.#hereDocuments.push({ end: text, stripsTabs: operator === '<<-' })
    if (operator.startsWith('<')) return this.next()
    return { kind: 'write', text: operator === '>&' ? `&${text}` : text, line, isQuoted: false }
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.#text[this.#at]
      if (character === ' ' || character === '\t' || character === '\r') this.#at++
      else if (character === '\\' && this.#text[this.#at + 1] === '\n') {
        this.#at += 2
        this.#line++
      } else if (character === '#') {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end < 0 ? this.#text.length : end
      } else return
    }
  }

  #skipHereDocuments(): void {
    for (const { end, stripsTabs } of this.#hereDocuments)
      for (let isOpen = this.#at < this.#text.length; isOpen; isOpen = this.#at < this.#text.length) {
        const newline = this.#text.indexOf('\n', this.#at)
        const stop = newline < 0 ? this.#text.length : newline
        const line = this.#text.slice(this.#at, stop)
        this.#at = stop + 1
        this.#line++
        if ((stripsTabs ? line.replace(/^\t+/, '') : line) === end) break
      }
    this.#hereDocuments = []
  }

  /** Up to a blank or an operator outside quotes. */
  #word(): string {
    let word = ''
    this.#isQuoted = false
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined || /[\s;&|()<>]/.test(character)) return word
      if (character === "'" || character === '"') this.#isQuoted = true
      word += this.#part(character)
    }
  }

  #part(character: string): string {
    if (character === '\\') {
      const next = this.#text[this.#at + 1] ?? ''
      this.#at += 2
      if (next === '\n') this.#line++
      return next === '\n' ? '' : next
    }
    if (character === "'") {
      const end = this.#text.indexOf("'", this.#at + 1)
      return this.#cut(this.#at + 1, end < 0 ? this.#text.length : end, 1)
    }
    if (character === '"') return this.#doubleQuoted()
    if (character === '`') return this.#backquoted()
    if (character === '$') return this.#dollar()
    this.#at++
    return character
  }

  #doubleQuoted(): string {
    let word = ''
    this.#at++
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined) return word
      if (character === '"') {
        this.#at++
        return word
      }
      if (character === '\n') this.#line++
      if (character === '\\' || character === '$' || character === '`') word += this.#part(character)
      else {
        word += character
        this.#at++
      }
    }
  }

  #backquoted(): string {
    let end = this.#at + 1
    while (end < this.#text.length && this.#text[end] !== '`') end += this.#text[end] === '\\' ? 2 : 1
    const line = this.#line
    const inner = this.#cut(this.#at + 1, Math.min(end, this.#text.length), 1)
    this.substitutions.push({ text: inner.replace(/\\([$`\\])/g, '$1'), line })
    return '$(…)'
  }

  #dollar(): string {
    const next = this.#text[this.#at + 1]
    if (next !== '(' && next !== '{') {
      this.#at++
      return '$'
    }
    const from = this.#at
    const line = this.#line
    const end = this.#matching(from + 1, next, next === '(' ? ')' : '}')
    const inner = this.#cut(from + 2, end, 1)
    if (next === '{') return `\${${inner}}`
    if (inner.startsWith('(')) return '$((…))'
    this.substitutions.push({ text: inner, line })
    return '$(…)'
  }

  /** Where the bracket that opens at `from` closes; quotes inside are passed over. */
  #matching(from: number, open: string, close: string): number {
    let depth = 0
    for (let at = from; at < this.#text.length; at++) {
      const character = this.#text[at]
      if (character === '\\') at++
      else if (character === "'") {
        const end = this.#text.indexOf("'", at + 1)
        if (end > 0) at = end
      } else if (character === open) depth++
      else if (character === close && --depth === 0) return at
    }
    return this.#text.length
  }

  /** The text between two places; goes on behind it. */
  #cut(from: number, to: number, closing: number): string {
    const text = this.#text.slice(from, to)
    for (const character of text) if (character === '\n') this.#line++
    this.#at = to + closing
    return text
  }
}
