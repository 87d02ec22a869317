// split and join on a disk: nothing of anybody is written over, what is there and right stays, what is cut short goes on, and
// a container that is damaged is not cut into volumes that are.
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { wholeName, volumeName } from '../../../src/base/volume-names.ts'
import { silent } from '../../../src/base/progress.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { joinVolumes } from '../../../src/ops/join.ts'
import { splitContainer } from '../../../src/ops/split.ts'
import { inspectContainer } from '../../../src/ops/inspect.ts'
import { verifyContainers } from '../../../src/ops/verify.ts'
import { buildBundle, noise, opened } from '../../support/containers.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
let whole: Uint8Array
let limitBytes: number
let folder: string
const at = (...names: readonly string[]): string => join(folder, ...names)

beforeAll(async () => {
  whole = await buildBundle({
    kind: 'package',
    contents: [1, 2, 3, 4, 5].map((seed) => noise(1000, seed)),
    spool: { groupBytes: 1 },
  })
  limitBytes = opened(whole).framesOffset + 2000
})
beforeEach(() => {
  folder = scratchFolder()
  for (const name of ['cut', 'out']) mkdirSync(at(name))
  writeFileSync(at('a.moss'), whole)
})
afterEach(() => rmSync(folder, { recursive: true }))
afterAll(() => outside[Symbol.asyncDispose]())

const split = (to = 'cut') =>
  splitContainer(outside, { file: at('a.moss'), folder: at(to), limitBytes }, silent)
const joinAll = (...names: readonly string[]) =>
  joinVolumes(outside, { files: names.map((name) => at('cut', name)), output: at('out') }, silent)
const names = ['a.002.moss', 'a.003.moss', 'a.moss']

describe('split', () => {
  test('writes volumes that bear their numbers, and twice is as once', async () => {
    const first = await split()
    expect(first.volumes.map(({ frames, isNew }) => ({ frames, isNew }))).toEqual([
      { frames: [0, 1], isNew: true },
      { frames: [2, 3], isNew: true },
      { frames: [4, 4], isNew: true },
    ])
    expect(readdirSync(at('cut'))).toEqual(names)
    expect((await split()).volumes.map(({ isNew }) => isNew)).toEqual([false, false, false])
    rmSync(at('cut/a.002.moss'))
    writeFileSync(at('cut/a.002.moss.part'), 'what a power cut left')
    expect((await split()).volumes.map(({ isNew }) => isNew)).toEqual([false, true, false])
    expect(readdirSync(at('cut'))).toEqual(names)
  })

  test('writes nothing where a file of one of these names is another', async () => {
    await split()
    const right = readFileSync(at('cut/a.003.moss'))
    rmSync(at('cut/a.moss'))
    for (const wrong of [
      right.subarray(1),
      right.map((byte, n) => (n === right.length - 1 ? byte ^ 1 : byte)),
    ]) {
      writeFileSync(at('cut/a.003.moss'), wrong)
      await expect(split()).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
      expect(readdirSync(at('cut'))).toEqual(['a.002.moss', 'a.003.moss'])
      expect(readFileSync(at('cut/a.003.moss')).equals(wrong)).toBe(true)
    }
    await expect(
      splitContainer(outside, { file: at('a.moss'), folder, limitBytes }, silent),
    ).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    await expect(split('nowhere')).rejects.toMatchObject({ code: 'MEDIUM_ABSENT' })
  })

  test('of a damaged container ends at the frame that is damaged, and leaves no volume of it', async () => {
    const damaged = Uint8Array.from(whole)
    damaged[whole.length - 1500] = (damaged[whole.length - 1500] ?? 0) ^ 1
    writeFileSync(at('a.moss'), damaged)
    await expect(split()).rejects.toMatchObject({ code: 'CONTAINER_DAMAGED', details: { part: 'frame 3' } })
    expect(readdirSync(at('cut'))).toEqual(['a.moss'])
    writeFileSync(at('a.moss'), whole.subarray(0, -1))
    await expect(split()).rejects.toMatchObject({ code: 'CONTAINER_TRUNCATED', details: { part: 'frame 4' } })
  })

  test('of what fits writes nothing, and of a volume is refused', async () => {
    const fits = { file: at('a.moss'), folder: at('out'), limitBytes: whole.length }
    expect((await splitContainer(outside, fits, silent)).volumes).toEqual([])
    expect(readdirSync(at('out'))).toEqual([])
    await split()
    await expect(
      splitContainer(outside, { ...fits, file: at('cut/a.002.moss') }, silent),
    ).rejects.toMatchObject({ code: 'CONTAINER_NOT_ONE', hint: expect.stringContaining('moss join') })
  })

  test('whose medium gives back other bytes says so, and leaves no such volume', async () => {
    const lying: typeof outside.disk = {
      ...outside.disk,
      open: (path, how, mode) => {
        const file = outside.disk.open(path, how, mode)
        if (how !== 'read' || !path.endsWith('.002.moss')) return file
        const read = file.read.bind(file)
        return Object.assign(Object.create(file) as typeof file, {
          read: (into: Uint8Array, from: number) => {
            const count = read(into, from)
            if (from === 0) into[100] = (into[100] ?? 0) ^ 1
            return count
          },
          stat: () => file.stat(),
          [Symbol.dispose]: () => file[Symbol.dispose](),
        })
      },
    }
    await expect(
      splitContainer(
        { ...outside, disk: lying },
        { file: at('a.moss'), folder: at('cut'), limitBytes },
        silent,
      ),
    ).rejects.toMatchObject({ code: 'HOST_IO', details: { action: 'read back' } })
    expect(readdirSync(at('cut'))).toEqual(['a.moss'])
  })
})

