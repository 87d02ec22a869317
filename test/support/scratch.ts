// A folder for tests that sync much: in memory where the system has such a place, else the usual one.
import { accessSync, constants, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function scratchFolder(): string {
  for (const base of ['/dev/shm', tmpdir()]) {
    try {
      accessSync(base, constants.W_OK | constants.X_OK)
      return mkdtempSync(join(base, 'moss-'))
    } catch {
      // not here: the next
    }
  }
  throw new Error('no folder for tests')
}
