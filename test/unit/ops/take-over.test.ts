// After a change of keys what an older root's snapshot names is signed under the newest only as it was shown: one that is
// put in its place between the question and the answer is signed by nobody.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContainerId } from '../../../src/base/ids.ts'
import { silent } from '../../../src/base/progress.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { addPackages, createChannel, publishChannel } from '../../../src/ops/channels.ts'
import { generateKey } from '../../../src/ops/keys.ts'
import { draftRoot } from '../../../src/ops/root-draft.ts'
import { executeSignRoot, planSignRoot } from '../../../src/ops/root-signing.ts'
import { acceptRootFile } from '../../../src/ops/station-roots.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const ask = () => Promise.resolve(undefined)
const folder = scratchFolder()
const home = join(folder, 'home')
const other = join(folder, 'other')
const date = '1767225600'
const channelFolder = (of: string): string => join(of, 'channels/stable')

async function publish(of: string, name: string): Promise<void> {
  const source = join(folder, name)
  mkdirSync(join(source, 'usr/share'), { recursive: true })
  writeFileSync(join(source, 'usr/share', name), name)
  const request = { home: of, channel: 'stable', ask }
  await addPackages(outside, { ...request, files: [source], place: [], name, version: '1' }, silent)
  await publishChannel(outside, { ...request, date })
}

const republish = (takeOver?: ContainerId) =>
  publishChannel(outside, { home, channel: 'stable', date, takeOver, ask })

beforeAll(async () => {
  await generateKey(outside, { home, name: 'old', passphrase: undefined })
  await createChannel(outside, { home, channel: 'stable' })
  cpSync(home, other, { recursive: true })
  await publish(home, 'shown')
  await publish(other, 'swapped')
  await generateKey(outside, { home, name: 'new', passphrase: undefined })
  const file = join(folder, 'next.moss-root')
  const change = { add: ['channel=new'], remove: ['channel=old'], threshold: [], signers: [] }
  await draftRoot(outside, { home, file, ...change, isNewEpoch: false, floor: undefined })
  await executeSignRoot(outside, await planSignRoot(outside, { home, file }), ask)
  await acceptRootFile(outside, { home, file, expect: undefined })
})
afterAll(() => rmSync(folder, { recursive: true }))

test('the snapshot that was shown is signed anew; one that was put in its place is not', async () => {
  const { takenOver } = await republish()
  expect(takenOver?.packages.map(({ name }) => name)).toEqual(['shown'])
  const aside = join(folder, 'aside')
  cpSync(channelFolder(home), aside, { recursive: true })
  cpSync(channelFolder(other), channelFolder(home), { recursive: true })
  const swapped = readdirSync(channelFolder(home))
  await expect(republish(takenOver?.id)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(readdirSync(channelFolder(home))).toEqual(swapped)
  rmSync(channelFolder(home), { recursive: true })
  cpSync(aside, channelFolder(home), { recursive: true })
  expect(await republish(takenOver?.id)).toMatchObject({ isNew: true, serial: 2 })
})
