// A host's state as a station gets it: a file that somebody carried, sealed for this station or not.
import { MossError } from '../base/error.ts'
import type { HostState } from '../fleet/host-state.ts'
import { readHostState } from '../fleet/state-file.ts'
import { recordBytes } from './receipt.ts'
import { openIfSealed } from './sealing.ts'
import type { Station } from './station.ts'

/** Genuine by the key it carries. Throws NOT_FOUND, SEALED_FOR_OTHERS, SEAL_DAMAGED, and as `readHostState`. */
export async function readState({ outside, places }: Station, path: string): Promise<HostState> {
  if (outside.disk.lstat(path) === undefined)
    throw new MossError('NOT_FOUND', { what: 'state file', name: path })
  using source = await openIfSealed(outside, path, { keys: places.keys, limitBytes: recordBytes })
  return readHostState(source).state
}
