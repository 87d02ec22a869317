// What it takes to solve Debian bookworm main, 63,000 packages, for an empty machine: the whole program from its cold start
// to the answer (`moss why-not`), and opening the catalogue at hand and solving, against apt (`apt-get install --print-uris`,
// its caches at hand); solving alone against libsolv's solver alone; in one run, the least of three. What the catalogue
// costs to carry: catalogue.ts. Needs `npm run build`, apt's lists of bookworm, python3-solv and GNU time.
// `node --disable-warning=ExperimentalWarning test/bench/solving.ts`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest } from '../../src/base/ids.ts'
import { readCatalogue } from '../../src/channel/catalogue.ts'
import { encodeCatalogue } from '../../src/channel/encode-catalogue.ts'
import { encodeSnapshotRecord } from '../../src/channel/snapshot.ts'
import { encodeContainer } from '../../src/container/write.ts'
import { openKind } from '../../src/container/read.ts'
import { bytesSource } from '../../src/host/byte-source.ts'
import { readDebianIndex } from '../../src/ingest/debian-index.ts'
import { solveIn } from '../../src/solve/solve.ts'
import { signerOf } from '../../src/trust/keys.ts'
import { testKey } from '../support/containers.ts'
import { aptIndex } from '../support/apt-index.ts'
import { judge } from '../support/solver-oracles.ts'
import { modelOf } from '../support/universe.ts'
import { leastOf, quote, run, timedWarm, type Cost } from './ways/timed.ts'

const top = join(import.meta.dirname, '../..')
const moss = quote(join(top, 'dist/moss'))
const folder = mkdtempSync(join(tmpdir(), 'moss-solving-'))
const goals = ['task-gnome-desktop', 'kde-full'] as const

/** As a bundle would leave it: a snapshot that names the catalogue, and the catalogue beside it. */
function placeCatalogue(catalogue: Uint8Array): void {
  const container = encodeContainer(
    {
      kind: 'channel',
      created: 0,
      about: { channel: 'bookworm', epoch: 1, serial: 1 },
      sections: [
        {
          name: 'record',
          bytes: encodeSnapshotRecord({ packages: [], catalogue: digestOf<ContentDigest>(catalogue) }),
        },
      ],
    },
    [signerOf(testKey(1))],
  )
  const { id } = openKind(bytesSource('snapshot', container), 'channel')
  const kept = join(folder, 'host/.moss/snapshots')
  run(`mkdir -p ${quote(kept)}`, folder)
  writeFileSync(join(kept, `${id}.moss-channel`), container)
  writeFileSync(join(kept, `${id}.moss-catalogue`), catalogue)
}

interface Alone {
  readonly open: number
  readonly solve: number
}

/** CPU seconds of the first opening and solving in a process of its own, its code read and nothing else warm. */
function alone(goal: string): Alone {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--no-opt',
      '--disable-warning=ExperimentalWarning',
      import.meta.filename,
      'alone',
      join(folder, 'catalogue'),
      goal,
    ],
    { encoding: 'utf8' },
  )
  if (stderr !== '') throw new Error(stderr)
  return JSON.parse(stdout) as Alone
}

const [, , how, path, goalAlone] = process.argv
if (how === 'alone' && path !== undefined && goalAlone !== undefined) {
  const bytes = readFileSync(path)
  const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6
  const start = process.cpuUsage()
  const catalogue = readCatalogue(bytes)
  const opened = process.cpuUsage()
  solveIn(catalogue, { model: modelOf([goalAlone]), installed: [] })
  console.log(
    JSON.stringify({
      open: seconds(opened) - seconds(start),
      solve: seconds(process.cpuUsage()) - seconds(opened),
    } satisfies Alone),
  )
  process.exit(0)
}

const row = (what: string, { cpu, peakBytes }: Cost, more: string): void =>
  console.log(
    `  ${what.padEnd(34)} ${cpu.toFixed(3).padStart(7)} CPU s  ${(peakBytes / 2 ** 20).toFixed(0).padStart(4)} MiB  ${more}`,
  )

try {
  const index = aptIndex('bookworm')
  if (index.trim() === '') throw new Error('apt has no lists of bookworm here (apt-get update)')
  const entries = [...readDebianIndex(encodeUtf8(index), 'Packages')]
  const catalogue = encodeCatalogue(entries)
  writeFileSync(join(folder, 'catalogue'), catalogue)
  run(
    `${moss} key generate --no-passphrase --home home
    ${moss} init --root host --trust home/root.moss-root --channel bookworm --name bench`,
    folder,
  )
  placeCatalogue(catalogue)
  console.log(`${entries.length} packages, least of three`)
  for (const goal of goals) {
    const ours = leastOf(() => timedWarm(`${moss} why-not ${goal} --root host --json > ${goal}.json`, folder))
    const told = JSON.parse(readFileSync(join(folder, `${goal}.json`), 'utf8')) as { changes: object[] }
    const each = [1, 2, 3].map(() => alone(goal))
    const solve = Math.min(...each.map((one) => one.solve))
    const atHand = Math.min(...each.map((one) => one.open + one.solve))
    const runs = [1, 2, 3].map(() => judge(['apt-solve.sh', '-c', 'bookworm', goal]).lines[0])
    const apt = Math.min(...runs.map((one) => Number(one?.['cpuSeconds'])))
    const solvs = [1, 2, 3].map(() => judge(['libsolv-solve.py', 'apt:bookworm', goal]).lines[0])
    const solv = Math.min(...solvs.map((one) => Number(one?.['solveSeconds'])))
    const ratio = (cpu: number, of: number): string => `${(cpu / of).toFixed(2)} ×`
    console.log(goal)
    row('moss why-not, whole program', ours, `${told.changes.length} packages, ${ratio(ours.cpu, apt)} apt`)
    row('moss, opening and solving', { cpu: atHand, peakBytes: 0 }, `${ratio(atHand, apt)} apt`)
    row('moss, solving alone', { cpu: solve, peakBytes: 0 }, `${ratio(solve, solv)} libsolv`)
    row('apt-get --print-uris', { cpu: apt, peakBytes: Number(runs[0]?.['peakBytes']) }, '')
    row('libsolv, solving alone', { cpu: solv, peakBytes: Number(solvs[0]?.['peakBytes']) }, '')
  }
  const found = readCatalogue(catalogue)
  found.search('first')
  const started = performance.now()
  const count = found.search('editor').size
  console.log(`search: ${count} of ${found.size} packages in ${(performance.now() - started).toFixed(1)} ms`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
