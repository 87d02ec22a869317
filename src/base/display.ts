// The one door through which foreign text reaches a screen, a message or a log. Control characters,
// bidirectional overrides, zero-width and other invisible characters and lone surrogates become \u{…}.

const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** At most this many characters are shown; more are cut with a mark. */
const longest = 4096

export function display(text: string): string {
  const cut = text.length > longest ? `${wholeCharacters(text)}…` : text
  return cut.replace(hidden, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** As JSON, with the same characters escaped in JSON's own way: a terminal obeys none, a program reads them all. */
export const displayJson = (value: unknown): string =>
  JSON.stringify(value).replace(hidden, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  )

/** The beginning of a long text, never half a surrogate pair. */
function wholeCharacters(text: string): string {
  const splitsPair = (text.codePointAt(longest - 1) ?? 0) > 0xffff
  return text.slice(0, splitsPair ? longest - 1 : longest)
}
