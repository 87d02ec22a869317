// What it takes to assemble a state: a tree of N files (default 25,000) in packages of 500, staged whole, and staged as
// an update of 50 files, against `cp -al` of the same tree, `ostree checkout -H` and `dpkg --unpack`. All of it in one run
// on one filesystem, warm; each the least of three (note 0021). Staging is counted twice: until the tree is placed, which is
// what `cp -al` does, and whole: journal, links, record, syncfs and reading back, beside `cp -al` with a syncfs. The layouts
// are merged before, as the plan of `apply` does. Other peers sync as they do by themselves.
// Needs `npm run build`. `node --disable-warning=ExperimentalWarning test/bench/assembly.ts [N [FOLDER]]`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { silent } from '../../src/base/progress.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { decodeManifest, encodeManifest } from '../../src/manifest/codec.ts'
import { mergeLayouts } from '../../src/manifest/merged-layout.ts'
import { openStates, type States } from '../../src/state/states.ts'
import { placesOf } from '../../src/state/places.ts'
import { initRoot } from '../../src/state/init.ts'
import { openStore } from '../../src/store/store.ts'
import {
  importSamples,
  sampleCounters,
  sampleInit,
  samplePackage,
  sampleRequest,
  type SamplePackage,
} from '../support/sample-root.ts'
import { isInstalled, run, timedWarm, type TimedCost } from './ways/timed.ts'

const files = Number(process.argv[2] ?? 25_000)
const perPackage = 500
const perFolder = 20
const changed = 50
const rounds = 3

const top = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'moss-assembly-'))
const root = join(top, 'root')
const usr = join(root, 'usr')

/** Version 0 is shared by all states; of the first package each version has another 50 files. */
function packageOf(number: number, version: number): SamplePackage {
  const entries: Record<string, string> = {}
  for (let n = 0; n < Math.min(perPackage, files - number * perPackage); n++) {
    const file = number * perPackage + n
    const folder = `usr/share/package${number}/part${Math.floor(n / perFolder)}`
    entries[`${folder}/file${file}`] = `${file} ${n % (perPackage / changed) === 0 ? version : 0}\n`
  }
  const made = samplePackage(`package${number}`, String(version), entries)
  return { ...made, manifest: decodeManifest(encodeManifest(made.manifest), made.manifest.name) }
}

interface Took {
  readonly ms: number
  /** Of all processors together. */
  readonly cpuMs: number
}

const rows: { readonly what: string; readonly took: Took }[] = []

/** Says what it took where other processes do the work. */
type Work = (round: number) => Promise<Took | undefined>

async function measured(work: () => Promise<Took | undefined>): Promise<Took> {
  run('sync', top)
  const before = process.cpuUsage()
  const started = performance.now()
  const said = await work()
  const ms = performance.now() - started
  const { user, system } = process.cpuUsage(before)
  return said ?? { ms, cpuMs: (user + system) / 1000 }
}

interface Around {
  readonly before?: (round: number) => unknown
  readonly after?: (round: number) => unknown
  readonly times?: number
}

/** `before` and `after` are not counted. */
async function leastOf(
  what: string,
  work: Work,
  { before, after, times = rounds }: Around = {},
): Promise<void> {
  let least: Took = { ms: Infinity, cpuMs: Infinity }
  for (let round = 0; round < times; round++) {
    await before?.(round)
    const took = await measured(() => work(round))
    if (took.ms < least.ms) least = took
    await after?.(round)
  }
  rows.push({ what, took: least })
}

const clear = (): void => rmSync(join(top, 'out'), { recursive: true, force: true })

const tookBy = ({ wall, cpu }: TimedCost): Took => ({ ms: wall * 1000, cpuMs: cpu * 1000 })

const peer = (what: string, script: string, times = rounds): Promise<void> =>
  leastOf(what, async () => tookBy(timedWarm(script, top)), { before: clear, after: clear, times })

async function ostree(): Promise<void> {
  if (!isInstalled('ostree')) return console.log('ostree is not installed: left out')
  run(
    `ostree --repo=repo init --mode=bare-user; ostree --repo=repo config set core.fsync false
    ostree --repo=repo commit -b tree --tree=dir='${usr}' --no-xattrs --owner-uid=0 --owner-gid=0`,
    top,
  )
  await peer('ostree checkout -H', 'ostree --repo=repo checkout -U -H tree out')
}

