import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
