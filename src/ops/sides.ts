// Which half of the loop is this machine's: that of a managed root, or of a station. A machine may be both.
import type { Outside } from '../host/outside.ts'
import { isInitialised } from '../state/root-format.ts'
import { stationPlaces } from './station.ts'

export function sidesOf(
  { disk }: Outside,
  { root, home }: { readonly root: string; readonly home: string },
): { readonly isHost: boolean; readonly isStation: boolean } {
  return {
    isHost: isInitialised(disk, root),
    isStation: disk.lstat(stationPlaces(home).root) !== undefined,
  }
}