describe('join', () => {
  beforeEach(async () => void (await split()))

  test('gives what was cut, whichever volume is named and in whatever order, and twice is as once', async () => {
    for (const order of [['a.003.moss', 'a.moss', 'a.002.moss'], ['a.002.moss'], ['a.moss', 'a.moss']]) {
      const { path, isNew, volumes } = await joinAll(...order)
      expect({ path, isNew, volumes }).toEqual({ path: at('out/a.moss'), isNew: true, volumes: 3 })
      expect(readFileSync(path).equals(whole)).toBe(true)
      expect((await joinAll(...order)).isNew).toBe(false)
      rmSync(path)
    }
  })

  test('says which volumes are wanted, and writes nothing', async () => {
    renameSync(at('cut/a.002.moss'), at('elsewhere.moss'))
    await expect(joinAll('a.003.moss')).rejects.toMatchObject({
      code: 'VOLUME_WANTED',
      exit: 15,
      message: 'a.moss is not whole yet: volumes 1 and 3 of 3 are here; wanted next: a.002.moss',
    })
    expect(readdirSync(at('out'))).toEqual([])
    const files = [at('cut/a.moss'), at('elsewhere.moss')]
    expect((await joinVolumes(outside, { files, output: at('out/b.moss') }, silent)).fileBytes).toBe(
      whole.length,
    )
  })

  test('does not write over anything, not even its own first volume', async () => {
    await expect(
      joinVolumes(outside, { files: [at('cut/a.moss')], output: at('cut') }, silent),
    ).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(readdirSync(at('cut'))).toEqual(names)
  })

  test('passes over another file that is called as a volume is, unless it was named', async () => {
    const third = readFileSync(at('cut/a.003.moss'))
    for (const other of [Buffer.from('a letter'), Buffer.from(whole)]) {
      writeFileSync(at('cut/a.003.moss'), other)
      await expect(joinAll('a.moss')).rejects.toMatchObject({ code: 'VOLUME_WANTED' })
      await expect(joinAll('a.moss', 'a.003.moss')).rejects.toMatchObject({ code: 'CONTAINER_NOT_ONE' })
    }
    writeFileSync(at('cut/a.003.moss'), Buffer.concat([third, Buffer.of(0)]))
    await expect(joinAll('a.moss')).rejects.toMatchObject({
      code: 'CONTAINER_DAMAGED',
      details: { part: 'end' },
    })
    expect(readdirSync(at('out'))).toEqual([])
  })
})

describe('a volume alone', () => {
  test('is inspected without being unpacked', async () => {
    await split()
    const seen = await inspectContainer(outside, { file: at('cut/a.002.moss') })
    expect(seen).toMatchObject({
      volumeText: 'volume 2 of 3, frames 2 to 3',
      fileBytes: limitBytes,
      presentBytes: limitBytes,
    })
    expect(seen.parts.at(-1)).toMatchObject({ name: 'frames', storedBytes: 2000, note: '2 to 3 of 5 frames' })
    expect(await inspectContainer(outside, { file: at('a.moss') })).not.toHaveProperty('volume')
  })

  test('is verified without keys as far as that goes', async () => {
    await split()
    const verify = (...files: readonly string[]) =>
      verifyContainers(
        outside,
        { files: files.map((name) => at('cut', name)), root: folder, home: folder },
        silent,
      )
    expect(await verify('a.003.moss')).toMatchObject({
      checked: [expect.stringContaining('volume 3 of 3, frames 4 to 4: not cut short')],
    })
    const second = readFileSync(at('cut/a.002.moss'))
    writeFileSync(at('cut/a.002.moss'), second.subarray(0, -1))
    await expect(verify('a.002.moss')).rejects.toMatchObject({ code: 'CONTAINER_TRUNCATED' })
    writeFileSync(at('cut/a.002.moss'), Buffer.concat([second, Buffer.of(1)]))
    await expect(verify('a.002.moss')).rejects.toMatchObject({ code: 'CONTAINER_DAMAGED' })
  })
})

test('names of volumes lead to that of the whole and back', () => {
  for (const [whole, number, name] of [
    ['a.moss', 1, 'a.moss'],
    ['a.moss', 2, 'a.002.moss'],
    ['stable-412-9f3c.moss', 1000, 'stable-412-9f3c.1000.moss'],
    ['2024.001.moss', 2, '2024.001.002.moss'],
    ['a.moss.age', 3, 'a.003.moss.age'],
    ['A~1.MOS', 2, 'A~1.MOS.002'],
  ] as const) {
    expect(volumeName(whole, number)).toBe(name)
    expect(wholeName(name, number)).toBe(whole)
  }
})

test('copies of a volume under other names are the same volume', async () => {
  await split()
  copyFileSync(at('cut/a.002.moss'), at('cut/copy.moss'))
  expect((await joinAll('copy.moss', 'a.moss', 'a.002.moss')).volumes).toBe(3)
})
