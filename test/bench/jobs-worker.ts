// The worker threads of benches that measure a room with its real pool, without the whole program.
import { encodeDeltaJob } from '../../src/container/delta-jobs.ts'
import { decodeFrameJob, encodeFrameJob } from '../../src/container/jobs.ts'
import { cutWindowJob, digestJob } from '../../src/delta/jobs.ts'
import { serveJobs } from '../../src/host/pool.ts'
import { bodyDigestsJob } from '../../src/store/jobs.ts'

serveJobs([decodeFrameJob, encodeFrameJob, encodeDeltaJob, cutWindowJob, digestJob, bodyDigestsJob])
