// Cuts the input into literals and matches. Greedy: the first match found is taken. Lazy: a match waits until the next
// place has none that is longer. Both as gzip's algorithm.doc says. They end early when the writer may write no
// more or the searches have taken all their steps.
import type { BlockWriter } from './block-writer.ts'
import type { Effort } from './rules.ts'
import type { SearchWindow } from './search-window.ts'
import { minMatch } from './symbols.ts'

export interface Parse {
  readonly window: SearchWindow
  readonly blocks: BlockWriter
  readonly effort: Effort
  readonly mostSteps: number
  /** Asked after each block; false ends it. */
  readonly goesOn: () => boolean
}

/** A match of the least length from farther away takes more than three literals. */
const tooFar = 4096

/** False if it ended early. */
export function parseGreedily({ window, blocks, effort, mostSteps, goesOn }: Parse): boolean {
  const bytes = window.bytes
  for (;;) {
    window.refill()
    if (window.ahead === 0) return blocks.end(true) && goesOn()
    const first = window.insert(window.at)
    const length = window.isNear(first) ? window.search(first, minMatch - 1) : 0
    let isFull: boolean
    if (length >= minMatch) {
      isFull = blocks.match(window.at - window.matchAt, length)
      window.ahead -= length
      if (length <= effort.lazy) for (let i = 1; i < length; i++) window.insert(window.at + i)
      window.at += length
    } else {
      isFull = blocks.literal(bytes[window.at]!)
      window.ahead--
      window.at++
    }
    if (isFull && !(blocks.end(false) && goesOn())) return false
    if (window.steps > mostSteps) return false
  }
}

/** False if it ended early. */
export function parseLazily({ window, blocks, effort, mostSteps, goesOn }: Parse): boolean {
  const bytes = window.bytes
  let length = minMatch - 1
  let isWaiting = false
  for (;;) {
    window.refill()
    if (window.ahead === 0) {
      if (isWaiting) blocks.literal(bytes[window.at - 1]!)
      return blocks.end(true) && goesOn()
    }
    const first = window.insert(window.at)
    const lengthBefore = length
    const distanceBefore = window.at - 1 - window.matchAt
    length = minMatch - 1
    if (lengthBefore < effort.lazy && window.isNear(first)) {
      length = window.search(first, lengthBefore)
      if (length === minMatch && window.at - window.matchAt > tooFar) length = minMatch - 1
      if (window.steps > mostSteps) return false
    }
    if (lengthBefore >= minMatch && length <= lengthBefore) {
      const isFull = blocks.match(distanceBefore, lengthBefore)
      for (let i = 1; i < lengthBefore - 1; i++) window.insert(window.at + i)
      window.ahead -= lengthBefore - 1
      window.at += lengthBefore - 1
      isWaiting = false
      length = minMatch - 1
      if (isFull && !(blocks.end(false) && goesOn())) return false
      continue
    }
    if (isWaiting && blocks.literal(bytes[window.at - 1]!) && !(blocks.end(false) && goesOn())) return false
    isWaiting = true
    window.at++
    window.ahead--
  }
}
