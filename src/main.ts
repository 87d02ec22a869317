// The program: hands the real outside to the command line. No top-level await: the built program is CommonJS.
import { run } from './cli/run.ts'
import { readEnvironment } from './host/environment.ts'
import { linuxOutside } from './host/linux-outside.ts'
import { ownFiles } from './host/own-files.ts'
import { writeText } from './host/terminal.ts'

function setExitCode(code: number): void {
  process.exitCode = code
}

// run() never rejects: whatever goes wrong, it says so and returns a code.
run({
  argv: process.argv.slice(2),
  environment: readEnvironment(),
  write: writeText,
  openOutside: () => linuxOutside(ownFiles(import.meta.url)),
}).then(setExitCode, () => setExitCode(70))
