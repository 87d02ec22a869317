// The screens over operations that only act: with `bug` the first answer is one that no frame can be made of, with
// `hang` a verification never ends, with `busy` it tells twenty times a second how far it is. Bundled and run in a real
// terminal by a test.
import { readEnvironment } from '../../src/host/environment.ts'
import type { HostOperations } from '../../src/ops/host-operations.ts'
import { startScreens } from '../../src/tui/start.tsx'
import type { OpEvent } from '../../src/ops/types.ts'
import { inspection, nowMs, plan, scan, status } from '../support/screens.ts'

const isBusy = process.argv[2] === 'busy'
const totalBytes = 1_000_000_000

const operations = {
  root: '/',
  nowMs: () => (isBusy ? Date.now() : nowMs),
  status: async () => (process.argv[2] === 'bug' ? (null as never) : status),
  scan: async () => scan,
  inspect: async () => inspection,
  plan: async () => plan,
  verify: (_file: string, report: (event: OpEvent) => void) => {
    let doneBytes = 0
    if (isBusy)
      setInterval(() => {
        doneBytes = Math.min(totalBytes, doneBytes + totalBytes / 300)
        report({ phase: 'verify', doneBytes, totalBytes })
      }, 50)
    return new Promise(() => {})
  },
} as unknown as HostOperations

try {
  process.exitCode = await startScreens({
    operations,
    station: undefined,
    isHost: true,
    named: [],
    stdin: process.stdin,
    stdout: process.stdout,
    environment: readEnvironment(),
  })
} catch (error) {
  console.log(`told: ${(error as Error).name}`)
  process.exitCode = 70
}
