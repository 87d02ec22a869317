// Opens the screens on a terminal and stays until somebody leaves: keys and answers go to the reducer, its state to
// Ink, its effects to the operations. The terminal is given back as it was, also after an error or a signal.
import { type Instance, render, useInput } from 'ink'
import type { ReactElement } from 'react'
import { exits } from '../base/exits.ts'
import type { HostOperations } from '../ops/host-operations.ts'
import type { StationOperations } from '../ops/station-operations.ts'
import type { Environment } from '../ops/types.ts'
import type { ScreenEvent } from './events.ts'
import { type Key, keysOf } from './keys.ts'
import { firstReads } from './go.ts'
import { reduce } from './reducer.ts'
import { effectRunner } from './run-effects.ts'
import { type ScreensState, startState } from './state.ts'
import { FrameView } from './view.tsx'

export interface StartScreens {
  readonly operations: HostOperations
  /** Absent where this machine is no station. */
  readonly station: StationOperations | undefined
  /** False where it is a station alone: then its fleet comes first. */
  readonly isHost: boolean
  /** Files and folders to look at besides the media that are mounted. */
  readonly named: readonly string[]
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly environment: Environment
}

/** Another thread may take the signal, a moment later. */
const resumeMs = 50

/** A medium is noticed within two seconds. */
const tickMs = 1500

/** Returns the exit code. Leaving in the middle of work ends the process: what was cut short is finished or dropped at the next start. */
export async function startScreens(start: StartScreens): Promise<number> {
  const { operations, station, isHost, stdin, stdout, environment } = start
  const sizeNow = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 })
  let state = startState({
    root: operations.root,
    isHost,
    ...(station !== undefined && { home: station.home }),
    size: sizeNow(),
    look: {
      isAscii: !environment.isUtf8 || environment.term === 'linux',
      isColour: environment.isColourWanted,
    },
    nowMs: operations.nowMs(),
    named: start.named,
  })
  const left = Promise.withResolvers<number>()
  const watch = async (opened: Instance): Promise<void> => {
    await opened.waitUntilExit()
    if (opened === ink) left.resolve(exits.done)
  }
  const open = (): Instance => {
    const opened = render(<Screens state={state} press={press} />, {
      stdin,
      stdout,
      exitOnCtrlC: false,
      interactive: true,
      alternateScreen: true,
      incrementalRendering: true,
      // Keys are answered at once; what work tells is thinned out before it comes here.
      maxFps: 30,
    })
    watch(opened).catch(left.reject)
    return opened
  }
  let isPainting = false
  const paint = (): void => {
    if (isPainting) return
    isPainting = true
    queueMicrotask(() => {
      isPainting = false
      ink?.rerender(<Screens state={state} press={press} />)
    })
  }
  const dispatch = (event: ScreenEvent): void => {
    const next = reduce(state, event)
    if (next.state !== state) paint()
    state = next.state
    for (const effect of next.effects) runner.run(effect)
  }
  const close = (): void => {
    const closing = ink
    ink = undefined
    closing?.unmount()
  }
  /** The terminal is given back, and the whole job stops as if the terminal had done it. */
  const suspend = (): void => {
    close()
    process.kill(0, 'SIGTSTP')
    // Runs when the job goes on; or at once where nobody could continue it, and the system does not stop it.
    setTimeout(() => {
      dispatch({ kind: 'resized', size: sizeNow() })
      ink = open()
    }, resumeMs)
  }
  const press = (key: Key): void => (key === 'Suspend' ? suspend() : dispatch({ kind: 'key', key }))
  const runner = effectRunner({
    operations,
    station,
    dispatch,
    leave: (isInterrupted) => {
      if (!isInterrupted) return left.resolve(exits.done)
      close()
      process.exit(exits.stopped)
    },
  })
  let ink: Instance | undefined = open()
  const onResize = (): void => dispatch({ kind: 'resized', size: sizeNow() })
  const onBug = (error: unknown): void => left.reject(error)
  stdout.on('resize', onResize)
  process.on('uncaughtException', onBug)
  process.on('unhandledRejection', onBug)
  const ticking = setInterval(() => dispatch({ kind: 'tick', nowMs: operations.nowMs() }), tickMs)
  for (const effect of firstReads(state)) runner.run(effect)
  try {
    return await left.promise
  } finally {
    clearInterval(ticking)
    stdout.off('resize', onResize)
    process.off('uncaughtException', onBug)
    process.off('unhandledRejection', onBug)
    close()
  }
}

export function Screens({
  state,
  press,
}: {
  readonly state: ScreensState
  readonly press: (key: Key) => void
}): ReactElement {
  useInput((input, key) => {
    for (const each of keysOf(input, key)) press(each)
  })
  return <FrameView state={state} />
}
