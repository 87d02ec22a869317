// A host named pump, in folder `pump`, and the station in `station` that it trusts: the first steps of several tests of the
// built program.
import type { Program } from './program.ts'

export function initPump(moss: Program, ...more: readonly string[]): void {
  moss.json('init', '--root', 'pump', '--trust', 'station/root.moss-root', '--name', 'pump', ...more)
}

/** Its state to the station, which answers it from then on, by these names of files. */
export function sendState(moss: Program, state: string): void {
  moss.json('state', 'export', state, '--root', 'pump')
  moss.json('fleet', 'enroll', state, '-y', '--home', 'station')
}
