// Locks that are held by an open descriptor, so that none outlives its process, and the barrier that uses it.
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { MossError } from '../base/error.ts'
import type { Disk } from './disk.ts'
import { attempt, lstat } from './linux-file.ts'
import { ioError } from './problem.ts'
import { systemCalls } from './system-calls.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants

interface HeldLock {
  readonly descriptor: number
  readonly device: number
}

/**
 * An open lock also serves as the descriptor for syncfs: it was open before the first write, so an error of
 * writing back from any time in between is reported at the barrier.
 */
export function linuxLocks(): Pick<Disk, 'lock' | 'syncFilesystem'> {
  const held = new Set<HeldLock>()
  return {
    lock(path) {
      const calls = systemCalls()
      const descriptor = attempt('lock', path, () => openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600))
      if (calls.lockExclusive(descriptor) < 0) {
        const problem = calls.problem()
        closeSync(descriptor)
        if (/^(ENOLCK|ENOSYS|EINVAL|EBADF|EOPNOTSUPP)$/.test(problem)) throw ioError('lock', path, problem)
        throw new MossError('STATE_LOCKED', { path })
      }
      const mine: HeldLock = { descriptor, device: fstatSync(descriptor).dev }
      held.add(mine)
      return {
        [Symbol.dispose]: () => {
          if (held.delete(mine)) closeSync(descriptor)
        },
      }
    },
    syncFilesystem(path) {
      const calls = systemCalls()
      const device = lstat(path)?.device
      const lock = [...held].find((one) => one.device === device)
      const descriptor =
        lock?.descriptor ?? attempt('flush', path, () => openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
      try {
        if (calls.syncFilesystem(descriptor) < 0) throw ioError('flush', path, calls.problem())
      } finally {
        if (lock === undefined) closeSync(descriptor)
      }
    },
  }
}
