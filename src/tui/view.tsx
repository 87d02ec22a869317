// Draws a frame with Ink: a line is a line, a tone one of the sixteen colours. Nothing is decided here.
import { Box, Text, useIsScreenReaderEnabled } from 'ink'
import type { ReactElement } from 'react'
import { frameOf } from './frame.ts'
import type { Span, Tone } from './lines.ts'
import { spokenText } from './spoken.ts'
import type { ScreensState } from './state.ts'

const colours: Readonly<
  Record<Tone, { readonly color?: string; readonly bold?: boolean; readonly dimColor?: boolean }>
> = {
  plain: {},
  strong: { bold: true },
  quiet: { dimColor: true },
  good: { color: 'green' },
  warning: { color: 'yellow' },
  bad: { color: 'red' },
  chosen: { bold: true, color: 'cyan' },
}

export function FrameView({ state }: { readonly state: ScreensState }): ReactElement {
  const isSpoken = useIsScreenReaderEnabled()
  if (isSpoken) return <Text>{spokenText(state)}</Text>
  return (
    <Box flexDirection="column">
      {frameOf(state).map((spans, row) => (
        <Text key={row} wrap="truncate">
          {spans.length === 0 ? ' ' : spans.map((each, at) => drawSpan(each, at, state.look.isColour))}
        </Text>
      ))}
    </Box>
  )
}

const drawSpan = (each: Span, key: number, isColour: boolean): ReactElement => (
  <Text key={key} {...(isColour ? colours[each.tone] : {})}>
    {each.text}
  </Text>
)
