// The room that a screen's body has, and lines made to fill it exactly: a frame never grows and never shrinks.
import { blank, type Line } from './lines.ts'

export interface Area {
  readonly width: number
  readonly height: number
}

export const fill = (lines: readonly Line[], height: number): readonly Line[] =>
  lines.length >= height
    ? lines.slice(0, Math.max(0, height))
    : [...lines, ...Array.from({ length: height - lines.length }, () => blank)]

/** What is between the top and the bottom has at least this, in however low a window: it is what keys move in. */
const leastLines = 3

/** The middle gets what the others leave. */
export function stack(
  height: number,
  parts: {
    readonly top: readonly Line[]
    readonly middle: (height: number) => readonly Line[]
    readonly bottom?: readonly Line[]
  },
): readonly Line[] {
  const { top, middle, bottom = [] } = parts
  const room = Math.max(Math.min(leastLines, height), height - top.length - bottom.length)
  const above = Math.max(0, height - room - bottom.length)
  return fill([...top.slice(Math.max(0, top.length - above)), ...fill(middle(room), room), ...bottom], height)
}
