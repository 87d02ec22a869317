// What a bare system lacks is named before anything else is tried. The stand-in for Node fails as the real one does
// where libatomic is missing: a machine without it cannot be had inside a test.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const top = join(import.meta.dirname, '../..')
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'moss-ground-'))
  mkdirSync(join(folder, 'test/tools'), { recursive: true })
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  copyFileSync(join(top, 'test/tools/ground.sh'), join(folder, 'test/tools/ground.sh'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function ground(node: string | undefined): { readonly status: number | null; readonly stderr: string } {
  const program = join(folder, 'node_modules/.bin/node')
  if (node !== undefined) {
    writeFileSync(program, `#!/bin/sh\n${node}\n`)
    chmodSync(program, 0o755)
  }
  return spawnSync('sh', [join(folder, 'test/tools/ground.sh')], { encoding: 'utf8' })
}

test('a missing libatomic is named, with the packages that have it', () => {
  const { status, stderr } = ground(
    'echo "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file" >&2; exit 127',
  )
  expect(status).toBe(1)
  expect(stderr).toContain('libatomic.so.1')
  expect(stderr).toContain('apt-get install libatomic1')
})

test('before npm ci it says so', () => {
  const { status, stderr } = ground(undefined)
  expect(status).toBe(1)
  expect(stderr).toContain('run npm ci first')
})

test('where everything is there it says nothing', () => {
  expect(ground('exit 0')).toMatchObject({ status: 0, stderr: '' })
})
