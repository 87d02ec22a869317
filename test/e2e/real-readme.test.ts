// The README's first command on a fresh clone in an empty folder, as somebody who knows nothing: it needs the npm
// registry, so it stands in the suite that has the network. The second command is the one that runs the tests.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const top = join(import.meta.dirname, '../..')

test('the README names the two commands', () => {
  const commands = [...readFileSync(join(top, 'README.md'), 'utf8').matchAll(/```sh\n(.*?)\n```/gs)].map(
    (match) => match[1],
  )
  expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test'])
})

test('a fresh clone sets itself up and carries the loop round', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'moss-clone-'))
  try {
    const clone = join(folder, 'moss')
    execFileSync('git', ['clone', '-q', top, clone])
    const printed = execFileSync('sh', ['-c', 'npm ci && npm start --silent -- --json'], {
      cwd: clone,
      encoding: 'utf8',
      env: {
        PATH: (process.env['PATH'] ?? '').replaceAll(`${top}/node_modules/.bin:`, ''),
        HOME: process.env['HOME'] ?? folder,
        TMPDIR: folder,
      },
    })
    const told = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as {
      bundles: readonly { fullBytes: number; carriedBytes: number }[]
      trees: { first: string; second: string; rolledBack: string }
    }
    expect(told.bundles).toHaveLength(2)
    for (const { fullBytes, carriedBytes } of told.bundles) expect(carriedBytes).toBeLessThan(fullBytes)
    expect(told.trees.rolledBack).toBe(told.trees.first)
    expect(told.trees.second).not.toBe(told.trees.first)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
