// What a station remembers of signatures: it spares judging, lets nothing in, and can be lost or spoiled at any time.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import { encodeUtf8, toHex } from '../../../src/base/bytes.ts'
import type { Digest } from '../../../src/base/ids.ts'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import { genuineFile } from '../../../src/ops/genuine-file.ts'
import { scratchFolder } from '../../support/scratch.ts'

const claim = (n: number): Digest => digestOf(encodeUtf8(`claim ${n}`))
const claims = (from: number, to: number): readonly Digest[] =>
  Array.from({ length: to - from }, (_, i) => claim(from + i))

/** As another process would open it. */
const opened = (path: string) => genuineFile(linuxDisk(), path)

const freshPath = (): string => join(scratchFolder(), 'genuine')

function write(path: string, all: readonly Digest[]): void {
  const file = opened(path)
  for (const each of all) file.add(each)
  file.write()
}

test('what was found genuine is known to the next process, each once, and nothing else is', () => {
  const path = freshPath()
  write(path, claims(0, 3))
  write(path, claims(1, 5))
  expect(statSync(path).size).toBe(5 * 32)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(claims(0, 7).map((each) => opened(path).has(each))).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ])
})

test('what was added and not written is known here alone', () => {
  const path = freshPath()
  const file = opened(path)
  file.add(claim(1))
  expect(file.has(claim(1))).toBe(true)
  expect(opened(path).has(claim(1))).toBe(false)
})

test('one that is lost, cut short, spoiled or too long costs what it had, and is written on', () => {
  const path = freshPath()
  write(path, claims(0, 4))
  const whole = readFileSync(path)
  const known = (): number => claims(0, 4).filter((each) => opened(path).has(each)).length
  for (let size = 0; size <= whole.length; size++) {
    writeFileSync(path, whole.subarray(0, size))
    expect(known()).toBe(Math.floor(size / 32))
    write(path, claims(0, 4))
    expect(known()).toBe(4)
  }
  for (let at = 0; at < whole.length; at++) {
    writeFileSync(path, whole.with(at, whole[at]! ^ 1))
    expect(known()).toBe(3)
  }
  writeFileSync(path, new Uint8Array(2 ** 21 + 1))
  expect(known()).toBe(0)
  write(path, claims(0, 4))
  expect(known()).toBe(4)
  rmSync(path)
  expect(known()).toBe(0)
})

test('when it is full the newer half stays', () => {
  const path = freshPath()
  write(path, claims(0, 65_536))
  expect(statSync(path).size).toBe(2 ** 21)
  write(path, claims(65_536, 65_537))
  expect(statSync(path).size).toBe(2 ** 20)
  expect(opened(path).has(claim(65_536))).toBe(true)
  expect(opened(path).has(claim(65_535))).toBe(true)
  expect(opened(path).has(claim(32_768))).toBe(false)
  expect(toHex(readFileSync(path).subarray(-32))).toBe(claim(65_536))
})

test('where it cannot be written the verb that found them does not fail', () => {
  const path = freshPath()
  mkdirSync(path)
  write(path, claims(0, 2))
  expect(opened(path).has(claim(0))).toBe(false)
})
