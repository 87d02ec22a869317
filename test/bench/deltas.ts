// What an update costs in bytes and processor, against bsdiff for each file and OSTree's static delta on the same real
// packages in the same run: node test/bench/deltas.ts FOLDER [LEVEL...]. FOLDER keeps the packages of
// delta-pairs.tsv, fetched by apt-get where they are missing. moss is counted whole: the size of the bundle, every
// thread's time, both versions being published before. Figures are printed, not judged.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { PackageId } from '../../src/base/ids.ts'
import { silent } from '../../src/base/progress.ts'
import { exportBundle } from '../../src/bundle/export.ts'
import { importBundle } from '../../src/bundle/import.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { readDeb } from '../../src/ingest/deb.ts'
import { makePackage } from '../../src/ingest/make-package.ts'
import { stationSigner, TestLoop } from '../support/loop.ts'

const [place, ...levels] = process.argv.slice(2)
if (place === undefined) throw new Error('say in which folder the packages are to be kept')
const folder = place

interface Pair {
  readonly name: string
  readonly versions: readonly [string, string]
}

const pairs = readFileSync(join(import.meta.dirname, 'delta-pairs.tsv'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Pair => {
    const [, , name = '', before = '', , after = ''] = line.split('\t')
    return { name, versions: [before, after] }
  })

function debOf(name: string, version: string): string | undefined {
  const packages = join(folder, 'packages')
  mkdirSync(packages, { recursive: true })
  const start = `${name}_${version.replaceAll(':', '%3a')}_`
  const find = () => readdirSync(packages).find((file) => file.startsWith(start))
  if (find() === undefined)
    spawnSync('apt-get', ['-q=2', '-o', 'APT::Sandbox::User=root', 'download', `${name}=${version}`], {
      cwd: packages,
    })
  const found = find()
  return found === undefined ? undefined : join(packages, found)
}

const seconds = (usage: NodeJS.CpuUsage): number => (usage.user + usage.system) / 1e6

async function measured<T>(work: () => Promise<T>): Promise<{ readonly done: T; readonly cpu: number }> {
  const start = process.cpuUsage()
  const done = await work()
  return { done, cpu: seconds(process.cpuUsage(start)) }
}

interface Row {
  readonly way: string
  readonly bytes: number
  readonly make: number
  readonly apply?: number
  readonly note?: string
}

async function mossRows(debs: readonly (readonly [string, string])[]): Promise<readonly Row[]> {
  await using loop = new TestLoop(
    linuxOutside({ workerUrl: new URL('../../src/worker.ts', import.meta.url) }),
  )
  const sets: [PackageId[], PackageId[]] = [[], []]
  for (const pair of debs)
    for (const [side, deb] of pair.entries()) {
      const source = await readDeb(loop.outside, deb)
      const options = { folder: loop.folder, signers: [stationSigner], report: silent, level: 3 }
      const made = await makePackage(loop.outside, source, options)
      sets[side]?.push(loop.channel.add(made.path).file.id)
    }
  loop.publish()
  const [has, wants] = sets
  const rows: Row[] = []
  for (const level of levels.length > 0 ? levels.map(Number) : [9]) {
    const host = loop.host(`host-${level}`)
    const first = await loop.export([{ host: host.id, wants: has, has: [] }], `full-${level}.moss`)
    using taken = await loop.takeIn(host, first.path)
    await importBundle(loop.outside, taken, { store: host.store, report: silent })
    const published = loop.channel.latestSnapshot()
    if (published === undefined) throw new Error('nothing is published')
    const made = await measured(() =>
      exportBundle(loop.outside, {
        plan: loop.plan([{ host: host.id, wants, has }]),
        channel: loop.channel,
        published,
        hosts: new Map(),
        signer: stationSigner,
        path: () => join(loop.folder, `update-${level}.moss`),
        spoolPath: join(loop.folder, 'update.spool'),
        level,
        report: silent,
      }),
    )
    const applied = await measured(async () => {
      using update = await loop.takeIn(host, made.done.path)
      return await importBundle(loop.outside, update, { store: host.store, report: silent })
    })
    const { sizeBytes, storedBytes, deltaBytes, metadataBytes } = made.done
    const note = `deltas ${deltaBytes}, whole ${storedBytes - deltaBytes}, metadata ${metadataBytes}`
    rows.push({ way: `moss, zstd ${level}`, bytes: sizeBytes, make: made.cpu, apply: applied.cpu, note })
  }
  return rows
}

/** User and system seconds of a shell script and all it starts. */
function cpuOf(script: string): number {
  const timed = spawnSync('bash', ['-ec', `TIMEFORMAT='%U %S'; time (${script}) >/dev/null 2>&1`], {
    cwd: folder,
    encoding: 'utf8',
  })
  const [user = NaN, system = NaN] = timed.stderr.trim().split(' ').map(Number)
  return user + system
}

function unpack(debs: readonly (readonly [string, string])[]): void {
  for (const [side, tree] of ['A', 'B'].entries()) {
    rmSync(join(folder, tree), { recursive: true, force: true })
    for (const [index, pair] of debs.entries()) {
      const into = join(folder, tree, pairs[index]?.name ?? '')
      mkdirSync(into, { recursive: true })
      execFileSync('dpkg-deb', ['-x', pair[side] ?? '', into])
    }
  }
}

/** Changed and new files of B. */
function changedFiles(): readonly string[] {
  return readdirSync(join(folder, 'B'), { recursive: true, encoding: 'utf8' })
    .filter((path) => lstatSync(join(folder, 'B', path)).isFile())
    .filter((path) => {
      const [before, after] = [join(folder, 'A', path), join(folder, 'B', path)]
      return (
        !existsSync(before) ||
        !lstatSync(before).isFile() ||
        !readFileSync(before).equals(readFileSync(after))
      )
    })
    .toSorted()
}

function bsdiffRow(): Row {
  const patch = join(folder, 'patch')
  writeFileSync(join(folder, 'nothing'), '\n')
  let bytes = 0
  let make = 0
  for (const path of changedFiles()) {
    const base = existsSync(join(folder, 'A', path)) ? `'A/${path}'` : 'nothing'
    make += cpuOf(`bsdiff ${base} 'B/${path}' patch`)
    bytes += statSync(patch).size
  }
  rmSync(patch, { force: true })
  return { way: 'bsdiff, file by file', bytes, make }
}

function ostreeRow(): Row {
  rmSync(join(folder, 'repo'), { recursive: true, force: true })
  cpuOf(
    'ostree --repo=repo init --mode=archive; ostree --repo=repo commit -b before --tree=dir=A --no-xattrs; ostree --repo=repo commit -b after --tree=dir=B --no-xattrs',
  )
  const generate = 'ostree --repo=repo static-delta generate --from=before --to=after --min-fallback-size=0'
  const make = cpuOf(generate)
  const deltas = join(folder, 'repo/deltas')
  const bytes = readdirSync(deltas, { recursive: true, encoding: 'utf8' })
    .map((path) => statSync(join(deltas, path)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0)
  return { way: 'ostree static delta', bytes, make }
}

const debs = pairs.flatMap(({ name, versions: [before, after] }) => {
  const [a, b] = [debOf(name, before), debOf(name, after)]
  if (a !== undefined && b !== undefined) return [[a, b] as const]
  console.log(`missing: ${name} ${before} or ${after}`)
  return []
})
if (debs.length < pairs.length) throw new Error('not every package could be fetched')
unpack(debs)
const ours = await mossRows(debs)
const peers = [bsdiffRow(), ostreeRow()]
const leastBytes = Math.min(...peers.map(({ bytes }) => bytes))
const leastMake = Math.min(...peers.map(({ make }) => make))
console.log(`${debs.length} packages, ${changedFiles().length} changed files; ratios to the better peer`)
for (const { way, bytes, make, apply, note } of [...ours, ...peers])
  console.log(
    `${way.padEnd(22)} ${String(bytes).padStart(11)} bytes ${(bytes / leastBytes).toFixed(3)}  make ${make.toFixed(1)} s ${(make / leastMake).toFixed(3)}  ${apply === undefined ? '' : `apply ${apply.toFixed(1)} s`}  ${note ?? ''}`,
  )
