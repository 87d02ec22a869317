// A worker thread that knows the jobs of cutting and digesting, for tests and benches on a real pool.
import { cutWindowJob, digestJob } from '../../src/delta/jobs.ts'
import { serveJobs } from '../../src/host/pool.ts'
import { bodyDigestsJob } from '../../src/store/jobs.ts'

const jobs: readonly unknown[] = [digestJob, cutWindowJob, bodyDigestsJob]
serveJobs(jobs as Parameters<typeof serveJobs>[0])
