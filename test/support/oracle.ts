// Third-party programs that judge moss. Where one is absent its tests are skipped and say so, unless
// MOSS_ORACLES=required, as in CI: then a missing oracle fails.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const isRequired = process.env['MOSS_ORACLES'] === 'required'

function find(program: string): boolean {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      // not here: look on
    }
  }
  return false
}

/** True if all programs are here. Use with `test.skipIf(!oracle('minisign'))`. */
export function oracle(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => !find(program))
  if (missing.length === 0) return true
  if (isRequired)
    throw new Error(`oracle missing: ${missing.join(', ')} (test/oracles.txt lists the packages)`)
  console.warn(`skipped: needs ${missing.join(', ')}`)
  return false
}
