// Tokens of a deflate stream as moss-bundle(5) describes them, written without the program's own code.

export type Token = { readonly literal: number } | { readonly length: number; readonly distance: number }

export function tokensOf(bytes: Uint8Array): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at++]!
    if (first < 128) tokens.push({ literal: first })
    else if (first === 255) tokens.push({ literal: bytes[at++]! })
    else {
      const length = first === 254 ? 3 + bytes[at++]! : first - 125
      tokens.push({ length, distance: 1 + 256 * bytes[at]! + bytes[at + 1]! })
      at += 2
    }
  }
  return tokens
}

/** What they stand for. */
export function plainOf(bytes: Uint8Array): Uint8Array {
  const plain: number[] = []
  for (const token of tokensOf(bytes))
    if ('literal' in token) plain.push(token.literal)
    else for (let i = 0; i < token.length; i++) plain.push(plain[plain.length - token.distance]!)
  return Uint8Array.from(plain)
}
