// npm run bench -- [--folder DIR] [--work DIR] [--peers-from FILE]… [--ways LIST] [--moss PROGRAM] [SET…]: what an
// update costs with moss at three efforts and with the peers that are installed, on real packages; the set `small`
// where none is named. Corpora lie in --folder, $MOSS_BENCH_FOLDER or the user's cache and are fetched once. Figures
// are told with the bars, not judged: that is bench:check.
import { parseArgs } from 'node:util'
import { measureSets } from './ways/measure.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string' },
    work: { type: 'string' },
    'peers-from': { type: 'string', multiple: true },
    ways: { type: 'string' },
    moss: { type: 'string' },
  },
})
const done = measureSets({
  sets: positionals.length > 0 ? positionals : ['small'],
  folder: values.folder,
  work: values.work,
  peersFrom: values['peers-from'],
  ways: values.ways?.split(','),
  moss: values.moss,
})
console.log(done.text)
console.log(`written to ${done.folder}`)
