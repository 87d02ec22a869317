// Memory of making a package, exporting, taking in and importing a bundle of about 1 GB: each in a process of its
// own with the real pool, built and started as the program is (types stripped beforehand, the launcher's flag). What
// is told is the peak resident size. `node test/bench/import-memory.ts [MiB]`; fails if importing is above the bar.
import { planPublish } from '../../src/channel/plan-publish.ts'
import { execFileSync } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startDigest } from '../../src/base/digest.ts'
import type { ContentDigest, HostId, PackageId } from '../../src/base/ids.ts'
import { silent } from '../../src/base/progress.ts'
import { exportBundle } from '../../src/bundle/export.ts'
import { importBundle } from '../../src/bundle/import.ts'
import { takeIn } from '../../src/bundle/take-in.ts'
import { effortOf } from '../../src/carry/effort.ts'
import { planCarry } from '../../src/carry/plan.ts'
import { createChannel, openChannel } from '../../src/channel/station-channel.ts'
import { startFrames } from '../../src/container/frames.ts'
import { encodeManifests } from '../../src/container/package-table.ts'
import { writeContainer } from '../../src/container/write.ts'
import { fileSource } from '../../src/host/byte-source.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { encodeManifest, packageIdOf } from '../../src/manifest/codec.ts'
import type { LayoutEntry } from '../../src/manifest/manifest.ts'
import { openStore } from '../../src/store/store.ts'
import { startCounters } from '../../src/trust/counters.ts'
import { keyFromSeed, signerOf } from '../../src/trust/keys.ts'
import { makeSoleRoot } from '../../src/trust/root.ts'
import { nodeFlags } from '../tools/node-flags.ts'

const MiB = 1024 * 1024
const barBytes = 256 * MiB
const created = 1_767_225_600
const secret = keyFromSeed(new Uint8Array(32).fill(1), new Uint8Array(8).fill(1))
const root = makeSoleRoot(secret.publicKey, created)
const host = '00112233aabbccdd' as HostId

/** The same for the same number, made at some GB/s; every second one compresses, by a quarter. */
function* noise(sizeBytes: number, number: number): Generator<Uint8Array> {
  const start = Buffer.alloc(16)
  start.writeUInt32BE(number)
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), start)
  const zeros = Buffer.alloc(MiB)
  for (let left = sizeBytes; left > 0; left -= MiB) {
    const piece = cipher.update(zeros.subarray(0, Math.min(left, MiB)))
    if (number % 2 === 1) for (let at = 0; at < piece.length; at++) piece[at] = (piece[at] ?? 0) & 0x3f
    yield piece
  }
}

/** Two fifths in one file, two fifths in files of 1 MiB, one fifth in files of 20 KiB. */
const sizesOf = (totalMiB: number): readonly number[] => [
  Math.round(totalMiB * 0.4) * MiB,
  ...Array.from({ length: Math.round(totalMiB * 0.4) }, () => MiB),
  ...Array.from({ length: Math.round((totalMiB * 0.2 * MiB) / 20_480) }, () => 20_480),
]

const outside = linuxOutside({ worker: new URL('./jobs-worker.js', import.meta.url) })

async function make(folder: string, totalMiB: number): Promise<void> {
  const place = { folder: join(folder, 'stable'), name: 'stable', root }
  createChannel(outside, place)
  using spool = startFrames(outside, join(folder, 'package.spool'), { level: 1 })
  const layout: LayoutEntry[] = [{ kind: 'folder', path: 'usr', mode: 0o755, uid: 0, gid: 0 }]
  for (const [index, sizeBytes] of sizesOf(totalMiB).entries()) {
    const running = startDigest()
    await spool.addContent(
      noise(sizeBytes, index).map((piece) => {
        running.add(piece)
        return piece
      }),
    )
    const path = `usr/${String(index).padStart(6, '0')}`
    const content = running.finish<ContentDigest>()
    layout.push({ kind: 'file', path, mode: 0o644, uid: 0, gid: 0, sizeBytes, content })
  }
  const texts = { summary: 'noise', description: '', licence: 'CC0-1.0', origin: '' }
  const relations = { provides: [], requires: [], conflicts: [], replaces: [], privileged: [] }
  const named = { name: 'noise', version: '1', scheme: 'moss', architecture: 'any' } as const
  const bytes = encodeManifest({ ...named, ...texts, ...relations, layout })
  const { manifests, packages } = encodeManifests([{ id: packageIdOf(bytes), bytes }])
  const sections = [
    { name: 'manifests', bytes: manifests },
    { name: 'packages', bytes: packages },
  ] as const
  const path = join(place.folder, 'packages', 'noise.moss')
  const signers = [signerOf(secret)]
  await writeContainer(
    outside,
    path,
    { kind: 'package', created, about: {}, sections, frames: await spool.finish() },
    signers,
    silent,
  )
  const channel = openChannel(outside, place)
  channel.publish(planPublish(channel), { created, signers })
}

