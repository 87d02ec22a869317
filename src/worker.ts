// A thread of the pool: serves every room's jobs.
import { decodeFrameJob, encodeFrameJob } from './container/jobs.ts'
import { cutWindowJob, digestJob } from './delta/jobs.ts'
import { serveJobs } from './host/pool.ts'
import { bodyDigestsJob } from './store/jobs.ts'

serveJobs([decodeFrameJob, encodeFrameJob, cutWindowJob, digestJob, bodyDigestsJob])
