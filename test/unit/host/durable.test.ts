import { expect, test } from 'vitest'
import {
  createPart,
  exchangeTrees,
  moveIntoPlace,
  moveTree,
  placePart,
  syncAll,
  writeDurably,
} from '../../../src/host/durable.ts'
import type { Disk } from '../../../src/host/disk.ts'
import { atEveryCrash } from '../../sim/crash-points.ts'
import { simulatedOutside, type SimulatedOutside } from '../../sim/simulated-outside.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (disk: Disk, path: string): string | undefined =>
  disk.lstat(path) === undefined ? undefined : new TextDecoder().decode(disk.readFile(path, 1000))

function machine(...folders: readonly string[]): SimulatedOutside {
  const outside = simulatedOutside(1)
  for (const folder of folders) outside.disk.makeFolder(folder)
  outside.disk.syncFilesystem('/')
  return outside
}

const afterCuts = (outside: SimulatedOutside): readonly Disk[] =>
  Array.from({ length: 40 }, (_, seed) => outside.afterPowerCut(seed).disk)

test('a file written durably is absent or whole at every crash, and there for good on return', async () => {
  const start = machine('/a')
  const checked = await atEveryCrash({
    start,
    act: ({ disk }) => writeDurably(disk, '/a/f', bytes('content'), { mode: 0o640 }),
    check: ({ disk }) => expect([undefined, 'content']).toContain(read(disk, '/a/f')),
    cuts: 20,
  })
  expect(checked).toBeGreaterThan(80)
  writeDurably(start.disk, '/a/f', bytes('content'), { mode: 0o640 })
  for (const disk of afterCuts(start)) {
    expect(read(disk, '/a/f')).toBe('content')
    expect(disk.lstat('/a/f')?.mode).toBe(0o640)
    expect(disk.list('/a').length).toBe(1)
  }
})

test('a file replaced durably is the old one or the new one at every crash', async () => {
  const start = machine('/a')
  writeDurably(start.disk, '/a/f', bytes('old'))
  await atEveryCrash({
    start,
    act: ({ disk }) => writeDurably(disk, '/a/f', bytes('new!'), { replace: true }),
    check: ({ disk }) => expect(['old', 'new!']).toContain(read(disk, '/a/f')),
    cuts: 20,
  })
  writeDurably(start.disk, '/a/f', bytes('new!'), { replace: true })
  for (const disk of afterCuts(start)) expect(read(disk, '/a/f')).toBe('new!')
})

test.each(['sync', 'syncFolder'])('a recipe that leaves out %s is caught', async (name) => {
  const start = machine('/a')
  start.arm({ isSyncForgotten: (call) => call.name === name })
  writeDurably(start.disk, '/a/f', bytes('content'))
  expect(afterCuts(start).every((disk) => read(disk, '/a/f') === 'content')).toBe(false)
})

test('an existing file is refused unless it is to be replaced, and what an attempt left does not hinder', () => {
  const { disk } = machine('/a')
  createPart(disk, '/a/f')[Symbol.dispose]()
  writeDurably(disk, '/a/f', bytes('1'))
  expect(() => writeDurably(disk, '/a/f', bytes('2'))).toThrow(
    expect.objectContaining({ code: 'ALREADY_EXISTS' }),
  )
  expect(read(disk, '/a/f')).toBe('1')
})

test('a part grows by writing and gets its name at the end', () => {
  const { disk } = machine('/a')
  using part = createPart(disk, '/a/f', 0o600)
  part.write(bytes('ab'), 0)
  expect(disk.lstat('/a/f')).toBeUndefined()
  part.write(bytes('cd'), 2)
  placePart(disk, part, '/a/f')
  expect(read(disk, '/a/f')).toBe('abcd')
})

test('many files get their names; a target that is there stays, and each folder is synced once', () => {
  const outside = machine('/staging', '/assets', '/assets/aa', '/assets/bb')
  const { disk } = outside
  for (const name of ['1', '2', '3']) putFile(disk, `/staging/${name}`, name)
  putFile(disk, '/assets/bb/3', 'there')
  syncAll(disk, '/')
  outside.arm({})
  moveIntoPlace(disk, [
    { from: '/staging/1', to: '/assets/aa/1' },
    { from: '/staging/2', to: '/assets/aa/2' },
    { from: '/staging/3', to: '/assets/bb/3' },
  ])
  expect(outside.trace().filter((call) => call.name === 'syncFolder').length).toBe(3)
  for (const after of afterCuts(outside)) {
    expect(read(after, '/assets/aa/1')).toBe('1')
    expect(read(after, '/assets/aa/2')).toBe('2')
    expect(read(after, '/assets/bb/3')).toBe('there')
    expect(after.list('/staging')).toEqual([])
  }
})

function putFile(disk: Disk, path: string, text: string): void {
  using file = disk.open(path, 'create')
  file.write(bytes(text), 0)
}

test('trees are exchanged and moved for good on return', async () => {
  const start = machine('/usr', '/moss', '/moss/staging', '/moss/states', '/moss/staging/1')
  writeDurably(start.disk, '/usr/state', bytes('0'))
  writeDurably(start.disk, '/moss/staging/1/state', bytes('1'))
  const act = ({ disk }: SimulatedOutside): void => {
    moveTree(disk, '/moss/staging/1', '/moss/states/1')
    exchangeTrees(disk, '/usr', '/moss/states/1')
  }
  await atEveryCrash({
    start,
    act,
    check: ({ disk }) => {
      const current = read(disk, '/usr/state')
      expect(['0', '1']).toContain(current)
      const places = ['/moss/staging/1/state', '/moss/states/1/state'].map((path) => read(disk, path))
      expect(places.filter((text) => text !== undefined)).toEqual([current === '0' ? '1' : '0'])
    },
    cuts: 20,
  })
  act(start)
  for (const disk of afterCuts(start)) {
    expect(read(disk, '/usr/state')).toBe('1')
    expect(read(disk, '/moss/states/1/state')).toBe('0')
    expect(disk.list('/moss/staging')).toEqual([])
  }
  start.disk.makeFolder('/moss/again')
  expect(() => moveTree(start.disk, '/moss/again', '/moss/states/1')).toThrow(
    expect.objectContaining({ code: 'ALREADY_EXISTS' }),
  )
})
