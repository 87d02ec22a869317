// The licences that a machine-readable copyright file names (Debian's copyright-format 1.0), as one line. A
// file in any other form says nothing that can be told in a word, so the licence stays empty.

const longest = 400

/** Short names in the order of the file, joined by `, `; empty when the file is not in that format. */
export function licencesOf(copyright: string): string {
  const lines = copyright.split('\n')
  if (!/^Format:.*copyright-format\/1\.0/.test(lines[0] ?? '')) return ''
  const names = new Set<string>()
  for (const line of lines) {
    const [, name] = /^License:\s*(\S.*?)\s*$/.exec(line) ?? []
    if (name !== undefined && /^[\x20-\x7e]+$/.test(name)) names.add(name)
  }
  const text = [...names].join(', ')
  return text.length <= longest ? text : `${text.slice(0, text.lastIndexOf(',', longest))}, …`
}
