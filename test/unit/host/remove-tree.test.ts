import { spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mountsBelow } from '../../../src/host/mounts.ts'
import { removeItem } from '../../../src/host/remove-tree.ts'
import { currentFolder, pathBytes } from '../../../src/host/system-calls.ts'
import { scratchFolder } from '../../support/scratch.ts'

let folder: string
beforeEach(() => {
  folder = scratchFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

// Only root is in danger: its right to everything is what an exchanged folder would borrow.
test.runIf(process.getuid?.() === 0)(
  'a folder that became a link before it was opened is refused, and what it leads to keeps its mode',
  () => {
    const target = join(folder, 'target')
    mkdirSync(join(target, 'inside'), { recursive: true })
    chmodSync(target, 0o755)
    const path = join(folder, 'was-a-folder')
    symlinkSync(target, path)
    expect(() => removeItem(currentFolder, { name: pathBytes(path), isFolder: true }, path)).toThrow(
      expect.objectContaining({ code: 'HOST_IO' }),
    )
    expect(lstatSync(target).mode & 0o7777).toBe(0o755)
    expect(readdirSync(target)).toEqual(['inside'])
  },
)

test('what cannot be removed is named', () => {
  const path = join(folder, 'tree')
  const stuck = join(path, 'usr/lib/stuck')
  mkdirSync(join(path, 'usr/lib'), { recursive: true })
  writeFileSync(stuck, 'x')
  const { status, stderr } = spawnSync('chattr', ['+i', stuck], { encoding: 'utf8' })
  if (status !== 0) return console.log(`skipped: nothing can be made immutable here: ${stderr?.trim()}`)
  try {
    expect(() => removeItem(currentFolder, { name: pathBytes(path), isFolder: true }, path)).toThrow(stuck)
  } finally {
    spawnSync('chattr', ['-i', stuck])
  }
})

/** Whether it is there now. */
function mount(...how: readonly string[]): boolean {
  const { status, stderr } = spawnSync('mount', how, { encoding: 'utf8' })
  if (status !== 0) console.log(`skipped: nothing can be mounted here: ${stderr.trim()}`)
  return status === 0
}

test.each([
  ['another filesystem', (at: string) => ['-t', 'tmpfs', 'moss', at]],
  ['a folder of the same', (at: string, other: string) => ['--bind', other, at]],
])('what is mounted is not emptied: %s', (_, how) => {
  const [other, top, at] = [join(folder, 'other'), join(folder, 'top'), join(folder, 'top/usr/local')]
  mkdirSync(other)
  mkdirSync(at, { recursive: true })
  if (!mount(...how(at, other))) return
  try {
    writeFileSync(join(at, 'precious'), '')
    for (const path of [top, at])
      expect(() => removeItem(currentFolder, { name: pathBytes(path), isFolder: true }, path)).toThrow(
        'mount point',
      )
    expect(readdirSync(at)).toEqual(['precious'])
    expect(mountsBelow(top)).toEqual([at])
    expect(mountsBelow(at)).toEqual([])
  } finally {
    spawnSync('umount', [at])
  }
  removeItem(currentFolder, { name: pathBytes(top), isFolder: true }, top)
  expect(readdirSync(folder)).toEqual(['other'])
})
