// A root dated far ahead would be refused by hosts, and every root after it: a clock that was wrong where it was drafted is
// found out by those who sign it, and where it is accepted.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Outside } from '../../../src/host/outside.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { generateKey } from '../../../src/ops/keys.ts'
import { draftRoot } from '../../../src/ops/root-draft.ts'
import { executeSignRoot, planSignRoot, writeRootHead } from '../../../src/ops/root-signing.ts'
import { acceptRootFile } from '../../../src/ops/station-roots.ts'
import { scratchFolder } from '../../support/scratch.ts'

const day = 86_400
const today = 20_000 * day
const folder = scratchFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const at = (seconds: number): Outside =>
  Object.create(linuxOutside(), { nowMs: { value: () => seconds * 1000 } }) as Outside
const ask = () => Promise.resolve(undefined)

async function draftAt(seconds: number): Promise<{ readonly home: string; readonly file: string }> {
  const home = join(folder, `home-${seconds}`)
  const file = join(home, 'next.moss-root')
  await generateKey(at(today), { home, name: 'release', passphrase: undefined })
  const nobody = { add: [], remove: [], threshold: [], signers: [] }
  await draftRoot(at(seconds), { home, file, ...nobody, isNewEpoch: false, floor: undefined })
  return { home, file }
}

test('a root dated as far ahead as hosts allow is signed and accepted', async () => {
  const { home, file } = await draftAt(today + 400 * day)
  await executeSignRoot(at(today), await planSignRoot(at(today), { home, file }), ask)
  expect(await acceptRootFile(at(today), { home, file, expect: undefined })).toMatchObject({ version: 2 })
})

test('one dated further ahead is neither signed nor accepted, and nothing is changed', async () => {
  const wrong = today + 401 * day
  const { home, file } = await draftAt(wrong)
  const drafted = readFileSync(file)
  await expect(planSignRoot(at(today), { home, file })).rejects.toMatchObject({ code: 'TRUST_FUTURE' })
  expect(readFileSync(file)).toEqual(drafted)
  const to = `${file}.head`
  await expect(writeRootHead(at(today), { file, to })).rejects.toMatchObject({ code: 'TRUST_FUTURE' })
  expect(existsSync(to)).toBe(false)
  await executeSignRoot(at(wrong), await planSignRoot(at(wrong), { home, file }), ask)
  const before = readFileSync(join(home, 'root.moss-root'))
  await expect(acceptRootFile(at(today), { home, file, expect: undefined })).rejects.toMatchObject({
    code: 'TRUST_FUTURE',
  })
  expect(readFileSync(join(home, 'root.moss-root'))).toEqual(before)
})
