import { execFileSync } from 'node:child_process'
import { chownSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../support/scratch.ts'

const isRoot = process.getuid?.() === 0
const nobody = 65534

test('a root of an ordinary user goes through the whole loop, owners and triggers left out', () => {
  const folder = scratchFolder()
  try {
    if (isRoot) chownSync(folder, nobody, nobody)
    const script = join(import.meta.dirname, '../../support/ordinary-loop.ts')
    const output = execFileSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', script, join(folder, 'root')],
      { encoding: 'utf8', ...(isRoot ? { uid: nobody, gid: nobody } : {}) },
    )
    const user = isRoot ? nobody : process.getuid?.()
    expect(JSON.parse(output)).toEqual({
      userId: user,
      isSame: true,
      states: [3, 4, 5],
      triggers: [{ name: 'ldconfig', outcome: 'skipped', note: 'it needs root' }],
      setuid: 0o4755,
      owner: user,
      delivered: user,
      account: 'tool:x:300:300::/:/usr/sbin/nologin',
      made: [`750 ${user}`, `400 ${user}`],
      findings: 0,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
