import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync, openSync, closeSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readEnvironment } from '../../../src/host/environment.ts'
import { bytesSource, fileSource } from '../../../src/host/byte-source.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { ioErrorFrom, problemOf } from '../../../src/host/problem.ts'
import { isTerminal, readDescriptor } from '../../../src/host/terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'moss-outside-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const outside = linuxOutside()
const isRoot = outside.userId === 0
const canIsolate =
  isRoot && spawnSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true']).status === 0
if (!canIsolate) console.warn('skipped: namespaces cannot be made here')

test('a program runs with nothing on its input, an environment of its own, and its output is joined', async () => {
  const ran = await outside.run({
    program: 'sh',
    arguments: ['-c', 'cat; echo out; echo err >&2; echo "$LC_ALL $SECRET $GIVEN"; pwd; exit 3'],
    environment: { GIVEN: 'yes' },
    folder,
  })
  expect(ran.exitCode).toBe(3)
  expect(ran.output.split('\n').sort()).toEqual(['', folder, 'C.UTF-8  yes', 'err', 'out'])
})

test('output is bounded, time too, and a missing program says so', async () => {
  const long = await outside.run({ program: 'sh', arguments: ['-c', 'yes | head -c 1000000'] })
  expect([long.exitCode, long.output.length]).toEqual([0, 65_536])
  const started = performance.now()
  const slow = await outside.run({ program: 'sh', arguments: ['-c', 'sleep 30 & sleep 30'], timeoutMs: 100 })
  expect(slow.exitCode).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(5000)
  const absent = await outside.run({ program: '/nowhere/at-all', arguments: [] })
  expect(absent.exitCode).toBe(127)
})

test('what a program leaves running in the background holds nothing up', async () => {
  const started = performance.now()
  const ran = await outside.run({ program: 'sh', arguments: ['-c', 'sleep 20 & echo done'] })
  expect(ran).toEqual({ exitCode: 0, output: 'done\n' })
  expect(performance.now() - started).toBeLessThan(5000)
})

test('nor does what escapes from its group and holds the output open', async () => {
  const started = performance.now()
  const script = 'setsid sleep 20 & p=$!; sleep 0.1; echo $p'
  const ran = await outside.run({ program: 'sh', arguments: ['-c', script], timeoutMs: 500 })
  expect(performance.now() - started).toBeLessThan(5000)
  expect(ran).toEqual({ exitCode: 0, output: expect.stringMatching(/^\d+\n$/) })
  process.kill(Number(ran.output))
})

test.skipIf(!canIsolate)(
  'an isolated program has no network, no processes but its own, its own mounts',
  async () => {
    const mounted = join(folder, 'mounted')
    mkdirSync(mounted)
    const script =
      'pwd; echo $$; grep -c : /proc/self/net/dev; mount -t tmpfs moss . && cd . && touch made; exit 5'
    const ran = await outside.run({
      program: 'sh',
      arguments: ['-c', script],
      folder: mounted,
      isolated: true,
    })
    expect([ran.exitCode, ran.output.split('\n').slice(0, 2)]).toEqual([5, [mounted, '1']])
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(mounted)
  },
)

test.skipIf(!canIsolate)('an isolated program that never ends is stopped with all it started', async () => {
  const script = 'sh -c "sleep 31.4159" & sleep 31.4159'
  const ran = await outside.run({ program: 'sh', arguments: ['-c', script], isolated: true, timeoutMs: 300 })
  expect(ran).toMatchObject({ exitCode: undefined })
  expect(ran.unsupported).toBeUndefined()
  expect(String(spawnSync('pgrep', ['-f', 'sleep 31[.]4159']).stdout ?? '')).toBe('')
})

test('all output goes to a log as well, as far as it may', async () => {
  const path = join(folder, 'log')
  const line = { program: 'sh', arguments: ['-c', 'exec 2>&1; echo out; echo err >&2; seq 1 5000'] }
  await outside.run({ ...line, log: { path, limitBytes: 100 } })
  const logged = readFileSync(path, 'utf8')
  expect(logged).toMatch(/^out\nerr\n1\n2\n/)
  expect(logged).toHaveLength(100)
  await expect(outside.run({ ...line, log: { path, limitBytes: 100 } })).rejects.toThrow(/already exists/)
})

test('what this machine cannot do is told apart from a program that failed', async () => {
  const command = { program: 'true', arguments: [], isolated: true, folder: join(folder, 'absent') }
  const ran = await outside.run(command)
  expect([ran.exitCode, typeof ran.unsupported]).toEqual([undefined, 'string'])
})

