// Bytes as every room handles them: hexadecimal, order, joining, strict UTF-8.

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

export const toHex = (bytes: Uint8Array): string => bytes.toHex()
export const fromHex = (text: string): Uint8Array => Uint8Array.fromHex(text)

/** Longer ones are for encoder and decoder: most names and keys are shorter, and calling those costs more than looking at them. */
const shortBytes = 64

export function encodeUtf8(text: string): Uint8Array {
  if (text.length > shortBytes) return encoder.encode(text)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return encoder.encode(text)
    bytes[i] = code
  }
  return bytes
}

export function isAscii(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
  for (let i = from; i < to; i++) if ((bytes[i] as number) > 0x7f) return false
  return true
}

/** Strict: ill-formed bytes give `undefined`, never a replacement character. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.length <= shortBytes && isAscii(bytes)) return asciiText(bytes, bytes.length)
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Of the first `length` bytes, which `isAscii`. */
export const asciiText = (bytes: Uint8Array, length: number): string =>
  Buffer.prototype.latin1Slice.call(bytes, 0, length)

/** Bytewise order, shorter first when one is a prefix of the other. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b)

/** The order of the UTF-8 forms, which differs from JavaScript's order above U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) {
      const surrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
      if (surrogate(x) !== surrogate(y)) return surrogate(x) ? 1 : -1
      return x - y
    }
  }
  return a.length - b.length
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const out = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && compareBytes(a, b) === 0
