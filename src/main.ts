// The program: hands the real outside to the command line.
import { run } from './cli/run.ts'
import { readEnvironment } from './host/environment.ts'
import { linuxOutside } from './host/linux-outside.ts'

const worker = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'

process.exitCode = await run({
  argv: process.argv.slice(2),
  environment: readEnvironment(),
  openOutside: () => linuxOutside({ workerUrl: new URL(worker, import.meta.url) }),
})
