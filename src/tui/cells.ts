// How many cells of a terminal a text takes, and texts cut or padded to a number of cells. East Asian wide characters
// and most pictures take two, combining marks none; control characters never come here (see lines.ts).

const marks = /^[\p{Mn}\p{Me}]$/u

/** First and last code point of each wide range, after Unicode's EastAsianWidth W and F. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
]

/** 0, 1 or 2. */
export function characterCells(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (marks.test(character)) return 0
  return wideRanges.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

const isPlain = (text: string): boolean => /^[\u0020-\u02ff]*$/.test(text)

export function cellsOf(text: string): number {
  if (isPlain(text)) return text.length
  let cells = 0
  for (const character of text) cells += characterCells(character)
  return cells
}

/** At most `cells` wide; what is cut ends with a mark. */
export function cutTo(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text
  if (cells < 1) return ''
  let kept = ''
  let used = 0
  for (const character of text) {
    const width = characterCells(character)
    if (used + width > cells - 1) break
    kept += character
    used += width
  }
  return `${kept}…`
}

/** Exactly `cells` wide. */
export function fitTo(text: string, cells: number): string {
  const cut = cutTo(text, cells)
  return cut + ' '.repeat(Math.max(0, cells - cellsOf(cut)))
}

/** Lines of at most `cells`, broken at spaces where there are some. */
export function wrapTo(text: string, cells: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (cellsOf(joined) <= cells) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (cellsOf(line) > cells) {
      let head = ''
      for (const character of line) {
        if (cellsOf(head + character) > cells) break
        head += character
      }
      if (head === '') break
      lines.push(head)
      line = line.slice(head.length)
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line]
}
