import { expect, test } from 'vitest'
import { problemOf } from '../../../src/host/problem.ts'
import { isCrash } from '../../sim/faults.ts'
import { simulatedOutside, type SimulatedOutside } from '../../sim/simulated-outside.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const seeds = Array.from({ length: 60 }, (_, index) => index)

const put = ({ disk }: SimulatedOutside, path: string, text: string): void => {
  using file = disk.open(path, 'create')
  file.write(bytes(text), 0)
}
const get = ({ disk }: SimulatedOutside, path: string): string | undefined =>
  disk.lstat(path) === undefined ? undefined : new TextDecoder().decode(disk.readFile(path, 1000))
const problemWith = (call: () => unknown): string | undefined => {
  try {
    call()
    return undefined
  } catch (error) {
    return problemOf(error)
  }
}
/** Everything that a power cut may leave of `path`. */
const outcomes = (outside: SimulatedOutside, path: string): Set<string | undefined> =>
  new Set(seeds.map((seed) => get(outside.afterPowerCut(seed), path)))

test('what was not synced may be lost, in whole or in part, but never gains bytes', () => {
  const outside = simulatedOutside(1)
  put(outside, '/a', 'hello')
  const found = outcomes(outside, '/a')
  expect(found.has(undefined)).toBe(true)
  expect(found.has('hello')).toBe(true)
  expect(found.size).toBeGreaterThan(3)
  for (const text of found) expect(text === undefined || 'hello'.startsWith(text)).toBe(true)
  expect(get(outside, '/a')).toBe('hello')
})

test('a synced file without a synced name may be lost; a synced name without a synced file may be empty', () => {
  const outside = simulatedOutside(1)
  const { disk } = outside
  using file = disk.open('/a', 'create')
  file.write(bytes('x'), 0)
  file.sync()
  expect(outcomes(outside, '/a')).toEqual(new Set([undefined, 'x']))
  put(outside, '/b', 'y')
  disk.syncFolder('/')
  expect(outcomes(outside, '/a')).toEqual(new Set(['x']))
  expect(outcomes(outside, '/b')).toEqual(new Set(['', 'y']))
})

test('after a sync of the filesystem nothing is lost, and other filesystems are not covered', () => {
  const outside = simulatedOutside(1, { mounts: ['/media/stick'] })
  put(outside, '/a', 'x')
  put(outside, '/media/stick/b', 'y')
  outside.disk.syncFilesystem('/')
  expect(outcomes(outside, '/a')).toEqual(new Set(['x']))
  expect(outcomes(outside, '/media/stick/b').has(undefined)).toBe(true)
  outside.disk.syncFilesystem('/media/stick')
  expect(outcomes(outside, '/media/stick/b')).toEqual(new Set(['y']))
  expect(problemWith(() => outside.disk.rename('/a', '/media/stick/a', 'exclusive'))).toBe('EXDEV')
  expect(outside.disk.placeCopy('/a', '/media/stick/a')).toBe('copy')
})

test('an exchange survives whole or not at all', () => {
  const outside = simulatedOutside(1)
  const { disk } = outside
  for (const folder of ['/usr', '/moss', '/moss/usr']) disk.makeFolder(folder)
  put(outside, '/usr/state', 'old')
  put(outside, '/moss/usr/state', 'new')
  disk.syncFilesystem('/')
  disk.rename('/usr', '/moss/usr', 'exchange')
  const found = new Set(
    seeds
      .map((seed) => outside.afterPowerCut(seed))
      .map((after) => `${get(after, '/usr/state')} ${get(after, '/moss/usr/state')}`),
  )
  expect(found).toEqual(new Set(['old new', 'new old']))
  disk.syncFolder('/')
  expect(outcomes(outside, '/usr/state')).toEqual(new Set(['new']))
})

test('the names of one folder become durable in their order', () => {
  const outside = simulatedOutside(1)
  const { disk } = outside
  for (const name of ['1', '2', '3']) disk.makeFolder(`/${name}`)
  for (const seed of seeds) {
    const names = outside
      .afterPowerCut(seed)
      .disk.list('/')
      .map((entry) => entry.name)
      .join('')
    expect('123'.startsWith(names)).toBe(true)
  }
})

test('a synced rename brings along what had to come before it', () => {
  const outside = simulatedOutside(1)
  const { disk } = outside
  for (const folder of ['/from', '/to']) disk.makeFolder(folder)
  disk.syncFilesystem('/')
  disk.makeFolder('/from/tree')
  disk.rename('/from/tree', '/to/tree', 'exclusive')
  disk.syncFolder('/to')
  for (const seed of seeds) {
    const after = outside.afterPowerCut(seed).disk
    expect([after.list('/from'), after.list('/to').length]).toEqual([[], 1])
  }
})

test('a failed sync forgets data for good: the next one succeeds and says nothing', () => {
  const outside = simulatedOutside(1)
  const { disk } = outside
  using file = disk.open('/a', 'create')
  file.write(bytes('hello'), 0)
  outside.arm({ failAt: { n: 1, problem: 'EIO' } })
  expect(problemWith(() => file.sync())).toBe('EIO')
  file.sync()
  disk.syncFilesystem('/')
  expect(get(outside, '/a')).toBe('hello')
  const found = new Set(seeds.map((seed) => get(failedSync(seed), '/a')))
  expect([...found].some((text) => text !== 'hello')).toBe(true)
})

