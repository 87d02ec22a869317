// The screens over operations that only act: with `bug` the first answer is one that no frame can be made of, with
// `hang` a verification never ends. Bundled and run in a real terminal by a test.
import { readEnvironment } from '../../src/host/environment.ts'
import type { HostOperations } from '../../src/ops/host-operations.ts'
import { startScreens } from '../../src/tui/start.tsx'
import { inspection, nowMs, plan, scan, status } from '../support/screens.ts'

const operations = {
  root: '/',
  nowMs: () => nowMs,
  status: async () => (process.argv[2] === 'bug' ? (null as never) : status),
  scan: async () => scan,
  inspect: async () => inspection,
  plan: async () => plan,
  verify: () => new Promise(() => {}),
} as unknown as HostOperations

try {
  process.exitCode = await startScreens({
    operations,
    named: [],
    stdin: process.stdin,
    stdout: process.stdout,
    environment: readEnvironment(),
  })
} catch (error) {
  console.log(`told: ${(error as Error).name}`)
  process.exitCode = 70
}