const control =
  'Package: tree\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: a tree\n'

async function dpkg(): Promise<void> {
  if (!isInstalled('dpkg', 'dpkg-deb')) return console.log('dpkg is not installed: left out')
  mkdirSync(join(top, 'deb/DEBIAN'), { recursive: true })
  writeFileSync(join(top, 'deb/DEBIAN/control'), control)
  run(`cp -al '${usr}' deb/usr; dpkg-deb -b -Znone --root-owner-group deb tree.deb`, top)
  const fresh = 'mkdir -p out/var/lib/dpkg/updates out/var/lib/dpkg/info; : >out/var/lib/dpkg/status'
  await peer('dpkg --unpack, once', `${fresh}; dpkg --root="$PWD/out" --force-all --unpack tree.deb`, 1)
}

async function mosses(states: States, firsts: readonly SamplePackage[], others: readonly SamplePackage[]) {
  const setOf = (round: number): readonly SamplePackage[] => [firsts[round] as SamplePackage, ...others]
  const merged = (packages: readonly SamplePackage[]): void => void mergeLayouts(packages)
  const discard = (): Promise<unknown> => states.recover(silent)
  let serial = 0
  const publish = async (round: number): Promise<void> => {
    const staged = await states.stage(sampleRequest(setOf(round), ++serial), silent)
    await states.publish(staged, { counters: sampleCounters(serial) }, silent)
  }
  let placed: Took = { ms: Infinity, cpuMs: Infinity }
  const whole = async (): Promise<undefined> => {
    const [started, before] = [performance.now(), process.cpuUsage()]
    await states.stage(sampleRequest(setOf(0), 1), ({ phase }) => {
      const ms = performance.now() - started
      const { user, system } = process.cpuUsage(before)
      if (phase === 'sync' && ms < placed.ms) placed = { ms, cpuMs: (user + system) / 1000 }
    })
  }
  await leastOf('moss, whole', whole, { before: () => merged(setOf(0)), after: discard })
  rows.unshift({ what: 'moss, placed', took: placed })
  for (let round = 0; round < 4; round++) await publish(round)
  let staged: Awaited<ReturnType<States['stage']>>
  await leastOf(
    `moss, ${changed} files changed`,
    async (round) => {
      staged = await states.stage(sampleRequest(setOf(round + 4), ++serial), silent)
      return undefined
    },
    {
      before: (round) => merged(setOf(round + 4)),
      after: () => states.publish(staged, { counters: sampleCounters(serial) }, silent),
    },
  )
}

try {
  await using outside = linuxOutside({ worker: new URL('../../dist/worker.js', import.meta.url) })
  mkdirSync(root)
  initRoot(outside, root, sampleInit)
  const places = placesOf(root)
  using database = outside.openDatabase(places.database, 'write')
  const { disk, userId, pool } = outside
  const store = openStore({ disk, database, folder: places.own, userId, pool, turn: () => outside.turn() })
  const states = openStates({ outside, root, database, store })
  const firsts = Array.from({ length: 4 + rounds }, (_, version) => packageOf(0, version))
  const count = Math.ceil(files / perPackage)
  const others = Array.from({ length: count - 1 }, (_, number) => packageOf(number + 1, 0))
  await importSamples(store, [...firsts, ...others])
  await mosses(states, firsts, others)
  await peer('cp -al', `cp -al '${usr}' out`)
  await peer('cp -al, syncfs', `cp -al '${usr}' out; sync -f out`)
  await ostree()
  await dpkg()
} finally {
  rmSync(top, { recursive: true, force: true })
}

const bar = rows.find(({ what }) => what === 'cp -al')?.took.ms ?? NaN
console.log(`${files} files, ${availableParallelism()} processors, least of ${rounds}`)
for (const { what, took } of rows) {
  const figures = [
    `${took.ms.toFixed(0).padStart(7)} ms`,
    `${((took.ms * 1000) / files).toFixed(1).padStart(6)} µs a file`,
    `${(took.ms / bar).toFixed(2).padStart(6)} × cp -al`,
    `${took.cpuMs.toFixed(0).padStart(7)} ms of processors`,
  ]
  console.log(`${what.padEnd(24)} ${figures.join('  ')}`)
}
