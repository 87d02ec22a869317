// What a volume says of itself is signed by nobody: what cannot be is refused, by prelude and head alone.
import { expect, test } from 'vitest'
import { isMossError } from '../../../src/base/error.ts'
import { viewOf } from '../../../src/container/little-endian.ts'
import {
  checkVolume,
  readVolume,
  sayVolume,
  type Volume,
  writeVolume,
} from '../../../src/container/volume.ts'

const encoded = (volume: Volume | undefined): DataView => {
  const view = viewOf(new Uint8Array(64))
  writeVolume(view, volume)
  return view
}
const read = (volume: Volume): Volume | undefined => readVolume(encoded(volume))

const second: Volume = { number: 2, count: 3, firstFrame: 812, endFrame: 1651 }

test('a volume comes back as it was, and says which frames it has', () => {
  const last = { number: 65_535, count: 65_535, firstFrame: 2 ** 23, endFrame: 2 ** 23 + 1 }
  for (const volume of [second, last]) expect(read(volume)).toEqual(volume)
  expect(readVolume(encoded(undefined))).toBeUndefined()
  expect(sayVolume(second)).toBe('volume 2 of 3, frames 812 to 1650')
})

test('its numbers stand where the manual says', () => {
  const view = encoded({ number: 2, count: 0x0304, firstFrame: 0x050607, endFrame: 0x08090a })
  const bytes = new Uint8Array(view.buffer)
  expect([...bytes.subarray(10, 12), ...bytes.subarray(52, 60)]).toEqual([2, 0, 7, 6, 5, 0x0a, 9, 8, 4, 3])
  expect(bytes.filter((byte) => byte !== 0)).toHaveLength(9)
})

test('a number that no prelude can hold is a bug', () => {
  expect(() => read({ ...second, endFrame: 2 ** 24 })).toThrow(RangeError)
})

test.each<[string, Partial<Volume>]>([
  ['the only one', { number: 1, count: 1, firstFrame: 0 }],
  ['number 0', { number: 0 }],
  ['a number beyond their count', { number: 4 }],
  ['no frame', { endFrame: 812 }],
  ['frames that end before they begin', { endFrame: 811 }],
  ['a first volume that begins later', { number: 1, firstFrame: 1 }],
  ['a later volume that begins with frame 0', { firstFrame: 0 }],
  ['no frame left for a volume before it', { number: 3, firstFrame: 1 }],
])('a volume with %s is refused', (_, change) => {
  expect(() => read({ ...second, ...change })).toThrow(
    expect.objectContaining({
      code: 'CONTAINER_DAMAGED',
      details: expect.objectContaining({ part: 'prelude' }),
    }),
  )
})

test('one that is not cut says nothing of volumes', () => {
  for (const at of [10, 11, 52, 54, 55, 57]) {
    const view = encoded(undefined)
    view.setUint8(at, view.getUint8(at) ^ 4)
    expect(() => readVolume(view)).toThrow('not cut')
  }
})

test.each<[string, Volume, number]>([
  ['beyond the frames', second, 1650],
  ['without a frame left for the last', second, 1651],
  ['as the last, before the last frame', { ...second, number: 3 }, 1652],
  ['as the last, beyond the last frame', { ...second, number: 3 }, 1650],
])('against the head one is refused that ends %s', (_, volume, frameCount) => {
  expect(() => checkVolume(volume, frameCount)).toThrow(
    expect.objectContaining({
      code: 'CONTAINER_DAMAGED',
      details: expect.objectContaining({ part: 'prelude' }),
    }),
  )
})

test('every bit of these numbers that is turned gives a refusal or another volume', () => {
  for (const at of [10, 11, 52, 53, 54, 55, 56, 57, 58, 59])
    for (let bit = 0; bit < 8; bit++) {
      const view = encoded(second)
      view.setUint8(at, view.getUint8(at) ^ (1 << bit))
      try {
        const volume = readVolume(view)
        if (volume !== undefined) checkVolume(volume, 2000)
        expect(volume).not.toEqual(second)
      } catch (error) {
        expect(isMossError(error, 'CONTAINER_DAMAGED')).toBe(true)
      }
    }
})
