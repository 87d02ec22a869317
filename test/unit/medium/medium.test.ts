import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostId } from '../../../src/base/ids.ts'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import {
  assertMedium,
  bundlePathOn,
  findBundles,
  findRoots,
  findStates,
  rootPathOn,
  statePathOn,
  writeToMedium,
} from '../../../src/medium/medium.ts'

const disk = linuxDisk()
const host = '00112233aabbccdd' as HostId
let stick: string
beforeEach(() => {
  stick = mkdtempSync(join(tmpdir(), 'stick-'))
})
afterEach(() => rmSync(stick, { recursive: true, force: true }))

const bundle = (serial: number) => ({ channel: 'stable', serial, id: '9f3c'.repeat(16) })

test('an empty medium has nothing, and looking leaves nothing behind', () => {
  expect([findBundles(disk, stick), findStates(disk, stick), findRoots(disk, stick)]).toEqual([[], [], []])
  expect(disk.list(stick)).toEqual([])
})

test('the newest bundle comes first; droppings, links and other files are passed over', () => {
  for (const serial of [9, 412, 40]) writeFileSync(bundlePathOn(disk, stick, bundle(serial)), 'x')
  const folder = join(stick, 'moss/bundles')
  writeFileSync(join(folder, 'renamed.moss'), 'x')
  writeFileSync(join(folder, '._stable-500-9f3c9f3c.moss'), 'x')
  writeFileSync(join(folder, 'stable-500-9f3c9f3c.moss.part'), 'x')
  symlinkSync('/etc/passwd', join(folder, 'stable-600-9f3c9f3c.moss'))
  expect(findBundles(disk, stick).map((found) => found.name?.serial)).toEqual([412, 40, 9, undefined])
})

test('states lie by host and counter, roots by version', () => {
  for (const counter of [1, 12, 3])
    writeToMedium(disk, statePathOn(disk, stick, { host, counter }), new Uint8Array(9))
  mkdirSync(join(stick, 'moss/hosts/not-a-host/states'), { recursive: true })
  for (const version of [2, 1]) writeToMedium(disk, rootPathOn(disk, stick, version), new Uint8Array(9))
  expect(findStates(disk, stick).map((found) => found.counter)).toEqual([12, 3, 1])
  expect(findRoots(disk, stick).map((found) => found.version)).toEqual([1, 2])
})

test('what is written is read back: a medium that gives other bytes is told', () => {
  const path = statePathOn(disk, stick, { host, counter: 1 })
  const lying = { ...disk, readFile: () => new Uint8Array([1, 2]) }
  expect(() => writeToMedium(lying, path, new Uint8Array([1, 3]))).toThrow(
    expect.objectContaining({ code: 'HOST_IO' }),
  )
  writeToMedium(disk, path, new Uint8Array([1, 3]))
  writeToMedium(disk, path, new Uint8Array([1, 4]))
  expect([...readFileSync(path)]).toEqual([1, 4])
})

test('no medium is told as such', () => {
  expect(() => assertMedium(disk, join(stick, 'none'))).toThrow(
    expect.objectContaining({ code: 'MEDIUM_ABSENT' }),
  )
  expect(() => bundlePathOn(disk, join(stick, 'none'), bundle(1))).toThrow(
    expect.objectContaining({ code: 'MEDIUM_ABSENT' }),
  )
})

test('a folder of the medium that is a link leads nowhere: nothing is written or found through it', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'))
  try {
    mkdirSync(join(elsewhere, 'bundles'))
    writeFileSync(join(elsewhere, 'bundles/stable-1-9f3c9f3c.moss'), 'x')
    symlinkSync(elsewhere, join(stick, 'moss'))
    const refused = expect.objectContaining({ code: 'HOST_IO' })
    expect(() => statePathOn(disk, stick, { host, counter: 1 })).toThrow(refused)
    expect(() => bundlePathOn(disk, stick, bundle(2))).toThrow(refused)
    expect(findBundles(disk, stick)).toEqual([])
    expect(disk.list(elsewhere).map(({ name }) => name)).toEqual(['bundles'])
  } finally {
    rmSync(elsewhere, { recursive: true, force: true })
  }
})
