// npm run bench:check: the set `small` with moss, OSTree and bsdiff in one run; exit 1 when a ratio is above its bar
// in ways/bars.ts, or could not be made because a peer is not installed.
import { parseArgs } from 'node:util'
import { measureSets } from './ways/measure.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: 'string' }, work: { type: 'string' }, moss: { type: 'string' } },
})
const { text, verdicts, folder } = measureSets({
  sets: positionals.length > 0 ? positionals : ['small'],
  folder: values.folder,
  work: values.work,
  moss: values.moss,
  ways: ['moss', 'ostree', 'bsdiff'],
})
console.log(text)
const missed = verdicts.filter(({ isHeld }) => !isHeld)
console.log(`bench:check: ${verdicts.length} bars, ${missed.length} missed; written to ${folder}`)
if (verdicts.length === 0 || missed.length > 0) process.exitCode = 1
