// Third-party programs that judge moss. Where one is absent its tests are skipped and say so, unless
// MOSS_ORACLES=required, as in CI: then a missing oracle fails.
import { spawnSync } from 'node:child_process'
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
  return allThere(programs.filter((program) => !find(program)))
}

/** True if the system's own Python has the module. */
export function pythonModule(module: string): boolean {
  const isThere = spawnSync('/usr/bin/python3', ['-c', `import ${module}`]).status === 0
  return allThere(isThere ? [] : [`python3-${module}`])
}

function allThere(missing: readonly string[]): boolean {
  if (missing.length === 0) return true
  if (isRequired)
    throw new Error(`oracle missing: ${missing.join(', ')} (test/oracles.txt lists the packages)`)
  console.warn(`skipped: needs ${missing.join(', ')}`)
  return false
}
