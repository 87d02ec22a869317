// moss-trust.7 against the programs it talks about: mandoc reads it, and its commands check a real container.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { encodeContainer } from '../../../src/container/write.ts'
import { signerOf } from '../../../src/trust/keys.ts'
import { formatPublicKey } from '../../../src/trust/minisign.ts'
import { encodeRoot } from '../../../src/trust/root.ts'
import { oracle } from '../../support/oracle.ts'
import { sampleKey, sampleRoot } from './sample-keys.ts'

const manual = join(import.meta.dirname, '../../../man/moss-trust.7')

test.skipIf(!oracle('mandoc'))('mandoc has no warning about the page', () => {
  const ran = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', manual], { encoding: 'utf8' })
  expect(ran.stdout).toBe('')
  expect(ran.status).toBe(0)
})

test.skipIf(!oracle('minisign'))('its commands check a container’s head, and refuse a changed one', () => {
  const page = readFileSync(manual, 'utf8')
  const commands = /\.Bd -literal -offset indent\n(head=\$[^]*?)\.Ed/.exec(page)?.[1] ?? ''
  expect(commands.split('\n')).toHaveLength(5)
  const folder = mkdtempSync(join(tmpdir(), 'moss-manual-'))
  const run = (bytes: Uint8Array) => {
    writeFileSync(join(folder, 'FILE'), bytes)
    return spawnSync('sh', ['-euc', commands], { cwd: folder, encoding: 'utf8' }).status
  }
  try {
    writeFileSync(join(folder, 'PUBLICKEY.pub'), formatPublicKey(sampleKey(1).publicKey))
    const bytes = encodeContainer(
      {
        kind: 'root',
        created: 1_700_000_000,
        about: {},
        sections: [{ name: 'record', bytes: encodeRoot(sampleRoot()) }],
      },
      [signerOf(sampleKey(1))],
    )
    expect(run(bytes)).toBe(0)
    bytes[90] = (bytes[90] ?? 0) ^ 1
    expect(run(bytes)).not.toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
