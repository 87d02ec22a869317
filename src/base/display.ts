// The one door through which foreign text reaches a screen, a message or a log. Control characters,
// bidirectional overrides, zero-width and other invisible characters and lone surrogates become \u{…}.

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]/gu

/** At most this many characters are shown; more are cut with a mark. */
const longest = 4096

export function display(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  return cut.replace(hidden, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
