// A deflate stream as its tokens: the literals and matches that it consists of, as bytes. From them a maker's stream is
// written again without looking for matches; what remains of the maker is where it ends blocks and how it writes
// them. Both are total functions of bytes from outside, in linear time.
import { areParts, gatherParts, type TakePart } from './deflate/parts.ts'
import { assertRule, cutsBlocks, type Maker, type MakerRule } from './deflate/rules.ts'
import { type Kernel, mostNumber, takeKernel } from './kernel.ts'
import type { OpenedStream } from './members/packed-stream.ts'

/** What follows a short stream may be long. */
const mostLikelyBytes = 256 * 1024

/** Of the stream at the beginning of `packed`; undefined if there is none or its tokens have more than `mostBytes`. */
export function inflateTokens(packed: Uint8Array, mostBytes: number): OpenedStream | undefined {
  let packedBytes = 0
  let bytes = 0
  const content = gatherParts(Math.min(mostBytes, 2 * packed.length, mostLikelyBytes), (take) => {
    const end = inflate(packed, (part) => {
      bytes += part.length
      return bytes <= mostBytes && take(part)
    })
    packedBytes = end ?? 0
    return end !== undefined
  })
  return content === undefined ? undefined : { content, packedBytes }
}

/** Where the stream ends. */
function inflate(packed: Uint8Array, take: TakePart): number | undefined {
  using kernel = takeKernel()
  const { calls } = kernel
  calls.beginInflatingTokens()
  for (let at = 0; ;) {
    const sizeBytes = putInput(kernel, packed, at)
    const outcome = calls.goOnInflatingTokens(sizeBytes, Number(at + sizeBytes === packed.length))
    if (outcome < 0 || !take(output(kernel))) return undefined
    at += calls.usedInputBytes()
    if (outcome > 0) return at
  }
}

/** How much of it there was room for. */
function putInput(kernel: Kernel, bytes: Uint8Array, at: number): number {
  const part = bytes.subarray(at, at + kernel.calls.tokenInputBytes())
  kernel.view(kernel.calls.tokenInput(), part.length).set(part)
  return part.length
}

const output = (kernel: Kernel): Uint8Array =>
  kernel.view(kernel.calls.tokenOutput(), kernel.calls.tokenOutputBytes())

/** A raw stream; undefined if these are no tokens, if it has more than `mostBytes`, or a block without any code. */
export function deflateTokens(
  tokens: Uint8Array,
  maker: Maker,
  mostBytes = Infinity,
): Uint8Array<ArrayBuffer> | undefined {
  return gatherParts(tokens.length, (take) => write({ tokens, rule: assertRule(maker), mostBytes }, take))
}

/** True if the maker writes the tokens as `packed`. Most that it does not is seen after one block. */
export function isWrittenBy(
  maker: Maker,
  { tokens, packed }: { readonly tokens: Uint8Array; readonly packed: Uint8Array },
): boolean {
  return areParts(packed, (take) =>
    write({ tokens, rule: assertRule(maker), mostBytes: packed.length }, take),
  )
}

interface Writing {
  readonly tokens: Uint8Array
  readonly rule: MakerRule
  readonly mostBytes: number
}

function write({ tokens, rule, mostBytes }: Writing, take: TakePart): boolean {
  using kernel = takeKernel()
  const { calls } = kernel
  calls.beginPackingTokens(rule.family.blockSymbols, Number(cutsBlocks(rule)), Number(rule.effort.isGreedy))
  let made = 0
  for (let at = 0; ;) {
    const sizeBytes = putInput(kernel, tokens, at)
    const isLast = at + sizeBytes === tokens.length
    if (calls.goOnPackingTokens(sizeBytes, Number(isLast), Math.min(mostBytes - made, mostNumber)) === 0)
      return false
    const part = output(kernel)
    if (!take(part)) return false
    made += part.length
    if (isLast) return true
    at += calls.usedInputBytes()
  }
}