function failedSync(seed: number): SimulatedOutside {
  const outside = simulatedOutside(seed)
  using file = outside.disk.open('/a', 'create')
  file.write(bytes('hello'), 0)
  outside.arm({ failAt: { n: 1, problem: 'EIO' } })
  problemWith(() => file.sync())
  file.sync()
  outside.disk.syncFilesystem('/')
  return outside.afterPowerCut(seed)
}

test('a crash is the end: no later call of the dead program changes anything', () => {
  const outside = simulatedOutside(1)
  const { disk } = outside
  disk.makeFolder('/tmp')
  disk.syncFilesystem('/')
  outside.arm({ crashAt: 2 })
  let met: unknown
  try {
    using _cleaning = { [Symbol.dispose]: () => disk.removeTree('/tmp') }
    disk.makeFolder('/tmp/a')
    disk.makeFolder('/tmp/b')
  } catch (error) {
    met = error
  }
  expect(isCrash(met)).toBe(true)
  expect(outside.hasCrashed).toBe(true)
  const after = outside.afterKill()
  expect(after.disk.list('/tmp')).toEqual([{ name: 'a', kind: 'folder' }])
  expect(isCrash(new Error('other', { cause: met }))).toBe(true)
  expect(isCrash(new Error('other'))).toBe(false)
})

test('a lock does not outlive the program', () => {
  const outside = simulatedOutside(1)
  outside.disk.lock('/lock')
  expect(() => outside.disk.lock('/lock')).toThrow()
  outside.afterKill().disk.lock('/lock')[Symbol.dispose]()
})

test('a commit is durable or lost, and what is not committed is lost', () => {
  const found = new Set(
    seeds.map((seed) => {
      const outside = simulatedOutside(seed)
      const database = outside.openDatabase('/moss.db', 'write')
      database.transaction((t) => {
        t.run('CREATE TABLE item (n INTEGER)')
        t.run('INSERT INTO item VALUES (1)')
      })
      outside.arm({ crashAt: 1 })
      expect(() => database.transaction((t) => t.run('INSERT INTO item VALUES (2)'))).toThrow(
        /simulated crash/,
      )
      const after = outside.afterPowerCut(seed)
      using reopened = after.openDatabase('/moss.db', 'read')
      expect(() => reopened.transaction(() => {})).toThrow(/read-only/)
      return reopened.all('SELECT n FROM item').length
    }),
  )
  expect(found).toEqual(new Set([1, 2]))
})

test('two futures of one crash do not share a database', () => {
  const outside = simulatedOutside(1)
  using database = outside.openDatabase('/moss.db', 'write')
  database.transaction((t) => t.run('CREATE TABLE item (n INTEGER)'))
  const [a, b] = [outside.afterPowerCut(1), outside.afterPowerCut(2)]
  using first = a.openDatabase('/moss.db', 'write')
  first.transaction((t) => t.run('INSERT INTO item VALUES (1)'))
  using second = b.openDatabase('/moss.db', 'write')
  expect(second.all('SELECT * FROM item')).toEqual([])
  expect(database.all('SELECT * FROM item')).toEqual([])
})

test('the n-th call fails with what was asked, once', () => {
  const outside = simulatedOutside(1)
  const { disk } = outside
  outside.arm({ failAt: { n: 2, problem: 'ENOSPC' } })
  disk.makeFolder('/a')
  expect(() => disk.makeFolder('/b')).toThrow(expect.objectContaining({ code: 'HOST_NO_SPACE' }))
  disk.makeFolder('/b')
  expect(outside.calls()).toEqual({ all: 3, changing: 3 })
  expect(outside.trace().map((call) => call.path)).toEqual(['/a', '/b', '/b'])
  put(outside, '/f', 'x')
  outside.arm({ failAt: { n: 1, problem: 'EMLINK' } })
  expect(disk.placeCopy('/f', '/g')).toBe('copy')
  expect(disk.lstat('/f')?.links).toBe(1)
})

test('a medium that was pulled answers nothing', () => {
  const outside = simulatedOutside(1, { mounts: ['/media/stick'] })
  put(outside, '/media/stick/a', 'x')
  outside.pull('/media/stick')
  expect(problemWith(() => outside.disk.readFile('/media/stick/a', 9))).toBe('ENODEV')
  expect(problemWith(() => outside.disk.lstat('/media/stick/a'))).toBe('ENODEV')
})

test('the same seed gives the same machine', () => {
  const one = (): string => Buffer.from(simulatedOutside(7).randomBytes(16)).toString('hex')
  expect(one()).toBe(one())
  expect(one()).not.toBe(Buffer.from(simulatedOutside(8).randomBytes(16)).toString('hex'))
})

test('an ordinary user may not give files away', () => {
  const { disk } = simulatedOutside(1, { userId: 1000 })
  disk.makeFolder('/a')
  expect(disk.lstat('/a')).toMatchObject({ uid: 1000, gid: 1000 })
  expect(problemWith(() => disk.setOwner('/a', 0, 0))).toBe('EPERM')
  disk.setOwner('/a', 1000, 1000)
})

test('programs do what the test says', async () => {
  const outside = simulatedOutside(1, {
    run: ({ program }, { disk }) => {
      disk.makeFolder(`/${program}`)
      return { exitCode: 0, output: 'made' }
    },
  })
  expect(await outside.run({ program: 'x', arguments: [] })).toEqual({ exitCode: 0, output: 'made' })
  expect(outside.disk.lstat('/x')?.kind).toBe('folder')
  const none = await simulatedOutside(1).run({ program: 'x', arguments: [] })
  expect(none.unsupported).toBeDefined()
})
