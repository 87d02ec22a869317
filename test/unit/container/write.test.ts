import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { silent, type Progress } from '../../../src/base/progress.ts'
import { startFrames } from '../../../src/container/frames.ts'
import { verifyWhole } from '../../../src/container/read-frames.ts'
import { openContainer } from '../../../src/container/read.ts'
import { verifyContainer } from '../../../src/container/verify.ts'
import { encodeContainer, writeContainer } from '../../../src/container/write.ts'
import { fileSource } from '../../../src/host/byte-source.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { inlinePool } from '../../../src/host/pool.ts'
import { noise, opened, testRoot, testSigner } from '../../support/containers.ts'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'moss-write-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const draft = { kind: 'package', created: 7, about: { name: 'x' }, sections: [] } as const

async function write(name: string, report: (progress: Progress) => void = silent): Promise<string> {
  await using outside = linuxOutside()
  using spool = startFrames(outside, join(folder, 'spool'), { groupBytes: 65536, level: 3 })
  for (const seed of [1, 2, 3]) await spool.addContent([noise(1_000_000, seed).subarray(0, 700_000)])
  await spool.addContent([encodeUtf8('words '.repeat(9000))])
  const path = join(folder, name)
  await writeContainer(outside, path, { ...draft, frames: await spool.finish() }, [testSigner], report)
  return path
}

test('a container on disk is whole, verified to its last byte, and leaves neither spool nor part behind', async () => {
  const seen: Progress[] = []
  const path = await write('a.moss', (progress) => void seen.push(progress))
  expect(readdirSync(folder)).toEqual(['a.moss'])
  await using outside = linuxOutside()
  using source = fileSource(outside.disk, path)
  await verifyWhole(verifyContainer(openContainer(source), { role: 'packager', root: testRoot }), inlinePool)
  expect(seen.at(-1)?.doneBytes).toBe(seen.at(-1)?.totalBytes)
})

test('the same draft and chunks give the same file', async () => {
  expect(readFileSync(await write('a.moss')).equals(readFileSync(await write('b.moss')))).toBe(true)
})

test('a file that is there already is never replaced', async () => {
  writeFileSync(join(folder, 'a.moss'), 'mine')
  await expect(write('a.moss')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  expect(readFileSync(join(folder, 'a.moss'), 'utf8')).toBe('mine')
})

test('what an interrupted run left is written anew', async () => {
  writeFileSync(join(folder, 'a.moss.part'), noise(3_000_000, 5))
  const path = await write('a.moss')
  expect(readFileSync(path).equals(readFileSync(await write('b.moss')))).toBe(true)
  expect(readdirSync(folder)).toEqual(['a.moss', 'b.moss'])
})

test('a failure while writing leaves nothing under either name', async () => {
  const stop = (): void => {
    throw new Error('stop')
  }
  await expect(write('a.moss', stop)).rejects.toThrow('stop')
  expect(readdirSync(folder)).toEqual([])
})

test('a container without frames is bytes', () => {
  const bytes = encodeContainer(
    { kind: 'channel', created: 1, about: {}, sections: [{ name: 'record', bytes: encodeUtf8('list') }] },
    [testSigner],
  )
  expect(opened(bytes).kind).toBe('channel')
})
