// Finds a list of texts in a TOML file and changes one item of it, leaving all else as it stands. It reads text
// that a TOML parser has already accepted, and says so where the list is written in a way it does not know.

export interface ListItem {
  readonly start: number
  /** After the closing quote. */
  readonly end: number
  /** As written, quotes included. */
  readonly text: string
}

export interface ListPlace {
  /** Of the opening bracket. */
  readonly open: number
  /** Of the closing bracket. */
  readonly close: number
  readonly items: readonly ListItem[]
}

/** Undefined if there is no such key; `unclear` if it, or what stands before it, is not a plain key and value. */
export function findList(toml: string, key: string): ListPlace | 'unclear' | undefined {
  let at = skipBlank(toml, 0)
  while (at < toml.length) {
    const found = /([A-Za-z0-9_-]+|"[^"\\\n]*"|'[^'\n]*')[ \t]*=[ \t]*/y
    found.lastIndex = at
    const [whole, name = ''] = found.exec(toml) ?? []
    // Where a table begins, the keys of the file itself are over.
    if (whole === undefined) return toml[at] === '[' ? undefined : 'unclear'
    const list = toml[at + whole.length] === '[' ? readList(toml, at + whole.length) : undefined
    if (list === 'unclear') return 'unclear'
    if (name.replaceAll(/["']/g, '') === key) return list ?? 'unclear'
    at = skipBlank(toml, list === undefined ? endOfValue(toml, at + whole.length) : list.close + 1)
  }
  return undefined
}

function readList(toml: string, open: number): ListPlace | 'unclear' {
  const items: ListItem[] = []
  let at = skipBlank(toml, open + 1)
  while (toml[at] !== ']') {
    if (toml[at] === ',') at++
    else {
      const end = endOfText(toml, at)
      if (end === undefined) return 'unclear'
      items.push({ start: at, end, text: toml.slice(at, end) })
      at = end
    }
    at = skipBlank(toml, at)
  }
  return { open, close: at, items }
}

/** Past white space, line ends and comments. */
function skipBlank(toml: string, from: number): number {
  const blank = /(?:\s|#[^\n]*)*/y
  blank.lastIndex = from
  return from + (blank.exec(toml)?.[0].length ?? 0)
}

/** After a quoted text that starts at `from`; undefined if none does. */
function endOfText(toml: string, from: number): number | undefined {
  const quoted = /"""(?:[^\\]|\\[^])*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y
  quoted.lastIndex = from
  const text = quoted.exec(toml)?.[0]
  return text === undefined ? undefined : from + text.length
}

function endOfValue(toml: string, from: number): number {
  const end = endOfText(toml, from) ?? toml.indexOf('\n', from)
  return end < 0 ? toml.length : end
}

/** Adds a quoted item as the last one. */
export function insertItem(toml: string, list: ListPlace, quoted: string): string {
  const last = list.items.at(-1)
  const isOneLine = !toml.slice(list.open, list.close).includes('\n')
  if (last === undefined && isOneLine)
    return splice(toml, { start: list.open, end: list.close + 1, text: `[\n  ${quoted},\n]` })
  if (last === undefined || !isOneLine) return insertLine(toml, list, quoted)
  return splice(toml, { start: last.end, end: last.end, text: `, ${quoted}` })
}

/** A line of its own before the closing bracket's, indented as the last item is. */
function insertLine(toml: string, { close, items }: ListPlace, quoted: string): string {
  const last = items.at(-1)
  const indent = last === undefined ? '  ' : (/[ \t]*$/.exec(toml.slice(0, last.start))?.[0] ?? '') || '  '
  const lineStart = toml.lastIndexOf('\n', close - 1) + 1
  const isAlone = toml.slice(lineStart, close).trim() === ''
  const before = isAlone ? lineStart : close
  const text = isAlone ? `${indent}${quoted},\n` : `\n${indent}${quoted},\n`
  const inserted = splice(toml, { start: before, end: before, text })
  const needsComma = last !== undefined && toml[skipBlank(toml, last.end)] !== ','
  return needsComma ? splice(inserted, { start: last.end, end: last.end, text: ',' }) : inserted
}

export const replaceItem = (toml: string, { start, end }: ListItem, quoted: string): string =>
  splice(toml, { start, end, text: quoted })

/** Takes out an item with its comma; with its whole line, a comment behind it included, if it stands alone there. */
export function removeItem(toml: string, { start, end }: ListItem): string {
  const lineStart = toml.lastIndexOf('\n', start - 1) + 1
  const [after = ''] = /^[ \t]*,?[ \t]*/.exec(toml.slice(end)) ?? []
  const rest = /^(?:#[^\n]*)?\r?(?:\n|$)/.exec(toml.slice(end + after.length))?.[0]
  if (toml.slice(lineStart, start).trim() === '' && rest !== undefined)
    return splice(toml, { start: lineStart, end: end + after.length + rest.length, text: '' })
  const before = after.includes(',') ? '' : (/,[ \t]*$/.exec(toml.slice(0, start))?.[0] ?? '')
  const trailing = after.includes(',') ? after : ''
  return splice(toml, { start: start - before.length, end: end + trailing.length, text: '' })
}

const splice = (toml: string, { start, end, text }: ListItem): string =>
  `${toml.slice(0, start)}${text}${toml.slice(end)}`
