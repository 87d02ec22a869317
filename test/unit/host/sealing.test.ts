// Files that only their recipients can read: ours is the age program's, and its is ours.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8, equalBytes } from '../../../src/base/bytes.ts'
import { isMossError } from '../../../src/base/error.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import {
  isRecipient,
  opensWith,
  openSealed,
  recipientOf,
  sealBytes,
  sealedPieces,
  sealedSizes,
  sealingIdentity,
} from '../../../src/host/sealing.ts'
import { isSealed, openingBytes } from '../../../src/host/sealed-start.ts'
import { noise } from '../../support/containers.ts'
import { oracle } from '../../support/oracle.ts'

const identity = sealingIdentity(new Uint8Array(32).fill(7))
const other = sealingIdentity(new Uint8Array(32).fill(8))
const text = encodeUtf8('what only one shall read')
let recipient: string
let sealed: Uint8Array

beforeAll(async () => {
  recipient = await recipientOf(identity)
  sealed = await sealBytes(text, [recipient])
})

const open = (bytes: Uint8Array, by = identity, limitBytes = 1 << 20): Promise<Uint8Array> =>
  openSealed(bytesSource('stick', bytes), by, limitBytes)
async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'opened'
  } catch (error) {
    if (isMossError(error)) return error.code
    throw error
  }
}

/** As files are read: the next piece takes the place of the one before. */
function* inOneBuffer(bytes: Uint8Array): Generator<Uint8Array> {
  const buffer = new Uint8Array(1_234_567)
  for (let at = 0; at < bytes.length; at += buffer.length) {
    const piece = bytes.subarray(at, at + buffer.length)
    buffer.set(piece)
    yield buffer.subarray(0, piece.length)
  }
}

describe('sealing', () => {
  test('what is sealed is opened by its recipient and by nobody else', async () => {
    expect(isSealed(sealed.subarray(0, openingBytes))).toBe(true)
    expect(isSealed(text.subarray(0, openingBytes))).toBe(false)
    expect(isSealed(new Uint8Array(0))).toBe(false)
    expect(await open(sealed)).toEqual(text)
    expect(await codeOf(open(sealed, other))).toBe('SEALED_FOR_OTHERS')
    const both = await sealBytes(text, [recipient, await recipientOf(other)])
    expect(await open(both, other)).toEqual(text)
  })

  test('many bytes go through in pieces, and come out the same', async () => {
    const large = noise(3_000_000, 3)
    const pieces: Uint8Array[] = []
    for await (const piece of sealedPieces(inOneBuffer(large), [recipient])) pieces.push(piece)
    const whole = concatBytes(pieces)
    expect(pieces.length).toBeGreaterThan(20)
    expect(equalBytes(await open(whole, identity, large.length), large)).toBe(true)
    expect(await codeOf(open(whole, identity, large.length - 1))).toBe('SEAL_DAMAGED')
  })

  test('a header of a thousand recipients opens, and is read no further than it goes', async () => {
    const many = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => recipientOf(sealingIdentity(new Uint8Array(32).fill(n, 0, 30)))),
    )
    const bytes = concatBytes([await sealBytes(text, [...many, recipient]), new Uint8Array(4_000_000)])
    let readBytes = 0
    const stick = bytesSource('stick', bytes)
    const counted = {
      ...stick,
      read: (into: Uint8Array, at: number) => {
        const count = stick.read(into, at)
        readBytes = Math.max(readBytes, at + count)
        return count
      },
    }
    expect(await opensWith(counted, identity)).toMatchObject({ opens: true })
    expect(readBytes).toBeLessThan(300_000)
    expect(await opensWith(bytesSource('stick', sealed), other)).toMatchObject({ opens: false })
  })

  test('how long a sealed file is, is known before', async () => {
    const recipients = [recipient, await recipientOf(other)]
    const { sizeOf, mostInside } = await sealedSizes(recipients)
    for (const bytes of [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000])
      expect((await sealBytes(new Uint8Array(bytes), recipients)).length, `${bytes}`).toBe(sizeOf(bytes))
    for (let limit = 60_000; limit < 200_000; limit += 7) {
      expect(sizeOf(mostInside(limit))).toBeLessThanOrEqual(limit)
      expect(sizeOf(mostInside(limit) + 17)).toBeGreaterThan(limit)
    }
    expect(mostInside(10)).toBe(0)
  })

  test('no bit can be changed, nothing cut off or added', async () => {
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      expect(await codeOf(open(changed)), `byte ${at}`).toMatch(/^SEAL(ED_FOR_OTHERS|_DAMAGED)$/)
    }
    for (let length = 0; length < sealed.length; length += 3)
      expect(await codeOf(open(sealed.subarray(0, length))), `${length} bytes`).toBe('SEAL_DAMAGED')
    expect(await codeOf(open(concatBytes([sealed, Uint8Array.of(0)])))).toBe('SEAL_DAMAGED')
  })

  test('a header that does not end is refused before anything is made of it', async () => {
    const endless = concatBytes([
      encodeUtf8('age-encryption.org/v1\n'),
      new Uint8Array(10_000_000).fill(0x2d),
    ])
    expect(await codeOf(open(endless))).toBe('SEAL_DAMAGED')
  })

  test('what is no recipient is known as none', () => {
    expect(isRecipient(recipient)).toBe(true)
    for (const wrong of [
      '',
      'age1',
      recipient.slice(0, -1),
      recipient.toUpperCase(),
      identity,
      `${recipient}x`,
    ])
      expect(isRecipient(wrong), wrong).toBe(false)
  })
})

describe.skipIf(!oracle('age'))('the age program', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'age-'))
    writeFileSync(join(folder, 'key'), `${identity}\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const age = (...args: readonly string[]) => {
    const ran = spawnSync('age', args, { cwd: folder, encoding: 'utf8' })
    expect(ran.stderr).toBe('')
    return ran.status
  }

  test('opens ours', () => {
    writeFileSync(join(folder, 'ours.age'), sealed)
    expect(age('-d', '-i', 'key', '-o', 'ours', 'ours.age')).toBe(0)
    expect(new Uint8Array(readFileSync(join(folder, 'ours')))).toEqual(text)
  })

  test('and we open its', async () => {
    const large = noise(200_000, 4)
    writeFileSync(join(folder, 'theirs'), large)
    expect(age('-r', recipient, '-o', 'theirs.age', 'theirs')).toBe(0)
    const opened = await open(readFileSync(join(folder, 'theirs.age')))
    expect(equalBytes(opened, large)).toBe(true)
  })
})
