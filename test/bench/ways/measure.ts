// One run of the bench: every set's trees, the peers that are installed, moss at its efforts, and the report of it
// all, written as JSON, Markdown and SVG into a folder of its own. Peers that are not installed are named and left out.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { judge, type Verdict } from './bars.ts'
import { bsdiff } from './bsdiff.ts'
import { casync } from './casync.ts'
import { type Corpus, openCorpus } from './corpus.ts'
import { type Effort, efforts, measureMoss } from './moss.ts'
import { ostree } from './ostree.ts'
import { drawReport } from './plot.ts'
import { earlierPeers, formatReport, readReport, type Report, type SetReport } from './report.ts'
import { isInstalled, run, timedWarm } from './timed.ts'
import { changedFiles, sizeBelow } from './trees.ts'
import { type Peer, type Row, type Timed, versionOf } from './way.ts'
import { zchunk } from './zchunk.ts'
import { zstdPatch } from './zstd-patch.ts'

const peers: readonly Peer[] = [ostree, bsdiff, casync, zstdPatch, zchunk]
const top = join(import.meta.dirname, '../../..')

export interface BenchOptions {
  readonly sets: readonly string[]
  /** Where the corpora are, or are fetched to. */
  readonly folder?: string | undefined
  /** For everything that is made; results stay in it. */
  readonly work?: string | undefined
  /** Names of ways, or beginnings of them: `moss`, `moss fast`, `ostree`; all by default. */
  readonly ways?: readonly string[] | undefined
  /** Reports whose peers are taken, for the sets that they have, instead of measuring them. */
  readonly peersFrom?: readonly string[] | undefined
  /** The launcher of moss; the built program of this tree by default. */
  readonly moss?: string | undefined
}

export interface Done {
  readonly report: Report
  readonly verdicts: readonly Verdict[]
  readonly text: string
  readonly folder: string
}

/** So many times a tree is warm before it is worked on: both trees, stores, checkouts and the programs themselves. */
const memoryOf = 6

const say = (text: string): void => console.error(`${new Date().toTimeString().slice(0, 8)} ${text}`)

function cacheFolder(): string {
  const named = process.env['MOSS_BENCH_FOLDER']
  if (named !== undefined && named !== '') return named
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'moss-bench')
}

export function measureSets(options: BenchOptions): Done {
  const folder = resolve(options.folder ?? cacheFolder())
  const work = resolve(options.work ?? join(folder, 'work'))
  const date = new Date().toISOString().slice(0, 19).replace('T', ' ')
  const earlier = (options.peersFrom ?? []).map((path) => readReport(readFileSync(path, 'utf8')))
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: top, encoding: 'utf8' }).stdout
  const sets: SetReport[] = []
  const finish = (): Done =>
    writeReport(
      {
        kind: 'moss bench 1',
        date: `${date} UTC`,
        machine: `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.versions.node}`,
        ...(commit === null || commit === '' ? {} : { commit: commit.trim() }),
        sets,
      },
      join(work, 'results', date.replaceAll(/\D/g, '')),
    )
  for (const set of options.sets) {
    say(`${set}: its trees`)
    const corpus = openCorpus(folder, set)
    sets.push(measureSet(corpus, { options, earlier, work: join(work, set) }))
    // A set takes long: what was measured is not lost when the next one fails.
    finish()
  }
  return finish()
}

function writeReport(report: Report, folder: string): Done {
  mkdirSync(folder, { recursive: true })
  const verdicts = judge(report)
  const text = formatReport(
    report,
    verdicts.map((verdict) => verdict.text),
  )
  writeFileSync(join(folder, 'bench.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  writeFileSync(join(folder, 'bench.md'), text)
  writeFileSync(join(folder, 'bench.svg'), drawReport(report))
  return { report, verdicts, text, folder }
}

interface SetRun {
  readonly options: BenchOptions
  readonly earlier: readonly Report[]
  readonly work: string
}

function measureSet(corpus: Corpus, { options, earlier, work }: SetRun): SetReport {
  const { set, a, b, pairs } = corpus
  const changed = changedFiles(a, b)
  const about = {
    set,
    pairs: pairs.length,
    wantedPairs: corpus.wanted,
    sizeBytes: sizeBelow(b),
    changedFiles: changed.length,
    changedBytes: changed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
  const known = earlier.map((report) => earlierPeers(report, about)).find((found) => found !== undefined)
  const isWanted = (way: string): boolean =>
    options.ways === undefined || options.ways.some((name) => way.startsWith(name))
  rmSync(work, { recursive: true, force: true })
  using _work = { [Symbol.dispose]: () => rmSync(work, { recursive: true, force: true }) }
  /** Nothing is removed before the set is done: some filesystems make files slowly where others were just removed. */
  const inFolder = <T>(name: string, measure: (folder: string, timed: Timed) => T): T => {
    const folder = join(work, name.replaceAll(/\W/g, '-'))
    mkdirSync(folder, { recursive: true })
    return measure(folder, (script) => timedWarm(script, folder, memoryOf * about.sizeBytes))
  }
  const wanted: readonly Effort[] = efforts.filter((effort) => isWanted(`moss ${effort}`))
  const program = resolve(options.moss ?? join(top, 'dist/moss'))
  const ours =
    wanted.length === 0
      ? []
      : inFolder('moss', (folder, timed) =>
          measureMoss(corpus, { program, efforts: wanted, work: folder, timed, say }),
        )
  if (known !== undefined) return { ...known, rows: [...ours, ...known.rows] }
  const theirs = peers
    .filter(({ name }) => isWanted(name))
    .flatMap((peer): readonly Row[] => {
      if (!isInstalled(...peer.programs)) {
        say(`${peer.name}: not installed, left out`)
        return []
      }
      say(peer.name)
      try {
        const row = inFolder(peer.name, (folder, timed) => peer.measure({ a, b, work: folder, timed }))
        return [{ way: peer.name, version: versionOf(peer, (script) => run(script, top)), ...row }]
      } catch (error) {
        // What the others cost was measured, and took long.
        say(`${peer.name} failed, left out: ${error instanceof Error ? error.message : String(error)}`)
        return []
      }
    })
  return { ...about, rows: [...ours, ...theirs] }
}
