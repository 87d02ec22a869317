// How large a group of chunks should be: bytes stored, seconds to pack and to unpack, for several sizes of group
// and levels of zstd, over real files. node test/bench/frames.ts FOLDER... (default: programs, libraries, texts
// of this system). Figures are printed, not judged.
import { readdirSync, readFileSync, lstatSync } from 'node:fs'
import { extname, join } from 'node:path'
import { concatBytes } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import { encodeStored } from '../../src/container/codecs.ts'
import { decodeZstd } from '../../src/container/zstd.ts'

const MiB = 1024 * 1024
const folders =
  process.argv.length > 2
    ? process.argv.slice(2)
    : ['/usr/bin', '/usr/lib/x86_64-linux-gnu', '/usr/share/perl', '/usr/include']
const mostBytes = 24 * MiB

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile())
    .toSorted((a, b) => (extname(a) + a < extname(b) + b ? -1 : 1))
}

const chunks: Uint8Array[] = []
const seen = new Set<string>()
for (const folder of folders) {
  let taken = 0
  for (const path of filesOf(folder)) {
    if (taken >= mostBytes) break
    const bytes = readFileSync(path)
    taken += bytes.length
    for (let at = 0; at < bytes.length; at += 65536) {
      const chunk = Uint8Array.from(bytes.subarray(at, at + 65536))
      const id = digestOf(chunk)
      if (!seen.has(id)) chunks.push(chunk)
      seen.add(id)
    }
  }
}
const totalBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
console.log(`${chunks.length} chunks, ${(totalBytes / MiB).toFixed(1)} MiB from ${folders.join(' ')}`)
console.log('level  group MiB  stored MiB  of plain  pack s  unpack s')

function groupsOf(groupBytes: number): Uint8Array[] {
  const groups: Uint8Array[] = []
  let group: Uint8Array[] = []
  let size = 0
  for (const chunk of chunks) {
    if (size + chunk.length > groupBytes && size > 0) {
      groups.push(concatBytes(group))
      group = []
      size = 0
    }
    group.push(chunk)
    size += chunk.length
  }
  return [...groups, concatBytes(group)]
}

for (const level of [3, 9])
  for (const groupMiB of [0.0625, 0.5, 1, 2, 4, 8]) {
    const groups = groupsOf(groupMiB * MiB)
    const started = process.cpuUsage()
    const packed = groups.map((plain) => encodeStored(plain, level))
    const packing = process.cpuUsage(started)
    const stored = packed.reduce((sum, frame) => sum + frame.stored.length, 0)
    const again = process.cpuUsage()
    packed.forEach((frame, index) => {
      if (frame.codec === 2) decodeZstd(frame.stored, groups[index]?.length ?? 0, 'frame')
    })
    const unpacking = process.cpuUsage(again)
    const seconds = ({ user, system }: NodeJS.CpuUsage): string => ((user + system) / 1e6).toFixed(2)
    const cells = [
      level,
      groupMiB,
      (stored / MiB).toFixed(2),
      `${((100 * stored) / totalBytes).toFixed(2)} %`,
      seconds(packing),
      seconds(unpacking),
    ]
    console.log(cells.map((cell, index) => `${cell}`.padStart([5, 9, 10, 8, 6, 8][index] ?? 0)).join('  '))
  }
