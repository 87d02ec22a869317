import { rmSync, writeFileSync, readFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import { raiseCounters, readCounters } from '../../../src/state/counters-file.ts'
import { placesOf, type Places } from '../../../src/state/places.ts'
import { sampleCounters } from '../../support/sample-root.ts'
import { scratchFolder } from '../../support/scratch.ts'

const disk = linuxDisk()
let root: string
let places: Places
const slot = (number: 0 | 1): string => join(places.own, `floor.${number}`)
beforeEach(() => {
  root = scratchFolder()
  places = placesOf(root)
  mkdirSync(places.own)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('T5: counters rise, stay on the same again, and never fall', () => {
  raiseCounters(disk, places, sampleCounters(1))
  raiseCounters(disk, places, sampleCounters(3))
  const before = readFileSync(slot(0))
  raiseCounters(disk, places, sampleCounters(3))
  expect(readFileSync(slot(0))).toEqual(before)
  expect(() => raiseCounters(disk, places, sampleCounters(2))).toThrow('broken promise')
  expect(readCounters(disk, places)).toEqual(sampleCounters(3))
})

test('T5: either slot may be damaged or gone without the counters falling', () => {
  for (const serial of [1, 2, 3]) {
    raiseCounters(disk, places, sampleCounters(serial))
    for (const number of [0, 1] as const) {
      const bytes = readFileSync(slot(number))
      const flipped = Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
      for (const damage of [flipped, bytes.subarray(0, 10), Buffer.from('')]) {
        writeFileSync(slot(number), damage)
        expect(readCounters(disk, places)).toEqual(sampleCounters(serial))
      }
      rmSync(slot(number))
      expect(readCounters(disk, places)).toEqual(sampleCounters(serial))
      raiseCounters(disk, places, sampleCounters(serial))
    }
  }
})

test('a slot that a crash left behind is brought up by the same again', () => {
  raiseCounters(disk, places, sampleCounters(1))
  const old = readFileSync(slot(0))
  raiseCounters(disk, places, sampleCounters(2))
  writeFileSync(slot(0), old)
  raiseCounters(disk, places, sampleCounters(2))
  rmSync(slot(1))
  expect(readCounters(disk, places)).toEqual(sampleCounters(2))
})

test('both slots damaged is said, never taken for a fresh start', () => {
  raiseCounters(disk, places, sampleCounters(1))
  for (const number of [0, 1] as const) writeFileSync(slot(number), 'x')
  expect(() => readCounters(disk, places)).toThrow(expect.objectContaining({ code: 'STATE_BROKEN' }))
})
