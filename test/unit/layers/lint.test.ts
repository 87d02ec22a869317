import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const top = join(import.meta.dirname, '../../..')

function lint(text: string): { readonly status: number | null; readonly output: string } {
  const folder = mkdtempSync(join(top, 'src/ops/planted-'))
  try {
    const file = join(folder, 'planted.ts')
    writeFileSync(file, text)
    const ran = spawnSync(join(top, 'node_modules/.bin/oxlint'), ['--deny-warnings', file], {
      cwd: top,
      encoding: 'utf8',
    })
    return { status: ran.status, output: ran.stdout + ran.stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a lost promise, which may be a lost fsync, fails the lint', () => {
  const found = lint(
    `export async function save(): Promise<void> {}\nexport function plan(): void {\n  save()\n}\n`,
  )
  expect(found.output).toContain('no-floating-promises')
  expect(found.status).not.toBe(0)
})

test('the same with the promise awaited passes', () => {
  const found = lint(
    `async function save(): Promise<void> {}\nexport async function plan(): Promise<void> {\n  await save()\n}\n`,
  )
  expect(found.output).toMatch(/on 1 file/)
  expect(found.status).toBe(0)
})