async function exportIt(folder: string): Promise<void> {
  const channel = openChannel(outside, { folder: join(folder, 'stable'), name: 'stable', root })
  const published = channel.snapshots.latest()
  if (published === undefined) throw new Error('nothing is published')
  const wants = published.snapshot.packages.map((offered): PackageId => offered.id)
  const plan = planCarry({
    hosts: [{ host, wants, has: [] }],
    catalogue: {
      manifest: (id) => channel.package(id)?.manifest,
      chunkList: (id, file) => channel.chunkList(id, file),
    },
  })
  await exportBundle(outside, {
    plan,
    channel,
    published,
    hosts: new Map(),
    signers: [signerOf(secret)],
    path: () => join(folder, 'bundle.moss'),
    spoolPath: join(folder, 'export.spool'),
    effort: effortOf('5'),
    report: silent,
  })
}

async function importIt(folder: string): Promise<void> {
  const { disk, pool, userId } = outside
  const home = join(folder, 'host')
  const incomingFolder = join(home, 'incoming')
  for (const path of [home, incomingFolder]) disk.makeFolder(path, 0o700)
  using database = outside.openDatabase(join(home, 'moss.db'), 'write')
  const store = openStore({ disk, pool, database, folder: home, userId, turn: () => outside.turn() })
  using source = fileSource(disk, join(folder, 'bundle.moss'))
  const judge = {
    root,
    host,
    counters: startCounters(root),
    nowSeconds: created,
    heldManifest: () => undefined,
  }
  using taken = await takeIn(outside, { source, incomingFolder, judge, report: silent })
  await importBundle(outside, taken, { store, report: silent })
}

const roles: Readonly<Record<string, (folder: string, totalMiB: number) => Promise<void>>> = {
  make,
  export: exportIt,
  import: importIt,
}

/** Both modules in `folder`, as the program is built. */
async function buildInto(folder: string): Promise<string> {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [import.meta.filename, join(import.meta.dirname, 'jobs-worker.ts')],
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['esbuild'],
    logLevel: 'error',
    banner: {
      js: `import { createRequire as made } from 'node:module'; const require = made(import.meta.url);`,
    },
  })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return join(folder, 'import-memory.js')
}

async function measure(totalMiB: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'import-memory-'))
  try {
    const program = await buildInto(folder)
    let isOver = false
    for (const role of Object.keys(roles)) {
      const output = execFileSync(process.execPath, [...nodeFlags, program, role, folder, String(totalMiB)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const { peakBytes, cpuSeconds, seconds } = JSON.parse(output) as {
        readonly peakBytes: number
        readonly cpuSeconds: number
        readonly seconds: number
      }
      isOver ||= role === 'import' && peakBytes > barBytes
      console.log(
        `${role.padEnd(7)} peak ${(peakBytes / MiB).toFixed(0)} MiB, ${seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s`,
      )
    }
    console.log(`bundle  ${(statSync(join(folder, 'bundle.moss')).size / MiB).toFixed(0)} MiB`)
    if (isOver) throw new Error(`importing is above the bar of ${barBytes / MiB} MiB`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [first, folder, total] = process.argv.slice(2)
const role = first === undefined ? undefined : roles[first]
if (role === undefined) await measure(Number(first ?? 1024))
else {
  const start = performance.now()
  await role(folder ?? '', Number(total))
  await outside[Symbol.asyncDispose]()
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6
  const seconds = (performance.now() - start) / 1000
  process.stdout.write(JSON.stringify({ peakBytes: maxRSS * 1024, cpuSeconds, seconds }))
}
