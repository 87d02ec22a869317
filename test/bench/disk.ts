// How fast the real disk places, lists, looks at and removes 25,000 hard links in 250 folders: the work of one
// state's tree. The kernel's own part is most of it. Prints figures; the bar for placing is 0.4 s.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linuxDisk } from '../../src/host/linux-disk.ts'

const files = 25_000
const folders = 250
const disk = linuxDisk()
const top = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'moss-bench-'))
const tree = `${top}/tree`

function measured(what: string, work: () => void): void {
  const started = performance.now()
  work()
  const ms = performance.now() - started
  console.log(
    `${what.padEnd(24)} ${ms.toFixed(0).padStart(6)} ms ${((ms * 1000) / files).toFixed(1).padStart(7)} µs each`,
  )
}

try {
  disk.makeFolder(tree)
  for (let n = 0; n < 10; n++) disk.open(`${top}/asset${n}`, 'create', 0o644)[Symbol.dispose]()
  for (let n = 0; n < folders; n++) disk.makeFolder(`${tree}/${n}`)
  const path = (n: number): string => `${tree}/${n % folders}/file${n}`
  measured('place as links', () => {
    for (let n = 0; n < files; n++) disk.placeCopy(`${top}/asset${n % 10}`, path(n))
  })
  measured('list and look at', () => {
    for (let n = 0; n < folders; n++)
      for (const entry of disk.list(`${tree}/${n}`)) disk.lstat(`${tree}/${n}/${entry.name}`)
  })
  measured('read attributes', () => {
    for (let n = 0; n < files; n++) disk.getXattrs(path(n))
  })
  measured('remove the tree', () => disk.removeTree(tree))
} finally {
  rmSync(top, { recursive: true, force: true })
}
