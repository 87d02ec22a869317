// Progress on a terminal: one line on stderr, rewritten at most ten times a second, with bytes, rate and time
// left. Elsewhere phases are said once each, so that a log stays readable.
import { display } from '../base/display.ts'
import { formatBytes, formatCount } from '../base/format.ts'
import type { OpEvent } from '../ops/types.ts'

const repaintMs = 100
const barWidth = 20

export interface ProgressLine {
  show(event: OpEvent): void
  /** Clears the line so that other text can follow. */
  clear(): void
}

interface Target {
  write(text: string): void
  isTerminal(): boolean
  columns(): number
  nowMs(): number
}

export function progressLine(target: Target): ProgressLine {
  let painted = 0
  let phase = ''
  let phaseStarted = 0
  let shown = false
  let known: boolean | undefined
  /** Asked once: the question is a call of the system, and progress comes with every chunk. */
  const isTerminal = (): boolean => (known ??= target.isTerminal())
  const clear = (): void => {
    if (shown) target.write('\r\u001b[K')
    shown = false
  }
  const paint = (event: OpEvent): void => {
    const now = target.nowMs()
    const isNewPhase = event.phase !== phase
    if (isNewPhase) {
      phase = event.phase
      phaseStarted = now
      if (!isTerminal()) target.write(`${phase}\n`)
    }
    if (!isTerminal() || (!isNewPhase && now - painted < repaintMs)) return
    painted = now
    target.write(
      `\r\u001b[K${describe(event, now - phaseStarted).slice(0, Math.max(20, target.columns() - 1))}`,
    )
    shown = true
  }
  return {
    clear,
    show: (event) => {
      if (event.warning === undefined) return paint(event)
      clear()
      target.write(`moss: note: ${display(event.warning)}\n`)
    },
  }
}

function describe(event: OpEvent, elapsedMs: number): string {
  const { doneBytes = 0, totalBytes = 0, doneItems = 0, totalItems = 0 } = event
  const share = totalBytes > 0 ? doneBytes / totalBytes : totalItems > 0 ? doneItems / totalItems : 0
  const full = Math.round(Math.min(1, share) * barWidth)
  const bar = totalBytes > 0 || totalItems > 0 ? `${'#'.repeat(full)}${'.'.repeat(barWidth - full)}` : ''
  const amount =
    totalBytes > 0
      ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`
      : totalItems > 0
        ? `${formatCount(doneItems)} of ${formatCount(totalItems)}`
        : ''
  const rate =
    doneBytes > 0 && elapsedMs > 500 ? `${formatBytes(Math.round(doneBytes / (elapsedMs / 1000)))}/s` : ''
  const left =
    share > 0.01 && elapsedMs > 1000 ? `${Math.ceil((elapsedMs * (1 - share)) / share / 1000)} s left` : ''
  return [event.phase.padEnd(8), bar, amount, rate, left, display(event.item ?? '')]
    .filter(Boolean)
    .join('  ')
}
