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

/** `top` keeps its lines, `bottom` too where there is room; what is between gets the rest. */
export function stack(
  height: number,
  parts: {
    readonly top: readonly Line[]
    readonly middle: (height: number) => readonly Line[]
    readonly bottom?: readonly Line[]
  },
): readonly Line[] {
  const { top, middle, bottom = [] } = parts
  const room = Math.max(0, height - top.length - bottom.length)
  return fill([...top, ...fill(middle(room), room), ...bottom], height)
}
