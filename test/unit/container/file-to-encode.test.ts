import { expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { cutFiles, halvesOf } from '../../../src/container/file-to-encode.ts'
import { cutWhole } from '../../../src/delta/jobs.ts'
import { noise } from '../../support/containers.ts'

const base = noise(1000, 1)
const target = noise(1_000_000, 2)
const { chunks } = cutWhole(target)
const fileWith = (isHeld: (n: number) => boolean) =>
  cutFiles({
    bytes: concatBytes([base, target]),
    files: [{ baseBytes: base.length, chunks: chunks.map((chunk, n) => ({ ...chunk, isHeld: isHeld(n) })) }],
  })[0]!

test('halves of a file, and their halves down to single chunks, are its bytes against the same base', () => {
  const parts = [fileWith(() => false)]
  for (let n = 0; n < parts.length;) {
    const halves = halvesOf(parts[n]!)
    if (halves.length === 0) n++
    else {
      const [first, second] = halves.map((half) => half.target.length)
      expect(Math.abs(first! - second!)).toBeLessThanOrEqual(2 * 256 * 1024)
      parts.splice(n, 1, ...halves)
    }
  }
  expect(parts.map(({ number, firstChunk }) => [number, firstChunk])).toEqual(chunks.map((_, n) => [0, n]))
  expect(parts.flatMap((part) => part.chunks.map(({ id }) => id))).toEqual(chunks.map(({ id }) => id))
  expect(Buffer.compare(concatBytes(parts.map((part) => part.target)), target)).toBe(0)
  for (const part of parts) expect(Buffer.compare(part.base, base)).toBe(0)
})

test('a half that nobody lacks is left out', () => {
  const [only, ...others] = halvesOf(fileWith((n) => n !== chunks.length - 1))
  expect(others).toEqual([])
  expect(only!.firstChunk + only!.chunks.length).toBe(chunks.length)
})
