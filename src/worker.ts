// A thread of the pool: serves every room's jobs.
import { encodeDeltaJob } from './container/delta-jobs.ts'
import { decodeFrameJob, encodeFrameJob } from './container/jobs.ts'
import { priceDeltasJob } from './container/price-job.ts'
import { cutWindowJob, digestJob, sketchJob } from './delta/jobs.ts'
import { lookJob, placeFilesJob } from './host/jobs.ts'
import { serveJobs } from './host/pool.ts'
import { bodyDigestsJob } from './store/jobs.ts'

serveJobs([
  placeFilesJob,
  lookJob,
  decodeFrameJob,
  encodeFrameJob,
  encodeDeltaJob,
  priceDeltasJob,
  cutWindowJob,
  digestJob,
  sketchJob,
  bodyDigestsJob,
])
