// A frame as Ink draws it: every frame fills the terminal, and never more.
import { renderToString } from 'ink'
import { expect } from 'vitest'
import type { ScreensState } from '../../src/tui/state.ts'
import { FrameView } from '../../src/tui/view.tsx'

export function frame(state: ScreensState): string {
  const lines = renderToString(<FrameView state={state} />, { columns: state.size.columns }).split('\n')
  expect(lines).toHaveLength(state.size.rows)
  for (const each of lines) expect(each.length).toBeLessThanOrEqual(state.size.columns)
  return `\n${lines.map((each) => each.trimEnd()).join('\n')}\n`
}
