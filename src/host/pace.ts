// A limit to how much is fetched in a second, shared by all who fetch at once: after so many bytes, wait.
import type { Outside } from './outside.ts'

/** Waits until so many bytes may have come. */
export type Pace = (bytes: number) => Promise<void>

export function startPace(
  outside: Pick<Outside, 'nowMs' | 'pause'>,
  bytesPerSecond: number | undefined,
): Pace {
  if (bytesPerSecond === undefined) return () => Promise.resolve()
  let freeMs = outside.nowMs()
  return async (bytes) => {
    const now = outside.nowMs()
    freeMs = Math.max(freeMs, now) + (1000 * bytes) / bytesPerSecond
    await outside.pause(freeMs - now)
  }
}