test.skipIf(!isRoot)('a program runs under another root folder', async () => {
  const root = join(folder, 'root')
  mkdirSync(root)
  const ran = await outside.run({ program: '/bin/true', arguments: [], root })
  expect(ran.exitCode).toBe(127)
  const here = await outside.run({ program: '/bin/sh', arguments: ['-c', 'pwd'], root: '/' })
  expect(here).toEqual({ exitCode: 0, output: '/\n' })
})

test('the machine is told by its name, its clock and its user; turn comes back', async () => {
  expect(outside.machineName).toBe(hostname())
  expect(outside.machineArchitecture).toBe(process.arch === 'x64' ? 'amd64' : process.arch)
  expect(Math.abs(outside.nowMs() - Date.now())).toBeLessThan(1000)
  expect(outside.randomBytes(32)).not.toEqual(outside.randomBytes(32))
  let others = 0
  const timer = setInterval(() => others++, 1)
  const until = performance.now() + 100
  while (performance.now() < until) await outside.turn()
  clearInterval(timer)
  expect(others).toBeGreaterThan(2)
})

test('bytes are read from a file and from memory alike', () => {
  const path = join(folder, 'source')
  writeFileSync(path, 'hello')
  using file = fileSource(outside.disk, path)
  using memory = bytesSource('memory', new TextEncoder().encode('hello'))
  for (const source of [file, memory]) {
    const into = new Uint8Array(4)
    expect(source.read(into, 0)).toBe(4)
    expect(source.read(into, 3)).toBe(2)
    expect(new TextDecoder().decode(into)).toBe('loll')
    expect(source.read(into, 5)).toBe(0)
    expect(source.read(into, 2 ** 40)).toBe(0)
  }
  expect([file.name, memory.name]).toEqual([path, 'memory'])
})

test('the environment is read once, as typed values, and empty means not set', () => {
  const bare = readEnvironment({}, 1000)
  expect(bare).toMatchObject({ term: 'dumb', isColourWanted: false, home: '/', language: 'C', isUtf8: false })
  expect(bare.stationHome).toBe('/.local/share/moss')
  const full = readEnvironment(
    { TERM: 'xterm', HOME: '/home/a', LANG: 'de_DE.UTF-8', NO_COLOR: '', COLORTERM: 'truecolor' },
    1000,
  )
  expect(full).toMatchObject({
    isColourWanted: true,
    isTrueColour: true,
    isUtf8: true,
    language: 'de_DE.UTF-8',
  })
  expect(full.stationHome).toBe('/home/a/.local/share/moss')
  expect(readEnvironment({ TERM: 'xterm', NO_COLOR: '1' }, 0).isColourWanted).toBe(false)
  expect(readEnvironment({ TERM: 'xterm', CI: 'true' }, 0).isColourWanted).toBe(false)
  expect(readEnvironment({}, 0).stationHome).toBe('/var/lib/moss')
  expect(readEnvironment({ XDG_DATA_HOME: '/data/' }, 0).stationHome).toBe('/data/moss')
  expect(readEnvironment({ XDG_DATA_HOME: 'relative' }, 0).stationHome).toBe('/var/lib/moss')
})

test('a secret comes from a descriptor, and not without end', () => {
  const path = join(folder, 'secret')
  writeFileSync(path, 'pass word\nrest\n')
  const descriptor = openSync(path, 'r')
  expect(new TextDecoder().decode(readDescriptor(descriptor, 100))).toBe('pass word\nrest\n')
  closeSync(descriptor)
  expect(() => readDescriptor(descriptor, 100)).toThrow(expect.objectContaining({ code: 'HOST_IO' }))
  const endless = openSync('/dev/zero', 'r')
  expect(() => readDescriptor(endless, 100)).toThrow(/more than 100 bytes/)
  expect(isTerminal(endless)).toBe(false)
  closeSync(endless)
})

test('only failures of the machine become errors of the machine', () => {
  const full = Object.assign(new Error('x'), { code: 'ENOSPC' })
  expect(ioErrorFrom('write', '/a', full)).toMatchObject({ code: 'HOST_NO_SPACE', details: { path: '/a' } })
  expect(problemOf(ioErrorFrom('write', '/a', full))).toBe('ENOSPC')
  expect(() => ioErrorFrom('write', '/a', new TypeError('bug'))).toThrow('bug')
  expect(problemOf(new Error('x'))).toBeUndefined()
})

test('nothing that costs time is loaded before it is used', () => {
  const source = join(import.meta.dirname, '../../../src/host/linux-outside.ts')
  const script = `import { linuxOutside } from ${JSON.stringify(source)}
    linuxOutside({ worker: new URL('file:///nowhere') })
    process.stdout.write(process.moduleLoadList.filter((name) => / (ffi|sqlite|child_process|worker_threads)$/.test(name)).join())`
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })).toBe('')
  expect(readFileSync(source, 'utf8')).toContain('linuxOutside')
})
