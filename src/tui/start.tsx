// Opens the screens.
import type { Environment, Outside } from '../ops/types.ts'

export interface StartScreens {
  readonly outside: Outside
  readonly root: string
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly environment: Environment
}

/** Returns the exit code. */
export async function startScreens(_screens: StartScreens): Promise<number> {
  return 0
}
