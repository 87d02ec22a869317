// Progress on a terminal: one line on stderr, rewritten at most ten times a second, with bytes, rate and time
// left. Elsewhere, where it goes to a log, a line of its own every few seconds: short work says nothing there.
import { display } from '../base/display.ts'
import { formatBytes, formatCount } from '../base/format.ts'
import type { OpEvent } from '../ops/types.ts'

const repaintMs = 100
const barWidth = 20
const logMs = 5000

export interface ProgressLine {
  show(event: OpEvent): void
  /** Clears the line so that other text can follow; until more is shown nothing is under way. */
  clear(): void
}

interface Target {
  write(text: string): void
  isTerminal(): boolean
  columns(): number
  nowMs(): number
  /** Again and again, until what it gives is called; it keeps nobody from leaving. */
  every(ms: number, work: () => void): () => void
}

export function progressLine(target: Target): ProgressLine {
  /** Asked once: the question is a call of the system, and progress comes with every chunk. */
  let known: ProgressLine | undefined
  const line = (): ProgressLine => (known ??= target.isTerminal() ? terminalLine(target) : logLines(target))
  return {
    clear: () => known?.clear(),
    show: (event) => line().show(event),
  }
}

const note = (target: Target, warning: string): void => target.write(`moss: note: ${display(warning)}\n`)

function terminalLine(target: Target): ProgressLine {
  const phases = phaseClock()
  let painted = 0
  let shown = false
  const wipe = (): void => {
    if (shown) target.write('\r\u001b[K')
    shown = false
  }
  return {
    clear: () => {
      phases.stop()
      wipe()
    },
    show: (event) => {
      if (event.warning !== undefined) {
        wipe()
        return note(target, event.warning)
      }
      const now = target.nowMs()
      const { isNew, elapsedMs } = phases.at(event, now)
      if (!isNew && now - painted < repaintMs) return
      painted = now
      target.write(`\r\u001b[K${describe(event, elapsedMs).slice(0, Math.max(20, target.columns() - 1))}`)
      shown = true
    },
  }
}

/** Of work that tells nothing for long, too, such as a step of a build. */
function logLines(target: Target): ProgressLine {
  const phases = phaseClock()
  let toldMs: number | undefined
  let latest: OpEvent | undefined
  let stop: (() => void) | undefined
  const tell = (): void => {
    const now = target.nowMs()
    if (latest === undefined) return
    const { elapsedMs } = phases.at(latest, now)
    toldMs ??= now
    if (now - toldMs < logMs) return
    toldMs = now
    target.write(`moss: ${describeForLog(latest, elapsedMs)}\n`)
  }
  return {
    clear: () => {
      phases.stop()
      stop?.()
      stop = undefined
      latest = undefined
    },
    show: (event) => {
      if (event.warning !== undefined) return note(target, event.warning)
      latest = event
      stop ??= target.every(logMs, tell)
      tell()
    },
  }
}

interface PhaseClock {
  /** Of the phase of an event; `isNew` where another one is under way than before. */
  at(event: OpEvent, nowMs: number): { readonly isNew: boolean; readonly elapsedMs: number }
  /** Nothing is under way: what is shown next begins, whatever it is called. */
  stop(): void
}

/** What has done less than before has begun again, as the next volume that is written: its rate is its own. */
function phaseClock(): PhaseClock {
  let latest: OpEvent | undefined
  let startedMs = 0
  return {
    at: (event, nowMs) => {
      const isNew = event.phase !== latest?.phase
      if (latest === undefined || isNew || isBefore(event, latest)) startedMs = nowMs
      latest = event
      return { isNew, elapsedMs: nowMs - startedMs }
    },
    stop: () => void (latest = undefined),
  }
}

function isBefore(event: OpEvent, latest: OpEvent): boolean {
  const [now, before] = [doneOf(event), doneOf(latest)]
  return now !== undefined && before !== undefined && now < before
}

/** By what the share is told. */
const doneOf = ({ doneBytes, totalBytes = 0, doneItems, totalItems = 0 }: OpEvent): number | undefined =>
  totalBytes > 0 || totalItems === 0 ? doneBytes : doneItems

interface Figures {
  /** Of 1; absent where the whole is not known. */
  readonly share?: number
  readonly amount: string
  readonly rate: string
  readonly left: string
}

function figuresOf(
  { doneBytes = 0, totalBytes = 0, doneItems = 0, totalItems = 0 }: OpEvent,
  elapsedMs: number,
): Figures {
  const share = totalBytes > 0 ? doneBytes / totalBytes : totalItems > 0 ? doneItems / totalItems : undefined
  const amount =
    totalBytes > 0
      ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`
      : totalItems > 0
        ? `${formatCount(doneItems)} of ${formatCount(totalItems)}`
        : ''
  const rate =
    doneBytes > 0 && elapsedMs > 500 ? `${formatBytes(Math.round(doneBytes / (elapsedMs / 1000)))}/s` : ''
  const left =
    share !== undefined && share > 0.01 && elapsedMs > 1000
      ? `${Math.ceil((elapsedMs * (1 - share)) / share / 1000)} s left`
      : ''
  return { ...(share !== undefined && { share }), amount, rate, left }
}

function describe(event: OpEvent, elapsedMs: number): string {
  const { share, amount, rate, left } = figuresOf(event, elapsedMs)
  const full = Math.round(Math.min(1, share ?? 0) * barWidth)
  const bar = share === undefined ? '' : `${'#'.repeat(full)}${'.'.repeat(barWidth - full)}`
  return [event.phase.padEnd(8), bar, amount, rate, left, display(event.item ?? '')]
    .filter(Boolean)
    .join('  ')
}

/** `copy: 1.2 GB of 4.0 GB, 30 %, 48.0 MB/s, 59 s left`; where that cannot be told, how long it has lasted. */
function describeForLog(event: OpEvent, elapsedMs: number): string {
  const { share, amount, rate, left } = figuresOf(event, elapsedMs)
  const { doneBytes = 0, doneItems = 0 } = event
  const soFar = doneBytes > 0 ? formatBytes(doneBytes) : doneItems > 0 ? formatCount(doneItems) : ''
  const time = left === '' ? `for ${Math.round(elapsedMs / 1000)} s` : left
  const done = share === undefined ? [soFar] : [amount, `${Math.floor(Math.min(1, share) * 100)} %`]
  const item = event.item === undefined ? '' : ` (${display(event.item)})`
  return `${event.phase}: ${[...done, rate, time].filter(Boolean).join(', ')}${item}`
}
