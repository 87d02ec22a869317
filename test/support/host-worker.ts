// A worker for the tests of the pool, jobs that work, refuse, break and die; and for those of the disk.
import { MossError } from '../../src/base/error.ts'
import { lookJob, placeFilesJob } from '../../src/host/jobs.ts'
import { serveJobs, type Job } from '../../src/host/pool.ts'

export const doubleJob: Job<number, number> = { name: 'double', run: (n) => n * 2 }

export const fillJob: Job<{ readonly sizeBytes: number; readonly value: number }, Uint8Array<ArrayBuffer>> = {
  name: 'fill',
  run: ({ sizeBytes, value }) => new Uint8Array(sizeBytes).fill(value),
  transfer: (bytes) => [bytes.buffer],
}

export const sumJob: Job<Uint8Array, number> = {
  name: 'sum',
  run: (bytes) => bytes.reduce((sum, byte) => sum + byte, 0),
}

export const refuseJob: Job<string, never> = {
  name: 'refuse',
  run: (part) => {
    throw new MossError('CHUNK_DIGEST_MISMATCH', { part })
  },
}

export const breakJob: Job<string, never> = {
  name: 'break',
  run: (what) => {
    throw new TypeError(what)
  },
}

export const dieJob: Job<null, never> = { name: 'die', run: () => process.exit(3) }

export const unknownJob: Job<null, null> = { name: 'unknown', run: () => null }

if (!process.getBuiltinModule('node:worker_threads').isMainThread)
  serveJobs([doubleJob, fillJob, sumJob, refuseJob, breakJob, dieJob, placeFilesJob, lookJob])
